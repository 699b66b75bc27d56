import HTTPWire

/// The field names that a request's `Connection` fields nominate as hop-by-hop (RFC 9110 §7.6.1), read once.
///
/// Every field is held against every name, so their number is bounded: without that, one head of 64 KiB that is mostly
/// `Connection` would cost a thousand times what its bytes do.
struct NominatedFields {
    /// Clients nominate one or two; whoever needs more than this is not talking to us.
    static let namesMax = 32

    private var names = InlineArray<32, ByteRange>(repeating: .empty)
    private var count = 0

    /// Nil when nothing is nominated, which is the usual case.
    init?(_ head: borrowing RequestHead) throws(Refusal) {
        guard head.index.connection.contains(.nominations) else { return nil }
        let fields = head.index.fields
        for index in 0..<fields.count where fields[index].kind == .connection {
            var members = ListMembers(head.value(fields[index]))
            while let range = members.next() {
                guard self.count < Self.namesMax else { throw .tooManyConnectionOptions }
                let start = fields[index].value.lower
                self.names[self.count] = ByteRange(lower: start + range.lower, upper: start + range.upper)
                self.count += 1
            }
        }
    }

    func contains(_ name: Span<UInt8>, of bytes: Span<UInt8>) -> Bool {
        for index in 0..<self.count where bytes.slice(self.names[index]).equalsIgnoringCase(name) { return true }
        return false
    }
}
