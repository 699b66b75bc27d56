import HTTPWire

/// The field names that a message's `Connection` fields nominate as hop-by-hop (RFC 9110 §7.6.1), read once.
struct NominatedFields {
    private var names = InlineArray<32, ByteRange>(repeating: .empty)
    private(set) var count = 0

    /// Reads as many as a message that is passed on may have (`ConnectionOptions.membersMax`); none of what says `tooMany`
    /// comes here.
    init(_ fields: borrowing FieldIndex, in bytes: Span<UInt8>) {
        for index in 0..<fields.all.count where fields.all[index].kind == .connection {
            let start = fields.all[index].value.lower
            var members = ListMembers(bytes.slice(fields.all[index].value))
            while self.count < self.names.count, let range = members.next() {
                self.names[self.count] = ByteRange(lower: start + range.lower, upper: start + range.upper)
                self.count += 1
            }
        }
    }

    /// Where a name lies in the message's bytes.
    subscript(index: Int) -> ByteRange { self.names[index] }

    func contains(_ name: Span<UInt8>, of bytes: Span<UInt8>) -> Bool {
        for index in 0..<self.count where bytes.slice(self.names[index]).equalsIgnoringCase(name) { return true }
        return false
    }
}
