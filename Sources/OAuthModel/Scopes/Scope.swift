/// One scope: the `scope-token` of RFC 6749 §3.3, printable ASCII without space, `"` and `\`.
public struct Scope: Sendable {
    public let text: String

    public init?(_ text: String) {
        guard Self.isScopeToken(text.utf8.span) else { return nil }
        self.text = text
    }

    /// `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 §3.3).
    public static func isScopeToken(_ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices {
            switch bytes[index] {
            case 0x21, 0x23...0x5B, 0x5D...0x7E: continue
            default: return false
            }
        }
        return bytes.count > 0
    }
}

extension Scope: Hashable, CustomStringConvertible {
    // Scope tokens are ASCII, where String's equality is equality of bytes.
    public static func == (left: Scope, right: Scope) -> Bool { left.text == right.text }
    public func hash(into hasher: inout Hasher) { hasher.combine(self.text) }
    public var description: String { self.text }
}
