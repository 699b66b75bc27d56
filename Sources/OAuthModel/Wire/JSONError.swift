/// Why bytes are not a JSON text we accept, and where.
public struct JSONError: Error, Sendable, Hashable {
    public enum Reason: Sendable, Hashable, CaseIterable {
        case tooLarge
        case tooDeep
        case endsEarly
        case unexpectedByte
        case byteOrderMark
        case malformedNumber
        case exponentTooLong
        case notUTF8
        case controlCharacter
        case malformedEscape
        case loneSurrogate
        case duplicateMember
        case trailingBytes
    }

    public let reason: Reason
    /// Offset of the byte at which reading stopped.
    public let offset: Int

    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

/// How much of a JSON text is read at all.
public struct JSONLimits: Sendable, Hashable {
    /// Arrays and objects inside each other.
    public let depth: Int
    /// Bytes of the whole text.
    public let bytes: Int

    /// The reader calls itself once a level; more levels than this are never read, whatever was asked for, so that the stack
    /// stays small on every thread.
    public static let depthMax = 128

    /// A quarter of a gigabyte: offsets into a text and what follows it are kept in 29 bits.
    public static let bytesMax = 1 << 28

    public init(depth: Int = 32, bytes: Int = 65_536) {
        self.depth = min(max(depth, 0), Self.depthMax)
        self.bytes = min(bytes, Self.bytesMax - 1)
    }

    /// 32 levels, 64 KiB: more than any token, key set or introspection answer needs.
    public static let standard = JSONLimits()
}
