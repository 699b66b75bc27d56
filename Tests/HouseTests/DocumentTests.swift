import Foundation
import ProxyConfiguration
import Testing

@Suite("What the documents say")
struct DocumentTests {
    static let documents = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "benchmarks/README.md"]

    @Test("the README's configuration passes `check` without a warning")
    func configurationIsSound() throws {
        let blocks = MarkdownText(try Repository.file("README.md").text).blocks("yaml")
        try #require(blocks.count == 1)
        let path = FileManager.default.temporaryDirectory.appending(path: "bearergate-readme-\(UUID().uuidString).yaml")
        try Data(blocks[0].utf8).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let report = CheckReport(checking: path.path, environment: [:])
        #expect(report.problems.map(\.description) == [])
        #expect(report.exitCode == 0)
    }

    @Test("the benchmark's configuration passes `check` without a warning")
    func benchmarkConfigurationIsSound() {
        let report = CheckReport(
            checking: Repository.root.appending(path: "benchmarks/compare.yaml").path, environment: [:])
        #expect(report.problems.map(\.description) == [])
    }

    @Test("the README's two commands are the quickstart and the tests")
    func readmeHasTwoCommands() throws {
        let first = try #require(MarkdownText(try Repository.file("README.md").text).blocks("sh").first)
        let programs = try first.split(separator: "\n").map { line in try #require(Self.words(of: line).first) }
        #expect(programs == ["deploy/quickstart", "deploy/test"])
    }

    @Test("every command in a document is one that is there", arguments: Self.documents)
    func commandsExist(document: String) throws {
        for block in MarkdownText(try Repository.file(document).text).blocks("sh") {
            for line in block.split(separator: "\n") {
                let words = Self.words(of: line)
                let program = try #require(words.first)
                if program.hasPrefix("deploy/") {
                    try Self.expectHelp(of: program)
                } else if program.hasPrefix(".build/release/") {
                    let room = String(program.dropFirst(".build/release/".count))
                    let command = try #require(words.dropFirst().first)
                    #expect(Repository.exists("Sources/\(room)/\(command.capitalized).swift"), "\(line)")
                } else {
                    #expect(program == "swift", "nobody knows whether this works: \(line)")
                }
            }
        }
    }

    @Test("every link to a file leads to one", arguments: Self.documents)
    func linksLead(document: String) throws {
        let folder = document.split(separator: "/").dropLast().map { $0 + "/" }.joined()
        for link in MarkdownText(try Repository.file(document).text).linkedFiles {
            #expect(Repository.exists(folder + link), "\(document): \(link)")
        }
    }

    @Test(
        "every folder and file that a document names in backticks is there",
        arguments: ["README.md", "CONTRIBUTING.md"])
    func namedPathsExist(document: String) throws {
        let words = MarkdownText.codeWords(in: try Repository.file(document).text.replacing("```", with: ""))
        for word in words where ["Sources/", "Tests/", "deploy/", "benchmarks/"].contains(where: word.hasPrefix) {
            let path = String(word.prefix { !$0.isWhitespace })
            #expect(Repository.exists(path), "\(document): \(path)")
        }
    }

    @Test("every decision stands in the list of them, and the list names no other")
    func decisionsAreListed() throws {
        let folder = "Sources/ProxyCore/ProxyCore.docc"
        let written = try FileManager.default.contentsOfDirectory(
            atPath: Repository.root.appending(path: folder + "/Decisions").path)
        let listed = try Repository.file(folder + "/ProxyCore.md").text.split(separator: "\n")
            .filter { $0.hasPrefix("- <doc:") }.map { $0.dropFirst("- <doc:".count).dropLast() + ".md" }
        #expect(listed.map(String.init).sorted() == written.sorted())
    }

    private static func words(of line: Substring) -> [String] {
        line.prefix { $0 != "#" }.split(separator: " ").map(String.init)
    }

    private static func expectHelp(of program: String) throws {
        let process = Process()
        process.executableURL = Repository.root.appending(path: program)
        process.arguments = ["--help"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(text.hasPrefix("usage: \(program)"))
    }
}
