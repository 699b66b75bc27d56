package import HTTPWire
import OAuthModel

/// What a message's `Connection` fields say, kept until its trailers arrive: a nomination covers the trailer field of that
/// name as it does the header field (RFC 9110 §7.6.1), and the head is gone by then.
package struct NominatedTrailers: Sendable {
    /// The fields' values as they came: no more memory than the head took, however many names are in them.
    private let lists: [[UInt8]]

    package static let none = NominatedTrailers(lists: [])

    private init(lists: [[UInt8]]) { self.lists = lists }

    package init(_ head: borrowing RequestHead) {
        self.init(head.index.fieldIndex, head.index.connection, in: head.bytes)
    }

    package init(_ head: borrowing ResponseHead) {
        self.init(head.index.fieldIndex, head.index.connection, in: head.bytes)
    }

    private init(_ fields: borrowing FieldIndex, _ options: ConnectionOptions, in bytes: Span<UInt8>) {
        var lists: [[UInt8]] = []
        if options.contains(.nominations) {
            for index in 0..<fields.all.count where fields.all[index].kind == .connection {
                lists.append(bytes.slice(fields.all[index].value).copied())
            }
        }
        self.lists = lists
    }

    func contains(_ name: Span<UInt8>) -> Bool {
        for list in self.lists {
            var members = ListMembers(list.span)
            while let range = members.next() {
                if members.bytes.slice(range).equalsIgnoringCase(name) { return true }
            }
        }
        return false
    }
}
