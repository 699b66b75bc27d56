import HTTPWire

/// The field names that a message's `Connection` fields nominate as hop-by-hop (RFC 9110 §7.6.1), read once.
struct NominatedFields {
    /// Where the names lie in the message's bytes: no more than `ConnectionOptions.membersMax`, and as a rule none.
    let names: [ByteRange]

    /// Of a message that is passed on: whatever says `tooMany` has been refused.
    init(_ fields: borrowing FieldIndex, _ options: ConnectionOptions, in bytes: Span<UInt8>) {
        guard options.contains(.nominations) else {
            self.names = []
            return
        }
        var names: [ByteRange] = []
        for index in 0..<fields.all.count where fields.all[index].kind == .connection {
            let start = fields.all[index].value.lower
            var members = ListMembers(bytes.slice(fields.all[index].value))
            while names.count < ConnectionOptions.membersMax, let range = members.next() {
                names.append(ByteRange(lower: start + range.lower, upper: start + range.upper))
            }
        }
        self.names = names
    }

    func contains(_ name: Span<UInt8>, of bytes: Span<UInt8>) -> Bool {
        for index in self.names.indices where bytes.slice(self.names[index]).equalsIgnoringCase(name) { return true }
        return false
    }
}
