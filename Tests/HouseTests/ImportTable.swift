/// Who may import what (ARCHITECTURE §1): each wall keeps something out.
enum ImportTable {
    struct Room {
        /// The folder under Sources.
        let name: String
        /// Rooms of ours.
        var rooms: Set<String> = []
        /// Modules of packages that others make.
        var libraries: Set<String> = []
        /// Modules that come with the toolchain; every room has the standard library.
        var system: Set<String> = []

        var allowed: Set<String> { self.rooms.union(self.libraries).union(self.system).union(["Swift"]) }
    }

    static let rooms: [Room] = [
        // C headers and the macros Swift cannot see.
        Room(name: "COpenSSL"),
        Room(name: "CLinux"),

        // Words and bytes. No Foundation, no system call.
        Room(name: "OAuthModel"),
        Room(name: "HTTPWire"),
        Room(name: "JOSE", rooms: ["COpenSSL", "OAuthModel"], system: ["Synchronization"]),

        // Every decision; no socket, no clock, no log.
        Room(name: "ProxyCore", rooms: ["OAuthModel", "JOSE", "HTTPWire"], system: ["Synchronization"]),

        // Shells of the sidecar's hot side.
        Room(name: "Reactor", rooms: ["CLinux"], system: ["Synchronization", "Glibc"]),
        Room(name: "Observability", rooms: ["ProxyCore"], system: ["Synchronization", "Glibc"]),
        Room(
            name: "ProxyServer", rooms: ["ProxyCore", "HTTPWire", "OAuthModel", "Reactor", "Observability"],
            system: ["Synchronization", "Glibc"]),

        // Shells of its cold side, and what they stand on.
        Room(name: "HTTPPersistence", rooms: [], system: []),
        Room(name: "BoundedHTTPClient", rooms: [], libraries: nio.union(["AsyncHTTPClient", "NIOSSL"]), system: []),
        Room(
            name: "AuthorizationServerClient", rooms: ["BoundedHTTPClient", "ProxyCore", "OAuthModel", "JOSE"],
            libraries: nio.union(["AsyncHTTPClient", "NIOSSL"]), system: ["Synchronization", "FoundationEssentials"]),
        Room(
            name: "ProxyConfiguration", rooms: ["ProxyCore", "OAuthModel", "JOSE"], libraries: ["Yams"],
            system: ["Glibc"]),
        Room(
            name: "AdminServer", rooms: ["HTTPPersistence", "ProxyCore", "OAuthModel", "Observability"],
            libraries: hummingbird.union(nio), system: ["Synchronization", "FoundationEssentials"]),

        // Libraries that others embed.
        Room(
            name: "DevAuthorizationServer", rooms: ["HTTPPersistence", "BoundedHTTPClient", "OAuthModel", "JOSE"],
            libraries: hummingbird.union(nio).union(["GRDB"]),
            system: ["Synchronization", "Foundation"]),
        Room(
            name: "HydraClient", rooms: ["BoundedHTTPClient", "OAuthModel", "JOSE"],
            libraries: nio.union(["AsyncHTTPClient"]),
            system: ["Synchronization", "FoundationEssentials"]),

        // The two programs.
        Room(
            name: "Assembly",
            rooms: [
                "ProxyServer", "ProxyConfiguration", "AuthorizationServerClient", "AdminServer", "Observability",
                "ProxyCore", "OAuthModel", "Reactor",
            ],
            system: ["Dispatch", "Synchronization", "Glibc", "FoundationEssentials"]),
        Room(
            name: "bearergate", rooms: ["Assembly", "ProxyConfiguration"], libraries: ["ArgumentParser"],
            system: ["Dispatch", "Glibc", "FoundationEssentials", "Synchronization"]),
        Room(
            name: "bearergate-dev",
            rooms: ["Assembly", "ProxyConfiguration", "DevAuthorizationServer", "HTTPPersistence", "OAuthModel"],
            libraries: hummingbird.union(nio).union(["ArgumentParser"]),
            system: ["Synchronization", "Glibc", "Foundation", "FoundationEssentials"]),

        // Tests only.
        Room(name: "ReactorTesting", rooms: ["Reactor"], system: ["Synchronization"]),
        Room(
            name: "TestSupport",
            rooms: [
                "OAuthModel", "JOSE", "HTTPWire", "ProxyCore", "Reactor", "ReactorTesting", "Observability",
                "ProxyServer", "ProxyConfiguration",
            ],
            system: ["Synchronization", "Glibc"]),
    ]

    /// Rooms whose code runs in tests only.
    static let testRooms: Set<String> = ["ReactorTesting", "TestSupport"]

    static func room(_ name: String) -> Room? { self.rooms.first { $0.name == name } }

    /// All that a room brings along, its own imports and those of the rooms below it.
    static func reach(of name: String) -> Set<String> {
        guard let room = self.room(name) else { return [] }
        return room.rooms.reduce(into: room.allowed) { $0.formUnion(self.reach(of: $1)) }
    }

    private static let nio: Set<String> = ["NIOCore", "NIOPosix", "NIOHTTP1"]
    private static let hummingbird: Set<String> = [
        "Hummingbird", "HummingbirdCore", "HTTPTypes", "Logging", "ServiceLifecycle", "UnixSignals",
    ]
}

/// One `import` of a file.
struct Import: Equatable {
    let module: String
    /// From 1.
    let line: Int

    static func all(in text: String) -> [Import] {
        SourceText(text).code.enumerated().flatMap { number, line in
            line.split(separator: ";").compactMap { Self.module(in: $0) }.map { Import(module: $0, line: number + 1) }
        }
    }

    /// `@testable package import struct Foundation.Date` → `Foundation`.
    private static func module(in statement: Substring) -> String? {
        var words = statement.split(whereSeparator: \.isWhitespace)[...]
        while let word = words.first, word.hasPrefix("@") || Self.reaches.contains(String(word)) { words.removeFirst() }
        guard words.popFirst() == "import" else { return nil }
        if let word = words.first, Self.kinds.contains(String(word)) { words.removeFirst() }
        return words.first?.split(separator: ".").first.map(String.init)
    }

    private static let reaches: Set<String> = ["public", "package", "internal", "private", "fileprivate", "open"]
    private static let kinds: Set<String> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "var", "let", "actor",
    ]
}
