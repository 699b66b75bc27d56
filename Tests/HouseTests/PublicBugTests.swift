import Testing

@Suite("The public bugs")
struct PublicBugTests {
    /// Where the two rows stand that need a protocol we do not speak.
    private static let notYet = "Tests/EndToEndTests/PublicBugs/NotYet.md"

    @Test("each of the 87 is named by a test of the rule it broke, but for those that are not served")
    func eachHasItsTest() throws {
        let rows = Self.identifiers(in: try Repository.file("Tests/Vectors/cases/public-bugs.md").text)
        #expect(rows.count == 87)
        let left = Self.identifiers(in: try Repository.file(Self.notYet).text)
        #expect(left == ["PB-50", "PB-77"])
        let named = try Repository.swiftFiles(under: "Tests").reduce(into: Set<String>()) {
            $0.formUnion(Self.identifiers(inDisplayNamesOf: $1.text))
        }
        #expect(rows.subtracting(left).subtracting(named).sorted() == [])
        #expect(named.subtracting(rows).sorted() == [])
    }

    @Test("an identifier counts in a test's name only")
    func whereItCounts() {
        let text =
            "// PB-01\n@Test(\"PB-02: a rule\", arguments: [\"PB-03\"])\nlet x = \"PB-04\"\n@Test(\n  \"PB-05, PB-06: b\")"
        #expect(Self.identifiers(inDisplayNamesOf: text) == ["PB-02", "PB-05", "PB-06"])
    }

    private static func identifiers(inDisplayNamesOf text: String) -> Set<String> {
        var found: Set<String> = []
        for attribute in text.split(separator: "@Test(", omittingEmptySubsequences: false).dropFirst() {
            let beginning = attribute.drop(while: \.isWhitespace)
            guard beginning.first == "\"" else { continue }
            found.formUnion(Self.identifiers(in: String(beginning.dropFirst().prefix { $0 != "\"" })))
        }
        return found
    }

    private static func identifiers(in text: String) -> Set<String> {
        Set(text.matches(of: /PB-[0-9]{2}/).map { String($0.output) })
    }
}
