import Testing

@Suite("The project's files")
struct LayoutTests {
    @Test("the top level holds what a newcomer expects, and nothing else")
    func topLevelIsTidy() throws {
        let expected: Set = [
            "Package.swift", "Sources", "Tests", "deploy", "benchmarks", "README.md", "CHANGELOG.md", "CONTRIBUTING.md",
            "SECURITY.md", "LICENSE", ".gitignore", ".swift-format", ".ci",
        ]
        #expect(Set(try Repository.topLevel()) == expected)
    }

    @Test("no file names a place of one machine, or how it was written")
    func filesBelongAnywhere() throws {
        let files = try Repository.writtenFiles()
        #expect(files.count > 200, "the files are not all there")
        #expect(files.flatMap(Self.strangers) == [])
    }

    @Test(
        "a planted path of one machine is found",
        arguments: ["work/main", "root/.cache", "tmp/dev/x"].map { "cd /" + $0 } + ["the " + Self.secretWord])
    func findsPlantedPath(text: String) {
        #expect(Self.strangers(Repository.File(path: "planted.md", text: "fine\n\(text)\n")) == ["planted.md:2"])
    }

    @Test(
        "a path that only resembles one is none",
        arguments: ["../work/x", "https://a.example/work/1", "network/", "/workers/"])
    func sparesOtherPaths(text: String) {
        #expect(Self.strangers(Repository.File(path: "planted.md", text: text)) == [])
    }

    @Test("every decision is on the landing page")
    func decisionsAreFound() throws {
        let folder = "Sources/ProxyCore/ProxyCore.docc"
        let landing = try Repository.file("\(folder)/ProxyCore.md").text
        let decisions = try Repository.paths(under: "\(folder)/Decisions")
        #expect(!decisions.isEmpty)
        for path in decisions {
            let name = path.split(separator: "/").last?.dropLast(".md".count) ?? ""
            #expect(landing.contains("<doc:\(name)>"), "\(path) is not on the landing page")
        }
    }

    private static let secretWord = "work" + "place"

    /// Lines that only make sense where they were written; built from parts, or this file would be one of them.
    private static func strangers(_ file: Repository.File) -> [String] {
        let places = ["work", "root", "farm", "tmp/dev"].map { "/" + $0 + "/" }
        return file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().filter { _, line in
            places.contains { Self.begins($0, in: line) } || line.lowercased().has(Self.secretWord)
        }.map { number, _ in "\(file.path):\(number + 1)" }
    }

    /// Whether a path begins with this, rather than going through it.
    private static func begins(_ place: String, in line: Substring) -> Bool {
        var rest = line
        while let range = rest.firstRange(of: place) {
            guard range.lowerBound > line.startIndex else { return true }
            let before = line[line.index(before: range.lowerBound)]
            if !(before.isLetter || before.isNumber || before == "_" || before == ".") { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }
}
