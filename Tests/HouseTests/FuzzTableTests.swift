import Foundation
import Testing

@Suite("The table of the fuzz targets")
struct FuzzTableTests {
    private struct Entry: Decodable {
        struct Fault: Decodable {
            let file: String
            let sound: String
            let rule: String
        }
        let files: [String]
        let fault: Fault
    }

    private static func table() throws -> [String: Entry] {
        try JSONDecoder().decode(
            [String: Entry].self, from: Data(try Repository.file("Tests/Fuzz/about.json").text.utf8))
    }

    @Test("a target is about files that are there, and its planted fault has one place in the sources")
    func tableFits() throws {
        let table = try Self.table()
        #expect(table.count >= 12)
        for (name, entry) in table {
            for path in entry.files { #expect(Repository.exists("Sources/\(path)"), "\(name): \(path)") }
            let source = try Repository.file("Sources/\(entry.fault.file)").text
            #expect(source.ranges(of: entry.fault.sound).count == 1, "\(name): \(entry.fault.sound)")
        }
    }

    @Test("every target of the program is in the table, and its fault breaks a rule that it holds")
    func targetsAreThere() throws {
        let table = try Self.table()
        let program = try Repository.file("Tests/Fuzz/FuzzTarget.swift").text
        let rules = try Repository.swiftFiles(under: "Tests/Fuzz").map(\.text).joined()
        for (name, entry) in table {
            #expect(program.contains("\"\(name)\"") || program.contains("case \(name)\n"), "\(name)")
            #expect(rules.contains(entry.fault.rule), "\(name): \(entry.fault.rule)")
        }
        let cases = program.split(separator: "\n").count { $0.hasPrefix("    case ") }
        #expect(cases == table.count)
    }

    @Test("the product holds no planted fault, not even one that is switched off")
    func sourcesAreSound() throws {
        for file in try Repository.swiftFiles(under: "Sources") {
            #expect(!file.text.contains("PLANTED"), "\(file.path)")
        }
    }
}
