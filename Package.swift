// swift-tools-version: 6.2
import PackageDescription

/// What every target of ours is built with: Swift 6, warnings are errors, imports state their reach.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

/// Rooms without NIO also mark each use of unsafe memory.
let strict: [SwiftSetting] = house + [.strictMemorySafety()]

let package = Package(
    name: "bearergate",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "OAuthModel", targets: ["OAuthModel"]),
        .library(name: "DevAuthorizationServer", targets: ["DevAuthorizationServer"]),
        .executable(name: "bearergate", targets: ["bearergate"]),
        .executable(name: "bearergate-dev", targets: ["bearergate-dev"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C headers and the macros Swift cannot see.
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .target(name: "CLinux"),

        // Words and bytes.
        .target(name: "OAuthModel", swiftSettings: strict),
        .target(name: "HTTPWire", swiftSettings: strict),
        .target(name: "JOSE", dependencies: ["COpenSSL", "OAuthModel"], swiftSettings: strict),

        // Every decision; no socket, no clock, no log.
        .target(name: "ProxyCore", dependencies: ["OAuthModel", "JOSE", "HTTPWire"], swiftSettings: strict),

        // Shells.
        .target(name: "Reactor", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "ReactorTesting", dependencies: ["Reactor"], swiftSettings: strict),
        .target(
            name: "Observability",
            dependencies: ["ProxyCore", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .target(
            name: "AuthorizationServerClient",
            dependencies: [
                "ProxyCore", "OAuthModel", "JOSE",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: house),
        .target(
            name: "ProxyServer",
            dependencies: ["ProxyCore", "HTTPWire", "OAuthModel", "Reactor", "Observability"],
            swiftSettings: strict),
        .target(
            name: "ProxyConfiguration",
            dependencies: ["ProxyCore", "OAuthModel", "JOSE", .product(name: "Yams", package: "Yams")],
            swiftSettings: house),
        .target(
            name: "AdminServer",
            dependencies: [
                "ProxyCore", "Observability",
                .product(name: "Hummingbird", package: "hummingbird"),
            ],
            swiftSettings: house),
        .target(
            name: "DevAuthorizationServer",
            dependencies: [
                "OAuthModel", "JOSE",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: house),

        // The two programs.
        .target(
            name: "Assembly",
            dependencies: [
                "ProxyServer", "ProxyConfiguration", "AuthorizationServerClient", "AdminServer", "Observability",
                "ProxyCore", "OAuthModel", "JOSE", "Reactor",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house),
        .executableTarget(
            name: "bearergate",
            dependencies: [
                "Assembly", "ProxyConfiguration",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house),
        .executableTarget(
            name: "bearergate-dev",
            dependencies: [
                "Assembly", "ProxyConfiguration", "DevAuthorizationServer", "OAuthModel",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ],
            swiftSettings: house),
    ]
)
