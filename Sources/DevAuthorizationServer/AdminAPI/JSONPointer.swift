/// A place in a document (RFC 6901).
struct JSONPointer: Sendable {
    /// From the outside in; escapes undone.
    let tokens: [String]
    private let text: String

    /// Nil for what is no pointer; the empty one, which is the whole document, has no tokens.
    init?(_ text: String) {
        guard text.isEmpty || text.utf8.first == Self.slash else { return nil }
        var tokens: [String] = []
        // By bytes: a `/` with a combining mark behind it still begins a token.
        for raw in text.utf8.split(separator: Self.slash, omittingEmptySubsequences: false).dropFirst() {
            guard let token = Self.unescaped(raw) else { return nil }
            tokens.append(token)
        }
        self.tokens = tokens
        self.text = text
    }

    /// `~1` is `/`, `~0` is `~`; nothing else follows a `~` (RFC 6901 §3).
    private static func unescaped(_ raw: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        var isEscape = false
        for byte in raw {
            switch (isEscape, byte) {
            case (true, UInt8(ascii: "0")): bytes.append(Self.tilde)
            case (true, UInt8(ascii: "1")): bytes.append(Self.slash)
            case (true, _): return nil
            case (false, Self.tilde): break
            case (false, _): bytes.append(byte)
            }
            isEscape = !isEscape && byte == Self.tilde
        }
        return isEscape ? nil : String(decoding: bytes, as: UTF8.self)
    }

    private static let slash = UInt8(ascii: "/")
    private static let tilde = UInt8(ascii: "~")

    /// A token as the index of a list: digits without a leading zero (RFC 6901 §4).
    static func index(_ token: String) -> Int? {
        guard token == "0" || !token.hasPrefix("0"), token.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            return nil
        }
        return Int(token)
    }

    var leadsNowhere: HydraError { .malformed("The path '\(self.text)' leads to nothing that can be patched so.") }
}
