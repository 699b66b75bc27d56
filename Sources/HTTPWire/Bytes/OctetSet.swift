/// A set of ASCII octets as two words, so that membership is a shift and not a memory access.
///
/// Octets from 0x80 on are in no set: nothing the grammar names lies there.
@usableFromInline package struct OctetSet: Sendable {
    @usableFromInline let low: UInt64
    @usableFromInline let high: UInt64

    @inlinable @inline(__always)
    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    @inlinable @inline(__always)
    package func contains(_ octet: UInt8) -> Bool {
        let half = octet & 0x40 == 0 ? self.low : self.high
        return (half &>> UInt64(octet & 0x3F)) & 1 == 1 && octet < 0x80
    }

    /// `tchar`: `` !#$%&'*+-.^_`|~ ``, digits, letters (RFC 9110 §5.6.2).
    @inlinable package static var token: OctetSet { OctetSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE) }

    /// `pchar` and `/`: unreserved, sub-delims, `:`, `@`, `%` (RFC 3986 §3.3).
    @inlinable package static var path: OctetSet { OctetSet(low: 0x2FFF_FFF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF) }

    /// Visible ASCII but `"`, `#`, `<` and `>`.
    ///
    /// More than RFC 3986 §3.4: clients do send `[`, `|` and `{` bare in a query, which is opaque to us and forwarded as
    /// it came. `#` stays out because recipients cut there or do not.
    @inlinable package static var query: OctetSet { OctetSet(low: 0xAFFF_FFF2_0000_0000, high: 0x7FFF_FFFF_FFFF_FFFF) }

    /// What an absolute-form or authority-form target may hold before its query: `path`, `[` and `]` (RFC 3986 §2.2).
    @inlinable package static var uri: OctetSet { OctetSet(low: 0x2FFF_FFF2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFF) }

    /// Unreserved: letters, digits, `-._~` (RFC 3986 §2.3).
    @inlinable package static var unreserved: OctetSet {
        OctetSet(low: 0x03FF_6000_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
    }
}
