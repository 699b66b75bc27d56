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

/// Rooms that every request passes leave out dynamic exclusivity checks in release builds; debug builds, which the tests
/// run, keep them (see the decision "Exclusivity is checked in tests").
let hotPath: [SwiftSetting] =
    strict + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

/// How the sidecar is linked for release on Linux, by the toolchain's own linker.
///
/// Relocations packed and no symbols exported save 6 MiB of resident memory and a third of the time to start.
let lean: [LinkerSetting] = [
    .unsafeFlags(
        ["-use-ld=lld", "-Xlinker", "--no-export-dynamic", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"],
        .when(platforms: [.linux], configuration: .release))
]

/// A product of a package that we depend on.
func product(_ name: String, _ package: String) -> Target.Dependency { .product(name: name, package: package) }

let argumentParser = product("ArgumentParser", "swift-argument-parser")
let asyncHTTPClient = product("AsyncHTTPClient", "async-http-client")
let grdb = product("GRDB", "GRDB.swift")
let httpTypes = product("HTTPTypes", "swift-http-types")
let hummingbird: [Target.Dependency] = [
    product("Hummingbird", "hummingbird"), product("HummingbirdCore", "hummingbird"),
]
let lifecycle: [Target.Dependency] = [
    product("ServiceLifecycle", "swift-service-lifecycle"), product("UnixSignals", "swift-service-lifecycle"),
]
let logging = product("Logging", "swift-log")
let nio: [Target.Dependency] = [
    product("NIOCore", "swift-nio"), product("NIOPosix", "swift-nio"), product("NIOHTTP1", "swift-nio"),
]
let nioSSL = product("NIOSSL", "swift-nio-ssl")
let yams = product("Yams", "Yams")

/// The rooms of the sidecar, as their tests see them.
let core: [Target.Dependency] = ["OAuthModel", "JOSE", "HTTPWire", "ProxyCore"]

/// The fuzz targets: a program of its own for `deploy/fuzz`, linked with libFuzzer, which brings its own `main`; otherwise
/// tests like others, which go through the findings of the past.
let fuzz: Target = {
    let rooms =
        core + ["ProxyServer", "ProxyConfiguration", "Reactor", "ReactorTesting", "Observability", "TestSupport"]
    let scripts = ["README.md", "about.json", "coverage.py", "make_seeds.py", "plant.py"]
    return Context.environment["BEARERGATE_FUZZ"] == nil
        ? .testTarget(
            name: "FuzzTests", dependencies: rooms, path: "Tests/Fuzz", exclude: scripts, swiftSettings: house)
        : .executableTarget(
            name: "Fuzz", dependencies: rooms, path: "Tests/Fuzz", exclude: scripts + ["FindingTests.swift"],
            swiftSettings: house)
}()

/// The microbenchmarks, only when asked for: `allocations` counts what each operation allocates and needs no package;
/// `all` adds the suite for `swift package benchmark` (see the decision "Microbenchmarks are asked for").
let microbenchmarks: (targets: [Target], dependencies: [Package.Dependency]) = {
    guard let wanted = Context.environment["BEARERGATE_BENCHMARKS"] else { return ([], []) }
    let folder = "benchmarks/micro"
    var targets: [Target] = [
        .target(name: "CAllocationCount", path: "\(folder)/CAllocationCount"),
        .target(
            name: "Operations", dependencies: core + ["COpenSSL"], path: "\(folder)/Operations", swiftSettings: house),
        .executableTarget(
            name: "allocations", dependencies: ["CAllocationCount", "Operations"], path: "\(folder)/Allocations",
            swiftSettings: house),
    ]
    guard wanted == "all" else { return (targets, []) }
    targets.append(
        .executableTarget(
            name: "Rooms", dependencies: ["Operations", product("Benchmark", "benchmark")],
            // The plugin that writes its `main` takes a folder of this name only.
            path: "\(folder)/Benchmarks/Rooms", swiftSettings: [.swiftLanguageMode(.v5)],
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]))
    return (targets, [.package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: [])])
}()

