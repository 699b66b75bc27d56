/// A place in a document (RFC 6901).
struct JSONPointer: Sendable {
    /// From the outside in; escapes undone.
    let tokens: [String]
    private let text: String

    /// Nil for what is no pointer; the empty one, which is the whole document, has no tokens.
    init?(_ text: String) {
        guard text.isEmpty || text.hasPrefix("/") else { return nil }
        var tokens: [String] = []
        for raw in text.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            // `~0` last, so that `~01` becomes `~1` (RFC 6901 §4).
            let token = String(raw).replacing("~1", with: "/").replacing("~0", with: "~")
            guard
                raw.split(separator: "~", omittingEmptySubsequences: false).dropFirst()
                    .allSatisfy({ $0.hasPrefix("0") || $0.hasPrefix("1") })
            else { return nil }
            tokens.append(token)
        }
        self.tokens = tokens
        self.text = text
    }

    /// A token as the index of a list: digits without a leading zero (RFC 6901 §4).
    static func index(_ token: String) -> Int? {
        guard token == "0" || !token.hasPrefix("0"), token.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            return nil
        }
        return Int(token)
    }

    var leadsNowhere: HydraError { .malformed("The path '\(self.text)' leads to nothing that can be patched so.") }
}
