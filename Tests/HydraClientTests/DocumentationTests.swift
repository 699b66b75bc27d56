import Foundation
import Testing

@Suite("The getting-started article")
struct DocumentationTests {
    @Test("every block of its code is code that compiles here")
    func codeCompiles() throws {
        let article = try Self.text("Sources/HydraClient/HydraClient.docc/GettingStarted.md")
        let compiled = Self.words(of: try Self.text("Tests/HydraClientTests/GettingStarted.swift"))
        let blocks = article.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        #expect(blocks.count == 8)
        for block in blocks {
            #expect(block.hasPrefix("swift\n"))
            #expect(compiled.contains(Self.words(of: String(block.dropFirst("swift\n".count)))), "\(block)")
        }
    }

    /// Code without its layout, which the formatter may change.
    private static func words(of code: String) -> String {
        code.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private static func text(_ path: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
}