let package = Package(
    name: "bearergate",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "OAuthModel", targets: ["OAuthModel"]),
        .library(name: "DevAuthorizationServer", targets: ["DevAuthorizationServer"]),
        .library(name: "HydraClient", targets: ["HydraClient"]),
        .executable(name: "bearergate", targets: ["bearergate"]),
        .executable(name: "bearergate-dev", targets: ["bearergate-dev"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ] + microbenchmarks.dependencies,
    targets: microbenchmarks.targets + [
        // C headers and the macros Swift cannot see.
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .target(name: "CLinux"),

        // Words and bytes.
        .target(name: "OAuthModel", swiftSettings: strict),
        .target(name: "HTTPWire", swiftSettings: hotPath),
        .target(name: "JOSE", dependencies: ["COpenSSL", "OAuthModel"], swiftSettings: strict),

        // Every decision; no socket, no clock, no log.
        .target(name: "ProxyCore", dependencies: ["OAuthModel", "JOSE", "HTTPWire"], swiftSettings: hotPath),

        // Shells.
        .target(name: "Reactor", dependencies: ["CLinux"], swiftSettings: hotPath),
        .target(name: "Observability", dependencies: ["ProxyCore"], swiftSettings: hotPath),
        .target(
            name: "ProxyServer", dependencies: ["ProxyCore", "HTTPWire", "OAuthModel", "Reactor", "Observability"],
            swiftSettings: hotPath),
        .target(name: "HTTPPersistence", swiftSettings: house),
        .target(name: "BoundedHTTPClient", dependencies: [asyncHTTPClient, nioSSL] + nio, swiftSettings: house),
        .target(
            name: "AuthorizationServerClient",
            dependencies: ["BoundedHTTPClient", "ProxyCore", "OAuthModel", "JOSE", asyncHTTPClient, nioSSL] + nio,
            swiftSettings: house),
        .target(
            name: "ProxyConfiguration", dependencies: ["ProxyCore", "OAuthModel", "JOSE", yams], swiftSettings: house),
        .target(
            name: "AdminServer",
            dependencies: ["HTTPPersistence", "ProxyCore", "OAuthModel", "Observability", httpTypes, logging]
                + hummingbird + nio + lifecycle,
            swiftSettings: house),
        .target(
            name: "DevAuthorizationServer",
            dependencies: ["HTTPPersistence", "BoundedHTTPClient", "OAuthModel", "JOSE", grdb, httpTypes, logging]
                + hummingbird + nio + lifecycle,
            swiftSettings: house),
        .target(
            name: "HydraClient", dependencies: ["BoundedHTTPClient", "OAuthModel", "JOSE", asyncHTTPClient] + nio,
            swiftSettings: house),

        // The two programs.
        .target(
            name: "Assembly",
            dependencies: [
                "ProxyServer", "ProxyConfiguration", "AuthorizationServerClient", "AdminServer", "Observability",
                "ProxyCore", "OAuthModel", "Reactor",
            ],
            swiftSettings: house),
        .executableTarget(
            name: "bearergate", dependencies: ["Assembly", "ProxyConfiguration", argumentParser], swiftSettings: house,
            linkerSettings: lean),
        .executableTarget(
            name: "bearergate-dev",
            dependencies: [
                "Assembly", "ProxyConfiguration", "DevAuthorizationServer", "HTTPPersistence", "OAuthModel",
                argumentParser, httpTypes, logging,
            ] + hummingbird + nio + lifecycle,
            swiftSettings: house),

        // Tests and what they stand on.
        .target(name: "ReactorTesting", dependencies: ["Reactor"], swiftSettings: strict),
        .target(
            name: "TestSupport",
            dependencies: core + ["Reactor", "ReactorTesting", "Observability", "ProxyServer", "ProxyConfiguration"],
            swiftSettings: house),
        .testTarget(name: "OAuthModelTests", dependencies: ["OAuthModel"], swiftSettings: house),
        .testTarget(name: "HTTPWireTests", dependencies: ["HTTPWire"], swiftSettings: house),
        .testTarget(name: "HTTPPersistenceTests", dependencies: ["HTTPPersistence"], swiftSettings: house),
        .testTarget(name: "JOSETests", dependencies: ["JOSE", "OAuthModel"], swiftSettings: house),
        .testTarget(name: "ProxyCoreTests", dependencies: core, swiftSettings: house),
        .testTarget(name: "ReactorTests", dependencies: ["Reactor", "ReactorTesting"], swiftSettings: house),
        .testTarget(name: "ObservabilityTests", dependencies: core + ["Observability"], swiftSettings: house),
        .testTarget(
            name: "AuthorizationServerClientTests", dependencies: core + ["AuthorizationServerClient", nioSSL] + nio,
            swiftSettings: house),
        .testTarget(
            name: "AdminServerTests", dependencies: core + ["AdminServer", "Observability", asyncHTTPClient] + nio,
            swiftSettings: house),
        .testTarget(
            name: "ProxyConfigurationTests", dependencies: core + ["ProxyConfiguration"], swiftSettings: house),
        .testTarget(
            name: "DevAuthorizationServerTests",
            dependencies: ["DevAuthorizationServer", "OAuthModel", "JOSE", grdb, httpTypes, logging] + hummingbird + nio
                + lifecycle,
            swiftSettings: house),
        .testTarget(
            name: "HydraClientTests", dependencies: ["HydraClient", "OAuthModel", "JOSE", asyncHTTPClient] + nio,
            swiftSettings: house),
        .testTarget(
            name: "HydraContractTests",
            dependencies: ["HydraClient", "DevAuthorizationServer", "OAuthModel", "JOSE", asyncHTTPClient],
            swiftSettings: house),
        .testTarget(
            name: "ProxyServerTests",
            dependencies: core + ["ProxyServer", "Reactor", "ReactorTesting", "Observability", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "EndToEndTests",
            dependencies: core + ["ProxyServer", "ProxyConfiguration", "Reactor", "Observability", "TestSupport"],
            swiftSettings: house),
        .testTarget(
            name: "AssemblyTests", dependencies: ["AdminServer", "Assembly", "TestSupport"], swiftSettings: house),
        .testTarget(name: "HouseTests", dependencies: core + ["ProxyConfiguration"], swiftSettings: house),
        fuzz,
    ]
)

// The test targets to build, where only some are wanted: building all of them takes minutes, and a sanitizer may be after
// a few.
if let wanted = Context.environment["BEARERGATE_TESTS"]?.split(separator: " ").map(String.init) {
    let known = package.targets.filter { $0.type == .test }.map(\.name)
    precondition(!wanted.isEmpty && wanted.allSatisfy(known.contains), "BEARERGATE_TESTS names some of \(known)")
    package.targets.removeAll { $0.type == .test && !wanted.contains($0.name) }
}
