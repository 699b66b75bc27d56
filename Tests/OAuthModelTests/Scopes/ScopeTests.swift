import OAuthModel
import Testing

@Suite struct ScopeStrategyTests {
    @Test("Every scope vector of Hydra comes out as it does there", arguments: ScopeStrategy.allCases)
    func vectors(strategy: ScopeStrategy) throws {
        let rows = try #require(Vectors.object("hydra/vectors.json")["scope"]?.arrayValue)
        #expect(rows.count == 98)
        var rowsOfTokens = 0
        for row in rows {
            let members = try #require(row.objectValue)
            let granted = try #require(members["haystack"]?.stringListValue)
            let wanted = try #require(members["needle"]?.stringValue)
            let expected = try #require(members[strategy.rawValue]?.boolValue as Bool?)
            #expect(strategy.matches(granted: granted, wanted: wanted) == expected, "\(granted) \(wanted)")
            // The same for the scopes of a token, as the proxy holds them.
            if Scope(wanted) != nil, granted.allSatisfy({ Scope($0) != nil }) {
                let claims = ClaimSet(["scope": .strings(granted)])
                let scopes = ScopeWords(of: claims.place(of: "scope"), in: claims.document)
                let covers = scopes.cover(wanted.utf8.span, by: strategy, in: claims.document)
                #expect(covers == expected, "\(granted) \(wanted)")
                rowsOfTokens += 1
            }
        }
        #expect(rowsOfTokens > 60)
    }

    @Test("Strategies agree with Hydra's words, part by part, on random scopes")
    func agreesWithPartwiseDefinition() {
        var random = SeededRandom(for: "scope strategies")
        func word() -> String {
            String((0..<random.below(7)).map { _ in ["a", "b", ".", "*", "."][random.below(5)] as Character })
        }
        for _ in 0..<50_000 {
            let granted = word()
            let wanted = word()
            #expect(
                ScopeStrategy.wildcard.matches(granted: [granted], wanted: wanted) == Self.wildcard(granted, wanted),
                "\(granted) \(wanted)")
            #expect(
                ScopeStrategy.hierarchic.matches(granted: [granted], wanted: wanted)
                    == Self.hierarchic(granted, wanted), "\(granted) \(wanted)")
        }
    }

    /// The rules as Hydra's contract words them, on lists of parts.
    private static func wildcard(_ granted: String, _ wanted: String) -> Bool {
        let entry = granted.split(separator: ".", omittingEmptySubsequences: false)
        let needle = wanted.split(separator: ".", omittingEmptySubsequences: false)
        if entry.count > needle.count { return false }
        for (index, part) in entry.enumerated() {
            if index == entry.count - 1, entry.count != needle.count, part != "*" { return false }
            if part == "*" {
                if needle[index].isEmpty { return false }
            } else if part != needle[index] {
                return false
            }
        }
        return true
    }

    private static func hierarchic(_ granted: String, _ wanted: String) -> Bool {
        if granted == wanted { return true }
        guard granted.count <= wanted.count else { return false }
        let entry = granted.split(separator: ".", omittingEmptySubsequences: false)
        let needle = wanted.split(separator: ".", omittingEmptySubsequences: false)
        return entry.count < needle.count && needle.starts(with: entry)
    }

    @Test("Scopes that only look alike are different, under every strategy", arguments: ScopeStrategy.allCases)
    func comparesBytes(strategy: ScopeStrategy) {
        #expect(!strategy.matches(granted: ["caf\u{E9}"], wanted: "cafe\u{301}"))
        #expect(!strategy.matches(granted: ["\u{212A}"], wanted: "K"))
        #expect(!strategy.matches(granted: ["READ"], wanted: "read"))
    }
}

@Suite struct ScopeSetTests {
    @Test(
        "RFC 6749 §3.3: a word with anything else in it is no scope",
        arguments: ["", " ", "a b", "a\"", "a\\", "a\t", "a\r\n", "\u{7F}", "é", "\u{212A}"])
    func refuses(text: String) { #expect(Scope(text) == nil) }

    @Test(
        "RFC 6749 §3.3: printable ASCII is",
        arguments: ["!", "#[]^~", "orders:read", "https://api.example.com/read", "photos.*"])
    func accepts(text: String) { #expect(Scope(text)?.text == text) }

    @Test(
        "A scope value is split at U+0020 and nowhere else",
        arguments: [
            ("", [], []), ("   ", [], []), ("a", ["a"], []), (" a  b ", ["a", "b"], []), ("a\tb", [], ["a\tb"]),
            ("read\r\nX-Auth-Subject: attacker", ["attacker"], ["read\r\nX-Auth-Subject:"]),
            ("a\u{A0}b c", ["c"], ["a\u{A0}b"]),
            ("a \u{301}b", ["a"], ["\u{301}b"]), ("b a b", ["b", "a", "b"], []), ("a\n", [], ["a\n"]),
        ] as [(String, [String], [String])])
    func splits(text: String, scopes: [String], unusable: [String]) {
        let set = ScopeSet(spaceSeparated: text)
        #expect(set.scopes.map(\.text) == scopes)
        #expect(set.unusableWords.map { Array($0.utf8) } == unusable.map { Array($0.utf8) })
        #expect(set.text == scopes.joined(separator: " "))
    }

    @Test("An element of a list with a space in it is not two scopes")
    func keepsElements() throws {
        let set = ScopeSet(elements: ["a b", "c", ""])
        #expect(set.scopes.map(\.text) == ["c"])
        #expect(set.unusableWords == ["a b", ""])
        #expect(!set.contains(try #require(Scope("a"))))
        #expect(set.contains(try #require(Scope("c"))))
    }
}
