import Testing

@Suite("The import table")
struct ImportTests {
    @Test("every folder of Sources is a room of the table, and every room has its folder")
    func tableIsWhole() throws {
        #expect(Set(try Repository.folders(in: "Sources")) == Set(ImportTable.rooms.map(\.name)))
    }

    @Test("a room imports what its row of the table allows", arguments: ImportTable.rooms.map(\.name))
    func roomKeepsToItsRow(room: String) throws {
        let found = try Repository.swiftFiles(under: "Sources/\(room)").flatMap { Self.violations(in: $0) }
        #expect(found == [])
    }

    @Test("arrows point down: no room reaches itself", arguments: ImportTable.rooms.map(\.name))
    func tableHasNoCycle(room: String) {
        var reached: Set<String> = []
        var next = ImportTable.room(room)?.rooms ?? []
        while let name = next.popFirst() {
            guard reached.insert(name).inserted else { continue }
            next.formUnion(ImportTable.room(name)?.rooms ?? [])
        }
        #expect(!reached.contains(room))
    }

    @Test("the production binary brings neither the development server, nor its database, nor what only tests use")
    func productionIsLean() {
        let reach = ImportTable.reach(of: "bearergate")
        #expect(reach.contains("ProxyCore"))
        #expect(reach.isDisjoint(with: ["DevAuthorizationServer", "GRDB", "Foundation"]))
        #expect(reach.isDisjoint(with: ImportTable.testRooms))
    }

    @Test("OpenSSL is imported in one folder only")
    func opensslHasOneFolder() throws {
        for file in try Repository.swiftFiles(under: "Sources") + Repository.swiftFiles(under: "Tests")
        where Import.all(in: file.text).contains(where: { $0.module == "COpenSSL" }) {
            #expect(file.path.hasPrefix("Sources/JOSE/OpenSSL/"), "\(file.path)")
        }
    }

    @Test("the manifest names the targets that the table names")
    func manifestAgrees() throws {
        let manifest = try Repository.file("Package.swift").text
        let targets = [".target(", ".executableTarget(", ".systemLibrary("].flatMap { kind in
            manifest.split(separator: kind).dropFirst().compactMap { rest in
                rest.split(separator: "name: \"", omittingEmptySubsequences: false).dropFirst().first?
                    .split(separator: "\"", omittingEmptySubsequences: false).first
            }
        }
        // The fuzz targets are a program for `deploy/fuzz` alone, the microbenchmarks are for `benchmarks/micro/run`.
        let askedFor = ["Fuzz", "CAllocationCount", "Operations", "allocations", "Rooms"]
        #expect(targets.map(String.init).sorted() == (ImportTable.rooms.map(\.name) + askedFor).sorted())
    }

    @Test(
        "a planted import is found, however it is written",
        arguments: [
            "import Reactor", "public import Reactor", "@testable import Reactor", "  package import Reactor",
            "@preconcurrency internal import NIOCore", "import struct Foundation.Date",
            "import OAuthModel; import Reactor",
            "@_spi(Inside) import Reactor",
        ])
    func findsPlantedImport(line: String) {
        let file = Repository.File(path: "Sources/ProxyCore/Planted.swift", text: "// Header.\n\(line)\n")
        #expect(Self.violations(in: file).count == 1)
        #expect(Self.violations(in: file).first?.contains(":2:") == true)
    }

    @Test(
        "what only looks like an import is none",
        arguments: [
            "// import Reactor", "let text = \"\"\"\n    import Reactor\n    \"\"\"", "/*\nimport Reactor\n*/",
            "important()",
        ])
    func knowsWhatIsNoImport(text: String) {
        #expect(Self.violations(in: Repository.File(path: "Sources/ProxyCore/Planted.swift", text: text)) == [])
    }

    private static func violations(in file: Repository.File) -> [String] {
        let room = ImportTable.room(file.components[1])
        return Import.all(in: file.text).filter { !(room?.allowed.contains($0.module) ?? false) }
            .map { "\(file.path):\($0.line): imports \($0.module)" }
    }
}
