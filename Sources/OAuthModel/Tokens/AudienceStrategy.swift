/// How an authorization server decides whether a client may ask for an audience.
///
/// For granting only. Whoever protects a resource compares exactly (``Audience/contains(_:)``): the rule that Hydra uses does
/// not look behind `urn:` and does not resolve dot segments.
public enum AudienceStrategy: Sendable, Hashable, CaseIterable {
    /// Equal bytes.
    case exact
    /// Hydra's default: same scheme and host, and the allowed path or one below it.
    case hydra

    /// Whether every requested audience is covered by an allowed one; asking for none always is.
    public func allows(_ requested: [String], allowed: [String]) -> Bool {
        switch self {
        case .exact:
            return requested.allSatisfy { wanted in allowed.contains { $0.hasSameOctets(as: wanted) } }
        case .hydra:
            guard !requested.isEmpty else { return true }
            // One allowed audience that is no URL makes the whole question unanswerable, as it does in Hydra.
            var references: [AudienceReference] = []
            for text in allowed {
                guard let reference = AudienceReference(text) else { return false }
                references.append(reference)
            }
            return requested.allSatisfy { text in
                guard let wanted = AudienceReference(text) else { return false }
                return references.contains { $0.covers(wanted) }
            }
        }
    }
}

/// The parts of an audience that Hydra compares: what Go's URL parser makes of the text.
private struct AudienceReference {
    var scheme: [UInt8] = []
    var host: [UInt8] = []
    var path: [UInt8] = []

    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        guard !rest.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        if let mark = rest.firstIndex(of: UInt8(ascii: "#")) {
            guard Self.percentDecoded(rest[(mark + 1)...]) != nil else { return nil }
            rest = rest[..<mark]
        }
        guard let scheme = Self.takeScheme(&rest) else { return nil }
        self.scheme = scheme
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) { rest = rest[..<mark] }
        if rest.first != UInt8(ascii: "/") {
            // What follows `urn:` is opaque: neither host nor path.
            guard scheme.isEmpty else { return }
            guard !rest.prefix(while: { $0 != UInt8(ascii: "/") }).contains(UInt8(ascii: ":")) else { return nil }
        }
        let slashes = rest.prefix(while: { $0 == UInt8(ascii: "/") }).count
        if slashes == 2 || slashes > 2 && !scheme.isEmpty {
            let authority = rest.dropFirst(2).prefix { $0 != UInt8(ascii: "/") }
            rest = rest[authority.endIndex...]
            guard let host = Self.host(of: authority) else { return nil }
            self.host = host
        }
        guard let path = Self.percentDecoded(rest) else { return nil }
        self.path = path
    }

    func covers(_ wanted: AudienceReference) -> Bool {
        guard self.scheme == wanted.scheme, self.host == wanted.host else { return false }
        if wanted.path == self.path { return true }
        var base = self.path
        while base.last == UInt8(ascii: "/") { base.removeLast() }
        guard wanted.path.starts(with: base) else { return false }
        return wanted.path.count == base.count || wanted.path[base.count] == UInt8(ascii: "/")
    }

    /// The scheme in lower case, empty when there is none; `nil` when the text begins with a colon.
    private static func takeScheme(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        for index in rest.indices {
            let byte = rest[index]
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                continue
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                if index == rest.startIndex { return [] }
            case UInt8(ascii: ":"):
                if index == rest.startIndex { return nil }
                let scheme = rest[..<index].map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
                rest = rest[(index + 1)...]
                return scheme
            default:
                return []
            }
        }
        return []
    }

    /// Host and port behind any user information; the port, if there is one, is digits.
    private static func host(of authority: ArraySlice<UInt8>) -> [UInt8]? {
        var host = authority
        if let mark = host.lastIndex(of: UInt8(ascii: "@")) {
            guard host[..<mark].allSatisfy(Self.isUserInformationByte) else { return nil }
            guard Self.percentDecoded(host[..<mark]) != nil else { return nil }
            host = host[(mark + 1)...]
        }
        let portSearchStart: Int
        if host.first == UInt8(ascii: "[") {
            guard let bracket = host.lastIndex(of: UInt8(ascii: "]")) else { return nil }
            guard bracket + 1 == host.endIndex || host[bracket + 1] == UInt8(ascii: ":") else { return nil }
            portSearchStart = bracket + 1
        } else {
            portSearchStart = host.startIndex
        }
        if let colon = host[portSearchStart...].lastIndex(of: UInt8(ascii: ":")) {
            guard host[(colon + 1)...].allSatisfy(\.isDigit) else { return nil }
        }
        guard host.allSatisfy(Self.isHostByte), let decoded = Self.percentDecoded(host) else { return nil }
        // Only bytes outside ASCII may be escaped in a host.
        for mark in host.indices where host[mark] == UInt8(ascii: "%") {
            guard let high = host[mark + 1].hexDigitValue, high >= 8 else { return nil }
        }
        return decoded
    }

    private static func isUserInformationByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""): false
        case 0x80...0xFF: false
        case UInt8(ascii: "@"): true
        default: Self.isHostByte(byte)
        }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x80...0xFF: true
        case UInt8(ascii: "%"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("): true
        case UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"): true
        case UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"): true
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""): true
        default: byte.isAlphanumeric
        }
    }

    private static func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] == UInt8(ascii: "%") {
                guard index + 2 < bytes.endIndex, let high = bytes[index + 1].hexDigitValue,
                    let low = bytes[index + 2].hexDigitValue
                else { return nil }
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded
    }
}
