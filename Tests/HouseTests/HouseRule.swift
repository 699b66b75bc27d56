/// A rule about the text of Swift files.
enum HouseRule: String, CaseIterable, Sendable {
    case forcedTry = "`try!`: an error is thrown or handled"
    case forcedCast = "`as!`: a cast that fails is handled"
    case trapWithoutReason = "`fatalError`: what cannot happen is a precondition with its reason"
    case unfinished = "work left for later is an issue, not a comment"
    case sleepingTest = "a test waits for what happens, not for time to pass"
    case skippedTest = "a test runs or does not exist"
    case uncheckedSendable = "`@unchecked Sendable` says why it holds, in a doc comment with `Unchecked:`"
    case homelessName = "a name that says nothing: a homeless function belongs to the type it helps"

    struct Violation: Equatable, CustomStringConvertible {
        let rule: HouseRule
        let path: String
        /// From 1.
        let line: Int

        var description: String { "\(self.path):\(self.line): \(self.rule.rawValue)" }
    }

    /// Where these rules are broken in a file.
    static func violations(in file: Repository.File) -> [Violation] {
        let text = SourceText(file.text)
        let isTest =
            file.path.hasPrefix("Tests/") || ImportTable.testRooms.contains { file.path.hasPrefix("Sources/\($0)/") }
        var found: [Violation] = []
        for (index, code) in text.code.enumerated() {
            func report(_ rule: HouseRule, if isBroken: Bool) {
                if isBroken { found.append(Violation(rule: rule, path: file.path, line: index + 1)) }
            }
            report(.forcedTry, if: code.has("try!"))
            report(.forcedCast, if: code.has("as!", asWord: true))
            report(.trapWithoutReason, if: code.has("fatalError", asWord: true))
            report(.unfinished, if: Self.unfinishedWords.contains { text.comments[index].has($0, asWord: true) })
            report(.sleepingTest, if: isTest && Self.sleeps.contains { code.has($0, asWord: true) })
            report(.skippedTest, if: isTest && Self.skips.contains { code.has($0) })
            report(
                .uncheckedSendable,
                if: code.has("@unchecked Sendable") && !Self.docComment(above: index, in: text).has("Unchecked:"))
            report(.homelessName, if: Self.declaredTypes(in: code).contains(where: Self.isHomeless))
        }
        return found
    }

    /// Whether one of a name's words says nothing, as in `TokenHelper` or `StringUtils.swift`.
    static func isHomeless(_ name: some StringProtocol) -> Bool {
        Self.words(of: name).contains { Self.homelessWords.contains($0) }
    }

    private static let unfinishedWords = ["TODO", "FIXME", "XXX", "HACK"]
    private static let sleeps = [
        "Task.sleep", "Thread.sleep", "ContinuousClock().sleep", "SuspendingClock().sleep", "usleep", "nanosleep",
        "clock_nanosleep", "Glibc.sleep",
    ]
    private static let skips = [".disabled(", ".enabled(if", "withKnownIssue", "XCTSkip", "Test.cancel("]
    private static let homelessWords: Set<String> = [
        "util", "utils", "utility", "utilities", "manager", "managers", "helper", "helpers", "common", "shared",
    ]
    private static let declarations: Set<Substring> = ["struct", "class", "enum", "protocol", "actor", "typealias"]

    private static func declaredTypes(in code: String) -> [Substring] {
        let words = code.split { !($0.isLetter || $0.isNumber || $0 == "_") }
        return zip(words, words.dropFirst()).filter { Self.declarations.contains($0.0) }.map(\.1)
    }

    /// `HTTPTokenHelpers+Parsing` → http, token, helpers, parsing; close enough where letters are all upper case.
    private static func words(of name: some StringProtocol) -> [String] {
        var words = [""]
        var previousIsUpper = true
        for character in name {
            if !character.isLetter || (character.isUppercase && !previousIsUpper) { words.append("") }
            if character.isLetter { words[words.count - 1] += character.lowercased() }
            previousIsUpper = character.isUppercase
        }
        return words
    }

    /// The doc comment of the declaration on a line, attributes between them skipped.
    private static func docComment(above line: Int, in text: SourceText) -> String {
        var index = line - 1
        while index >= 0, text.lines[index].trimmed.hasPrefix("@") { index -= 1 }
        var comment: [String] = []
        while index >= 0, text.lines[index].trimmed.hasPrefix("///") {
            comment.append(text.lines[index])
            index -= 1
        }
        return comment.joined(separator: "\n")
    }
}

extension String {
    /// Whether a text occurs; as a word, if nothing of a name stands before or behind it.
    func has(_ word: String, asWord: Bool = false) -> Bool {
        let (text, word) = (Array(self.utf8), Array(word.utf8))
        guard let first = word.first, text.count >= word.count else { return false }
        for start in 0...(text.count - word.count) where text[start] == first {
            let end = start + word.count
            guard text[start..<end].elementsEqual(word) else { continue }
            guard asWord else { return true }
            let isCutBefore = start > 0 && Self.isNamed(text[start - 1])
            let isCutBehind = end < text.count && Self.isNamed(text[end])
            if !isCutBefore && !isCutBehind { return true }
        }
        return false
    }

    var trimmed: Substring {
        var rest = self[...]
        while let character = rest.first, character.isWhitespace { rest.removeFirst() }
        return rest
    }

    private static func isNamed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
