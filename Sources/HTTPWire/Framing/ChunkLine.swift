/// A chunk's size line, octet by octet (RFC 9112 §7.1, §7.1.1).
///
///     chunk-size [ chunk-ext ] CRLF
///     chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
///
/// Extensions mean nothing to us, but a line that another recipient would end elsewhere does: hence their grammar.
struct ChunkLine: Sendable {
    private var size: UInt64 = 0
    private var digits = 0
    private var octetsLeft: Int
    private var phase = Phase.size

    private enum Phase: UInt8 {
        case size
        /// Whitespace behind the size or a complete extension: only `;` may follow.
        case beforeSemicolon
        case beforeName, name
        /// Whitespace behind a name: `=` or `;` may follow.
        case afterName
        case beforeValue, token, quoted, escaped
        /// Behind a quoted value.
        case afterQuoted
        case lineFeed
    }

    /// Sixteen digits fill 64 bits; more would only be zeros in front.
    private static let digitsMax = 16

    init(limit: Int) {
        self.octetsLeft = limit
    }

    /// Takes one octet; the size once the line is complete.
    mutating func take(_ octet: UInt8) throws(WireError) -> UInt64? {
        if self.phase == .lineFeed {
            guard octet == 0x0A else { throw .bareCarriageReturn }
            return self.size
        }
        if octet == 0x0D {
            guard self.mayEndHere else { throw self.digits == 0 ? .invalidChunkSize : .invalidChunkExtension }
            self.phase = .lineFeed
            return nil
        }
        guard self.octetsLeft > 0 else { throw .chunkLineTooLong }
        self.octetsLeft -= 1
        if self.phase == .size {
            try self.takeSize(octet)
        } else {
            guard octet != 0x0A else { throw .bareLineFeed }
            guard let next = self.afterExtension(octet) else { throw .invalidChunkExtension }
            self.phase = next
        }
        return nil
    }

    private var mayEndHere: Bool {
        switch self.phase {
        case .size: self.digits > 0
        case .name, .token, .afterQuoted: true
        case .beforeSemicolon, .beforeName, .afterName, .beforeValue, .quoted, .escaped, .lineFeed: false
        }
    }

    private mutating func takeSize(_ octet: UInt8) throws(WireError) {
        if let digit = octet.hexadecimalValue {
            guard self.digits < Self.digitsMax else { throw .chunkTooLong }
            self.digits += 1
            self.size = self.size << 4 | UInt64(digit)
            guard self.size <= UInt64(Int64.max) else { throw .chunkTooLong }
            return
        }
        guard octet != 0x0A else { throw .bareLineFeed }
        guard self.digits > 0 else { throw .invalidChunkSize }
        if octet == 0x3B {
            self.phase = .beforeName
        } else if octet.isWhitespace {
            self.phase = .beforeSemicolon
        } else {
            throw .invalidChunkSize
        }
    }

    /// The phase behind an octet of the extensions; nil when it may not stand there.
    private func afterExtension(_ octet: UInt8) -> Phase? {
        switch self.phase {
        case .beforeSemicolon:
            return octet == 0x3B ? .beforeName : octet.isWhitespace ? .beforeSemicolon : nil
        case .beforeName:
            return octet.isWhitespace ? .beforeName : OctetSet.token.contains(octet) ? .name : nil
        case .name:
            if OctetSet.token.contains(octet) { return .name }
            return octet == 0x3D ? .beforeValue : octet == 0x3B ? .beforeName : octet.isWhitespace ? .afterName : nil
        case .afterName:
            return octet == 0x3D ? .beforeValue : octet == 0x3B ? .beforeName : octet.isWhitespace ? .afterName : nil
        case .beforeValue:
            if octet.isWhitespace { return .beforeValue }
            return octet == 0x22 ? .quoted : OctetSet.token.contains(octet) ? .token : nil
        case .token:
            if OctetSet.token.contains(octet) { return .token }
            return octet == 0x3B ? .beforeName : octet.isWhitespace ? .beforeSemicolon : nil
        case .quoted:
            guard octet.isFieldValueOctet else { return nil }
            return octet == 0x22 ? .afterQuoted : octet == 0x5C ? .escaped : .quoted
        case .escaped:
            return octet.isFieldValueOctet ? .quoted : nil
        case .afterQuoted:
            return octet == 0x3B ? .beforeName : octet.isWhitespace ? .beforeSemicolon : nil
        case .size, .lineFeed:
            return nil
        }
    }
}
