/// A Swift file with its code and its comments apart, so that a rule about one is not broken by the other.
struct SourceText {
    /// Lines of code; comments and the text of strings are blanked, what a string interpolates is kept.
    let code: [String]
    /// Lines of comments; all else is blanked.
    let comments: [String]
    /// Lines as written.
    let lines: [String]

    init(_ text: String) {
        var scanner = Scanner(Array(text.utf8))
        scanner.scan()
        self.lines = Self.lines(of: Array(text.utf8))
        self.code = Self.lines(of: scanner.code)
        self.comments = Self.lines(of: scanner.comments)
    }

    private static func lines(of bytes: [UInt8]) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}

/// Tells code, comments and strings apart; knows nothing else of the language (there are no regex literals here).
private struct Scanner {
    private enum Place {
        /// Code between parentheses that are `depth` deep; the outermost is the file.
        case code(depth: Int)
        case string(hashes: Int, isMultiline: Bool)
    }

    let bytes: [UInt8]
    private(set) var code: [UInt8]
    private(set) var comments: [UInt8]
    private var offset = 0
    private var places = [Place.code(depth: 0)]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let blank = bytes.map { $0 == UInt8(ascii: "\n") ? $0 : UInt8(ascii: " ") }
        self.code = blank
        self.comments = blank
    }

    mutating func scan() {
        while self.offset < self.bytes.count {
            switch self.places[self.places.count - 1] {
            case .code(let depth): self.scanCode(depth: depth)
            case .string(let hashes, let isMultiline): self.scanString(hashes: hashes, isMultiline: isMultiline)
            }
        }
    }

    private mutating func scanCode(depth: Int) {
        let byte = self.bytes[self.offset]
        guard Self.codeMarks.contains(byte) else {
            self.code[self.offset] = byte
            self.offset += 1
            return
        }
        if self.isAt("//") {
            self.comment(until: "\n")
        } else if self.isAt("/*") {
            self.blockComment()
        } else if let hashes = self.stringBegins() {
            let isMultiline = self.isAt("\"\"\"", past: hashes)
            self.offset += hashes + (isMultiline ? 3 : 1)
            self.places.append(.string(hashes: hashes, isMultiline: isMultiline))
        } else {
            if byte == UInt8(ascii: "(") { self.places[self.places.count - 1] = .code(depth: depth + 1) }
            if byte == UInt8(ascii: ")") {
                if depth == 1, self.places.count > 1 {
                    self.places.removeLast()
                    self.offset += 1
                    return
                }
                self.places[self.places.count - 1] = .code(depth: depth - 1)
            }
            self.code[self.offset] = byte
            self.offset += 1
        }
    }

    private mutating func scanString(hashes: Int, isMultiline: Bool) {
        let byte = self.bytes[self.offset]
        guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
            self.offset += 1
            return
        }
        let marks = String(repeating: "#", count: hashes)
        if self.isAt("\\" + marks + "(") {
            self.offset += hashes + 2
            self.places.append(.code(depth: 1))
        } else if self.isAt("\\" + marks) {
            self.offset += hashes + 2
        } else if self.isAt((isMultiline ? "\"\"\"" : "\"") + marks) {
            self.offset += hashes + (isMultiline ? 3 : 1)
            self.places.removeLast()
        } else {
            self.offset += 1
        }
    }

    /// What begins a comment, a string or a parenthesis, or ends the latter; all other code is copied.
    private static let codeMarks = [UInt8](##"/"#()"##.utf8)

    private mutating func comment(until end: String) {
        while self.offset < self.bytes.count, !self.isAt(end) {
            self.comments[self.offset] = self.bytes[self.offset]
            self.offset += 1
        }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            if self.isAt("/*") { depth += 1 }
            if self.isAt("*/") { depth -= 1 }
            let width = self.isAt("/*") || self.isAt("*/") ? 2 : 1
            for _ in 0..<width {
                self.comments[self.offset] = self.bytes[self.offset]
                self.offset += 1
            }
        } while depth > 0 && self.offset < self.bytes.count
    }

    /// The number of `#` before a string that begins here; nil when none begins.
    private func stringBegins() -> Int? {
        var hashes = 0
        while self.isAt("#", past: hashes) { hashes += 1 }
        return self.isAt("\"", past: hashes) ? hashes : nil
    }

    private func isAt(_ word: String, past distance: Int = 0) -> Bool {
        self.bytes[min(self.offset + distance, self.bytes.count)...].starts(with: word.utf8)
    }
}
