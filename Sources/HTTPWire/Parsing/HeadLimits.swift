/// How much of a message head is read before it is refused; every number is configurable, in bytes unless said.
package struct HeadLimits: Sendable, Hashable {
    /// The whole head with its last CRLF and the empty lines before it.
    package var head: Int = 65_536
    /// One field line, and the status line of a response, without CRLF.
    package var field: Int = 16_384
    /// Field lines.
    package var fields: Int = 100
    /// The request target.
    package var target: Int = 8_192
    /// Empty lines before a request line: one or two are what old clients send after a body (RFC 9112 §2.2).
    package var emptyLines: Int = 2
    /// A chunk size with its extensions, without CRLF.
    package var chunkLine: Int = 4_096
    /// A whole trailer section with its last CRLF.
    package var trailers: Int = 8_192
    /// Field lines of a trailer section.
    package var trailerFields: Int = 32

    package init() {}

    /// A longer method is none that anyone registered (RFC 9112 §3 asks for 501 then).
    static let methodBytesMax = 64

    /// The longest registered field name has under 60 bytes; an endless name is refused long before an endless line.
    static let fieldNameBytesMax = 256
}

/// Whether a parser has its head.
package enum ParseProgress: Sendable, Hashable {
    /// Call again with the same bytes and more behind them.
    case needMore
    /// The index is valid; whatever is behind `byteCount` belongs to what follows.
    case complete
}
