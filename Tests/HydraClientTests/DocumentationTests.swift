import Foundation
import Testing

@Suite("The getting-started article")
struct DocumentationTests {
    @Test("every block of its code is code that compiles here")
    func codeCompiles() throws {
        let article = try Self.text("Sources/HydraClient/HydraClient.docc/GettingStarted.md")
        let compiled = Self.words(of: try Self.text("Tests/HydraClientTests/GettingStarted.swift"))
        let blocks = article.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
            .filter { !$0.hasPrefix("sh\n") }
        #expect(blocks.count == 9)
        for block in blocks {
            #expect(block.hasPrefix("swift\n"))
            #expect(compiled.contains(Self.words(of: String(block.dropFirst("swift\n".count)))), "\(block)")
        }
    }

    @Test("every operation's method says the operation's id, method and path", arguments: Operation.all)
    func operationsAreNamed(operation: Operation) throws {
        let path = operation.target.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        let lines = try Self.sources().flatMap { $0.split(separator: "\n") }
        let wanted = "/// `\(operation.id)` · `\(operation.method) "
        let documented = lines.filter { $0.drop { $0 == " " }.hasPrefix(wanted) }.compactMap {
            $0.split(separator: " ").last?.dropLast().split(separator: "/").map(String.init)
        }
        #expect(documented.isEmpty == false)
        for steps in documented {
            #expect(steps.count == path.count)
            for (step, actual) in zip(steps, path) { #expect(step == actual || step == "{id}") }
        }
    }

    private static func sources() throws -> [String] {
        let folder = Self.root.appending(path: "Sources/HydraClient")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
        return try paths.map { try String(contentsOf: folder.appending(path: $0), encoding: .utf8) }
    }

    /// Code without its layout, which the formatter may change.
    private static func words(of code: String) -> String {
        code.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}
