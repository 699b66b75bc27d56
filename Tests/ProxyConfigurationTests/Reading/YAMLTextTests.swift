import Testing

@testable import ProxyConfiguration

/// What is read of YAML, and what is not.
@Suite struct YAMLTextTests {
    private func read(_ text: String) -> (node: ConfigurationNode?, problems: [String]) {
        let collector = ProblemCollector(file: "f")
        let node = YAMLText.read(Array(text.utf8), problems: collector)
        return (node, collector.problems.map(\.description))
    }

    @Test(
        "An anchor, an alias, a merge key or a tag is refused with its place",
        arguments: [
            ("a: &x 1\n", "f:1:4: error: anchors and aliases are not read"),
            ("ä: [1, &x {b: 1}]\n", "f:1:8: error: anchors and aliases are not read"),
            ("a: 1\nb: *x\n", "f:2:4: error: anchors and aliases are not read"),
            ("<<: {a: 1}\n", "f:1:1: error: merge keys are not read"),
            ("a: !!binary aGk=\n", "f:1:4: error: tags are not read"),
            ("a: !mine [1]\n", "f:1:4: error: tags are not read"),
            ("? [a, b]\n: 1\n", "f:1:3: error: a key is a single word"),
            ("!mine a: 1\n", "f:1:1: error: tags are not read"),
            ("a: 1\n!mine a: 2\n", "f:2:1: error: tags are not read"),
            ("a: 1\n!!str a: 2\n", "f:1:1: error: the key `a` is written more than once in this mapping"),
            ("a: 1\n!!map a: 2\n", "f:2:1: error: the key `a` is written more than once in this mapping"),
        ])
    func refusesWhatBuildsValuesFromOthers(text: String, problem: String) {
        let result = self.read(text)
        #expect(result.problems.count == 1)
        #expect(result.problems.first?.hasPrefix(problem) == true, "\(result.problems)")
    }

    @Test(
        "What ends the reading says that the rest is not checked yet",
        arguments: ["a: &x 1\nversion: 7\n", "version: 7\na: *x\n"])
    func saysThatTheRestIsNotChecked(text: String) {
        let result = self.read(text)
        #expect(result.node == nil)
        #expect(result.problems.count == 1)
        #expect(result.problems.first?.contains("the rest of the file is checked once there are none") == true)
    }

