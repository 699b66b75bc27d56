/// One value of a JSON text in eight bytes: what it is, and where it stands.
struct JSONNode: Sendable {
    /// What a value is; a name is a string.
    enum Kind: UInt32 { case null, `true`, `false`, number, string, array, object }

    /// The kind in the upper three bits, the first octet in the others.
    private let head: UInt32
    /// Octets of a string or number; of a list or object, the index of the node behind everything in it.
    private var extent: UInt32

    /// Octets that an offset reaches: room for a text and for its strings once more, which are never longer resolved.
    static let octetsMax = 2 * JSONLimits.bytesMax

    init(_ kind: Kind, start: Int = 0, count: Int = 0) {
        precondition(start < Self.octetsMax, "a text is no longer than JSONLimits.bytesMax")
        self.head = kind.rawValue << 29 | UInt32(start)
        self.extent = UInt32(count)
    }

    @inline(__always)
    var kind: Kind { Kind(rawValue: self.head >> 29) ?? .null }

    @inline(__always)
    var isContainer: Bool { self.head >> 29 >= Kind.array.rawValue }

    /// Where a string's or number's octets are.
    @inline(__always)
    var octets: Range<Int> {
        let start = Int(self.head & 0x1FFF_FFFF)
        return start..<(start + Int(self.extent))
    }

    /// The index of the node behind this one and everything in it, when it stands at `index`.
    @inline(__always)
    func end(at index: Int) -> Int { self.isContainer ? Int(self.extent) : index + 1 }

    /// A list or object is over: the next node stands behind it.
    mutating func close(before end: Int) { self.extent = UInt32(end) }
}
