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
        let bytes = text.utf8
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: 0x20) ?? bytes.endIndex
            if start < end { self.add(String(text[start..<end])) }
            start = end < bytes.endIndex ? bytes.index(after: end) : end
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