    @Test(
        "What is said of repeated keys is no matter of chance",
        arguments: [
            "? [a]\n: 1\n? [a]\n: 2\nb: 1\nb: 2\n? {c: d}\n: 1\n? {c: d}\n: 2\n",
            "a: 1\na: 2\n!!str a: 3\n!!str a: 4\n", "a: 1\nb: 1\na: 2\nb: 2\nc: 1\nc: 2\n",
        ])
    func repeatedKeysAreReportedAlike(text: String) {
        let first = self.read(text).problems
        #expect(!first.isEmpty)
        // The library's dictionaries have an order of their own each time.
        for _ in 0..<100 { #expect(self.read(text).problems == first) }
    }

    @Test("A short text that stands for a huge one is refused at once")
    func refusesExpansion() {
        var text = "a0: &a0 [x]\n"
        for level in 1...40 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(self.read(text + "? *a40\n: 1\n").problems.map { $0.hasPrefix("f:1:5: error: anchors") } == [true])
    }

    @Test(
        "An ampersand in quotes, in a comment or inside a word is text",
        arguments: [
            "a: \"x &b\" # &c\n", "a: 'it''s &b'\n", "a: b&c\n", "a: b & c\n",
        ])
    func readsAmpersands(text: String) {
        let result = self.read(text)
        #expect(result.problems == [])
        #expect(result.node != nil)
    }

    @Test("Every key written twice is reported, at its place, with all else that is wrong")
    func reportsRepeatedKeys() {
        let text = "version: 1\nversion: 1\nlimits: {head: 1MiB, body: 1, \"head\": 2MiB}\n"
        let problems = problems(of: text)
        #expect(
            problems.contains(
                "f:1:1: error: the key `version` is written more than once in this mapping (keep one of them)"))
        #expect(
            problems.contains(
                "f:3:10: error: the key `head` is written more than once in this mapping (keep one of them)"))
        #expect(problems.contains { $0.hasPrefix("f:3:28: error: `limits.body`: `1` is no size") })
        #expect(problems.contains { $0.hasPrefix("f:1:1: error: the file lacks the key `listeners`") })
    }

    @Test("A large file is not read again for each of its repeated keys")
    func readsLargeFilesAFewTimes() {
        let text = String(repeating: "- {a: 1, a: 2}\n", count: 10) + "#" + String(repeating: "x", count: 3 << 20)
        #expect(self.read(text).problems.count == 3)
    }

    @Test(
        "What is not one YAML document in UTF-8 is one problem",
        arguments: [
            ("", "f:1:1: error: the file is empty"), ("# nothing\n", "f:1:1: error: the file is empty"),
            ("a: [1\n", "f:2:1: error: not YAML"), ("a:\n\t- 1\n", "f:2:1: error: not YAML"),
            ("a: 1\n---\nb: 1\n", "f:2:1: error: not YAML"), ("a: \u{1}\n", "f:1:4: error: not YAML"),
            ("a: \"\\ud800\"\n", "f:1:7: error: not YAML"),
        ])
    func refusesOtherText(text: String, problem: String) {
        let result = self.read(text)
        #expect(result.node == nil)
        #expect(result.problems.count == 1)
        #expect(result.problems.first?.hasPrefix(problem) == true, "\(result.problems)")
    }

    @Test("A byte order mark in front of the text says nothing and moves nothing")
    func passesOverByteOrderMark() {
        let text = "a: b\nc: d\n"
        let collector = ProblemCollector(file: "f")
        let marked = YAMLText.read([0xEF, 0xBB, 0xBF] + Array(text.utf8), problems: collector)
        #expect(marked?.position == YAMLText.read(Array(text.utf8), problems: collector)?.position)
        #expect(collector.problems.isEmpty)
    }

    @Test("Bytes that are not UTF-8, too many bytes and endless nesting are refused")
    func refusesSizeAndDepth() {
        func problems(_ bytes: [UInt8]) -> [String] {
            let collector = ProblemCollector(file: "f")
            _ = YAMLText.read(bytes, problems: collector)
            return collector.problems.map(\.message)
        }
        #expect(problems([0x61, 0x3A, 0x20, 0xFF]) == ["the file is not UTF-8"])
        #expect(problems(Array(repeating: 0x23, count: YAMLText.bytesMax + 1)) == ["the file has 4194305 bytes"])
        #expect(problems(Array(repeating: 0x5B, count: 100_000)).count == 1)
        let nested = "a: " + String(repeating: "[", count: 20) + String(repeating: "]", count: 20)
        #expect(problems(Array(nested.utf8)) == ["this is nested too deeply or the file holds too many values"])
    }

    @Test("A file of any bytes is read or refused, never more: seed printed")
    func survivesAnyBytes() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix(state: seed)
        let sample = Array(
            SampleConfiguration().with("limits.head", "1KiB").with("routes[].claims[].claim", "x").text.utf8)
        let alphabet = Array("{}[]:,#&*!|>'\"%@`-? \n\t~0aÄ<=".utf8)
        for _ in 0..<2_000 {
            var bytes = sample
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert(alphabet[Int.random(in: 0..<alphabet.count, using: &random)], at: place)
                default: bytes[place] = UInt8.random(in: 0...255, using: &random)
                }
            }
            let collector = ProblemCollector(file: "f")
            let file = ProxyConfigurationFile(yaml: bytes, problems: collector)
            #expect(file != nil || collector.hasErrors, "seed \(seed)")
        }
    }
}

/// Random bits that a printed seed brings back.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var bits = self.state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}
