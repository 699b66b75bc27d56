extension String {
    /// Whether both strings are the same UTF-8 bytes.
    ///
    /// `==` on `String` is canonical equivalence: a composed and a decomposed "é" are equal to it, and so are KELVIN SIGN and
    /// "K". Identifiers, scopes and member names are compared by code units (RFC 8259 §8.3), so none of them may use `==`.
    @inlinable
    package func hasSameOctets(as other: String) -> Bool {
        // The count is in the string itself and tells most strings apart without touching their bytes.
        self.utf8.count == other.utf8.count && self.utf8.span.hasSameOctets(as: other.utf8.span)
    }

    /// The beginning of the text, cut between scalars: for a stranger's words where ours must stay short.
    ///
    /// `prefix` counts characters, and with combining marks a single one may be of any length.
    package func beginning(octetsMax: Int) -> String {
        guard self.utf8.count > octetsMax else { return self }
        var end = self.utf8.index(self.utf8.startIndex, offsetBy: octetsMax)
        while self.utf8[end] & 0xC0 == 0x80 { end = self.utf8.index(before: end) }
        return String(self.unicodeScalars[..<end])
    }
}

extension Span<UInt8> {
    /// Whether both spans hold the same bytes.
    ///
    /// Not constant-time: for secrets there is ``SecretBytes``.
    @inlinable
    package func hasSameOctets(as other: Span<UInt8>) -> Bool {
        guard self.count == other.count else { return false }
        for index in self.indices where self[index] != other[index] { return false }
        return true
    }

    /// Whether the span begins with all bytes of `prefix`.
    @inlinable
    package func hasOctetPrefix(_ prefix: Span<UInt8>) -> Bool {
        guard self.count >= prefix.count else { return false }
        for index in prefix.indices where self[index] != prefix[index] { return false }
        return true
    }

    /// Whether a control stands here that no field value can carry: C0 but tab, or DEL (RFC 9110 §5.5).
    package var holdsControl: Bool {
        for index in self.indices where self[index] < 0x20 && self[index] != 0x09 || self[index] == 0x7F { return true }
        return false
    }

    /// A copy of the bytes.
    @inlinable
    package func copied() -> [UInt8] {
        // One memory copy; the pointer does not outlive it.
        unsafe self.withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    /// The bytes as text, or `nil` when they are not UTF-8.
    @inlinable
    package func validatedText() -> String? {
        guard let text = try? UTF8Span(validating: self) else { return nil }
        return String(copying: text)
    }
}

extension [UInt8] {
    /// Adds the bytes of a span.
    @inlinable
    package mutating func append(octets: Span<UInt8>) {
        // One memory copy; the pointer does not outlive it.
        unsafe octets.withUnsafeBufferPointer { unsafe self.append(contentsOf: $0) }
    }
}
