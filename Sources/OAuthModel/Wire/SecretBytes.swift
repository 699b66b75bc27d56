/// A secret in memory: compared in constant time, never printed.
public struct SecretBytes: Sendable {
    /// The secret itself; for the one place that has to send or hash it.
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public init(_ text: String) { self.bytes = Array(text.utf8) }

    public var count: Int { self.bytes.count }
    public var isEmpty: Bool { self.bytes.isEmpty }

    /// The secret as text, for whoever has to send it as such; what is not UTF-8 becomes U+FFFD.
    public var text: String { String(decoding: self.bytes, as: UTF8.self) }
}

extension SecretBytes: Equatable {
    /// Takes as long for a difference in the first byte as in the last; only the length shows.
    public static func == (left: SecretBytes, right: SecretBytes) -> Bool {
        Self.areEqualInConstantTime(left.bytes.span, right.bytes.span)
    }

    package static func areEqualInConstantTime(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "SecretBytes(\(self.bytes.count) bytes)" }
    public var debugDescription: String { self.description }
    /// Empty, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
