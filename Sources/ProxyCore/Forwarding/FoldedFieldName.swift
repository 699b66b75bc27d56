import HTTPWire

/// A field name as CGI-like backends see it: ASCII lower case, every byte but letters and digits as `-`.
///
/// Names are compared in this form wherever a look-alike could be taken for the real one (SPEC §5 "Field names").
package struct FoldedFieldName: Sendable, Hashable, CustomStringConvertible {
    package let bytes: [UInt8]

    package init(folding name: Span<UInt8>) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(name.count)
        for index in 0..<name.count { bytes.append(name[index].foldedAsFieldName) }
        self.bytes = bytes
    }

    package init(folding name: String) {
        self.bytes = name.utf8.map(\.foldedAsFieldName)
    }

    package var description: String { String(decoding: self.bytes, as: UTF8.self) }

    /// Whether a name folds to this one.
    func matches(_ name: Span<UInt8>) -> Bool {
        guard name.count == self.bytes.count else { return false }
        for index in 0..<name.count where name[index].foldedAsFieldName != self.bytes[index] { return false }
        return true
    }
}

extension UInt8 {
    @inline(__always)
    var foldedAsFieldName: UInt8 {
        let lower = self.loweredASCII
        return lower &- 0x61 < 26 || lower.isASCIIDigit ? lower : 0x2D
    }
}

/// The names under which only we speak: no client field that folds to one of them is ever passed on.
package struct ReservedFieldNames: Sendable {
    /// All names, one after the other by length: names of one length lie side by side.
    private let names: [FoldedFieldName]
    /// Bit `min(length, 63)` for each length that occurs.
    private let lengths: UInt64
    /// Bit for each first byte (`& 63`) that occurs.
    private let firstBytes: UInt64

    /// The six defaults, always, and every name of any route's `subject_headers`.
    package init(routes: [Route]) {
        var names = SubjectFieldSet.standard.names
        for route in routes {
            for name in route.subjectFields.names where !names.contains(name) { names.append(name) }
        }
        self.names = names.sorted { $0.bytes.count < $1.bytes.count }
        self.lengths = names.reduce(0) { $0 | Self.lengthBit($1.bytes.count) }
        self.firstBytes = names.reduce(0) { $0 | Self.firstByteBit($1.bytes[0]) }
    }

    /// Whether a field name folds to a reserved one.
    package func contains(name: Span<UInt8>) -> Bool {
        guard name.count > 0, self.lengths & Self.lengthBit(name.count) != 0,
            self.firstBytes & Self.firstByteBit(name[0].foldedAsFieldName) != 0
        else { return false }
        for index in 0..<self.names.count where self.names[index].matches(name) { return true }
        return false
    }

    package var all: [FoldedFieldName] { self.names }

    @inline(__always)
    private static func lengthBit(_ length: Int) -> UInt64 { 1 &<< UInt64(min(length, 63)) }
    @inline(__always)
    private static func firstByteBit(_ byte: UInt8) -> UInt64 { 1 &<< UInt64(byte & 63) }
}
