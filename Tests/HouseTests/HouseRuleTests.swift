import Testing

@Suite("The house rules")
struct HouseRuleTests {
    @Test("hold in every Swift file", arguments: ["Sources", "Tests"])
    func rulesHold(folder: String) throws {
        let files = try Repository.swiftFiles(under: folder)
        #expect(files.count > 50, "the files are not all there")
        #expect(files.flatMap { HouseRule.violations(in: $0) }.map(\.description) == [])
    }

    @Test("no file or folder has a name that says nothing")
    func filesHaveNames() throws {
        let names = try (Repository.paths(under: "Sources") + Repository.paths(under: "Tests"))
            .filter { path in path.split(separator: "/").contains { HouseRule.isHomeless($0) } }
        #expect(names == [])
    }

    @Test("a planted violation is found, once and on its line", arguments: Self.planted)
    func findsPlanted(rule: HouseRule, text: String) {
        let file = Repository.File(path: "Tests/PlantedTests/Planted.swift", text: "\n" + text)
        #expect(HouseRule.violations(in: file).map(\.rule) == [rule])
    }

    @Test("every rule has been seen to bite")
    func everyRuleIsPlanted() {
        #expect(Set(Self.planted.map(\.0)) == Set(HouseRule.allCases))
    }

    @Test("what only looks like a violation is none", arguments: Self.innocent)
    func sparesInnocent(text: String) {
        let file = Repository.File(path: "Tests/PlantedTests/Planted.swift", text: text)
        #expect(HouseRule.violations(in: file).map(\.description) == [])
    }

    @Test("a production room may wait for time to pass")
    func productionMayWait() {
        let text = "try await Task.sleep(for: .seconds(1))"
        #expect(HouseRule.violations(in: Repository.File(path: "Sources/Planted/Planted.swift", text: text)) == [])
        #expect(
            HouseRule.violations(in: Repository.File(path: "Sources/TestSupport/Planted.swift", text: text)).count == 1)
    }

    private static let planted: [(HouseRule, String)] = [
        (.forcedTry, "let value = try! read()"),
        (.forcedTry, "print(\"\\(try! read())\")"),
        (.forcedCast, "let name = value as! String"),
        (.trapWithoutReason, "default: fatalError(\"cannot be\")"),
        (.unfinished, "// TODO: later"),
        (.unfinished, "/* here\n FIXME */"),
        (.sleepingTest, "try await Task.sleep(for: .seconds(1))"),
        (.sleepingTest, "usleep(1000)"),
        (.skippedTest, "@Test(.disabled(\"flaky\")) func test() {}"),
        (.skippedTest, "withKnownIssue { try read() }"),
        (.skippedTest, "@Test(.enabled(if: isFast)) func test() {}"),
        (.uncheckedSendable, "final class Box: @unchecked Sendable {}"),
        (.uncheckedSendable, "/// A box.\n@safe\nfinal class Box: @unchecked Sendable {}"),
        (.uncheckedSendable, "/// Unchecked: of another.\nstruct Other {}\nfinal class Box: @unchecked Sendable {}"),
        (.homelessName, "enum TokenUtils {}"),
        (.homelessName, "final class ConnectionManager {}"),
        (.homelessName, "package protocol HelperProtocol {}"),
        (.homelessName, "struct CommonFields {}"),
    ]

    private static let innocent = [
        "// Never `try!` here.", "let text = \"as! and fatalError( and TODO\"",
        "let text = #\"a \"quoted\" try! \"#", "let alias = value as? String", "self.sleep(until: deadline)",
        "/// A box.\n///\n/// Unchecked: written once.\n@safe\nfinal class Box: @unchecked Sendable {}",
        "/// Managed by its owner.\nstruct Management {}", "let shared = 1", "func fatalErrors() {}",
        "let text = \"\"\"\n    \"try!\" \\(read(\"as!\")) // TODO\n    \"\"\"",
    ]
}
