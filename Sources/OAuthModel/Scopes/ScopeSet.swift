/// The scopes of a token, a client or a request, in the order given (RFC 6749 §3.3).
///
/// Words that are no `scope-token` are kept apart: they satisfy no rule and are not handed on, but an operator may want to see
/// that they were there.
public struct ScopeSet: Sendable {
    /// The words that are scopes.
    public private(set) var scopes: [Scope]
    /// The words that are not: control bytes, quotation marks, anything outside ASCII.
    public private(set) var unusableWords: [String]

    public init() {
        self.scopes = []
        self.unusableWords = []
    }

    public init(_ scopes: [Scope]) {
        self.scopes = scopes
        self.unusableWords = []
    }

    /// A `scope` parameter or member: split at U+0020 and nothing else, empty pieces dropped.
    public init(spaceSeparated text: String) {
        self.init()
        let bytes = text.utf8.span
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != 0x20 { end += 1 }
            // A text cut at an ASCII byte is text on both sides.
            if start == 0, end == bytes.count {
                self.add(text)
            } else if start < end, let word = bytes.extracting(start..<end).validatedText() {
                self.add(word)
            }
            start = end + 1
        }
    }

    /// A list of scopes, one an element: an element with a space in it is not two scopes.
    public init(elements: some Sequence<String>) {
        self.init()
        for element in elements { self.add(element) }
    }

    public var isEmpty: Bool { self.scopes.isEmpty }
    public var count: Int { self.scopes.count }

    public func contains(_ scope: Scope) -> Bool { self.scopes.contains(scope) }

    /// The scopes as a `scope` value, one space between them.
    public var text: String { self.scopes.map(\.text).joined(separator: " ") }

    private mutating func add(_ word: String) {
        if let scope = Scope(word) { self.scopes.append(scope) } else { self.unusableWords.append(word) }
    }
}

extension ScopeSet: Hashable {
    public static func == (left: ScopeSet, right: ScopeSet) -> Bool {
        left.scopes == right.scopes
            && left.unusableWords.elementsEqual(right.unusableWords) { $0.hasSameOctets(as: $1) }
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(self.scopes) }
}
