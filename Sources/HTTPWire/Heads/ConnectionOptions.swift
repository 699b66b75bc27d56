/// What the `Connection` fields say (RFC 9110 §7.6.1).
@usableFromInline package struct ConnectionOptions: OptionSet, Sendable, Hashable {
    @usableFromInline package let rawValue: UInt8

    @inlinable
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    @inlinable package static var close: ConnectionOptions { ConnectionOptions(rawValue: 1) }
    @inlinable package static var keepAlive: ConnectionOptions { ConnectionOptions(rawValue: 2) }
    @inlinable package static var upgrade: ConnectionOptions { ConnectionOptions(rawValue: 4) }
    /// At least one other option: some field may be nominated as hop-by-hop.
    @inlinable package static var nominations: ConnectionOptions { ConnectionOptions(rawValue: 8) }
    /// More members than `membersMax`: such a message is not passed on.
    @inlinable package static var tooMany: ConnectionOptions { ConnectionOptions(rawValue: 16) }

    /// Each field of a message is held against each member, so their number is bounded: without that, one head of 64 KiB
    /// that is mostly `Connection` would cost a thousand times what its bytes do.
    ///
    /// Clients nominate one or two; whoever needs more than this is not talking to us.
    package static let membersMax = 32
}

extension ConnectionOptions {
    /// Reads all `Connection` fields of a head.
    ///
    /// A member that is no token names no field and no option, so it counts as a nomination that meets nothing.
    init(_ fields: borrowing FieldIndex, in bytes: Span<UInt8>) {
        self = []
        guard fields.kinds.contains(.connection) else { return }
        var count = 0
        for index in 0..<fields.all.count where fields.all[index].kind == .connection {
            var members = ListMembers(bytes.slice(fields.all[index].value))
            while let range = members.next() {
                let member = members.bytes.slice(range)
                count += 1
                if member.equalsIgnoringCase("close") {
                    self.insert(.close)
                } else if member.equalsIgnoringCase("keep-alive") {
                    self.insert(.keepAlive)
                } else if member.equalsIgnoringCase("upgrade") {
                    self.insert(.upgrade)
                } else {
                    self.insert(.nominations)
                }
            }
        }
        if count > Self.membersMax { self.insert(.tooMany) }
    }
}

/// The members of a comma-separated list, whitespace trimmed and empty ones left out (RFC 9110 §5.6.1.2).
///
/// Commas are all it knows: only for fields whose members are tokens.
package struct ListMembers: ~Escapable {
    package let bytes: Span<UInt8>
    private var position = 0

    @_lifetime(copy bytes)
    package init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    /// The next member's range in `bytes`.
    package mutating func next() -> ByteRange? {
        while self.position < self.bytes.count {
            let lower = self.position
            var comma = lower
            while comma < self.bytes.count && self.bytes[comma] != 0x2C { comma += 1 }
            self.position = comma + 1
            let member = self.bytes.trimmed(lower, comma)
            if !member.isEmpty { return member }
        }
        return nil
    }
}

extension Span<UInt8> {
    /// A range without the spaces and tabs at its ends; when nothing else is in it, the empty range at its end.
    @inline(__always)
    func trimmed(_ lower: Int, _ upper: Int) -> ByteRange {
        var lower = lower
        var upper = upper
        while lower < upper && self[lower].isWhitespace { lower &+= 1 }
        while lower < upper && self[upper &- 1].isWhitespace { upper &-= 1 }
        return ByteRange(lower, upper)
    }
}

extension FieldIndex {
    /// Whether a `Connection` field among these names this field, in any case.
    package func nominates(_ name: Span<UInt8>, in bytes: Span<UInt8>) -> Bool {
        guard self.kinds.contains(.connection) else { return false }
        for index in 0..<self.all.count where self.all[index].kind == .connection {
            var members = ListMembers(bytes.slice(self.all[index].value))
            while let range = members.next() {
                if members.bytes.slice(range).equalsIgnoringCase(name) { return true }
            }
        }
        return false
    }
}
