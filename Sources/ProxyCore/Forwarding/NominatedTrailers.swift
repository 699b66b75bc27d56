package import HTTPWire
import OAuthModel

/// What a message's `Connection` fields say, kept until its trailers arrive: a nomination covers the trailer field of that
/// name as it does the header field (RFC 9110 §7.6.1), and the head is gone by then.
package struct NominatedTrailers: Sendable {
    /// No more than `ConnectionOptions.membersMax`.
    private let names: [[UInt8]]

    package static let none = NominatedTrailers(names: [])

    private init(names: [[UInt8]]) { self.names = names }

    package init(_ head: borrowing RequestHead) {
        self.init(head.index.fieldIndex, head.index.connection, in: head.bytes)
    }

    package init(_ head: borrowing ResponseHead) {
        self.init(head.index.fieldIndex, head.index.connection, in: head.bytes)
    }

    private init(_ fields: borrowing FieldIndex, _ options: ConnectionOptions, in bytes: Span<UInt8>) {
        self.names = NominatedFields(fields, options, in: bytes).names.map { bytes.slice($0).copied() }
    }

    func contains(_ name: Span<UInt8>) -> Bool {
        for nominated in self.names where nominated.span.equalsIgnoringCase(name) { return true }
        return false
    }
}
