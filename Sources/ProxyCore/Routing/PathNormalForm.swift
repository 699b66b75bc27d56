import HTTPWire

/// The one form of a path that is matched and forwarded (SPEC §5 "Paths").
///
/// Escapes of unreserved characters are decoded and hexadecimal digits written in upper case (RFC 3986 §6.2.2.1–2);
/// what two readers could take for two paths is refused, never repaired.
struct PathNormalForm {
    /// Some segment holds a `;`: only routes that allow path parameters may take it.
    private(set) var hasPathParameters = false
    /// The normal form where it is not what came; nil is the usual case and costs no memory.
    private(set) var rewritten: [UInt8]?

    /// Judges and, where needed, rewrites a path that begins with `/`.
    init(_ path: Span<UInt8>) throws(TargetProblem) {
        guard path.count > 0, path[0] == 0x2F else { throw .form }
        if Self.isPlain(path) { return }
        var needsRewriting = false
        var escapes = EscapedUTF8()
        var index = 0
        while index < path.count {
            let byte = path[index]
            if byte == 0x25 {
                let decoded = try Self.decode(path, at: index)
                guard !Self.isAmbiguous(decoded) else { throw .ambiguousEscape }
                guard escapes.feed(decoded) else { throw .notUTF8 }
                if OctetSet.unreserved.contains(decoded) || Self.hasLowerHex(path, at: index) { needsRewriting = true }
                index &+= 3
                continue
            }
            guard escapes.isComplete else { throw .notUTF8 }
            guard OctetSet.path.contains(byte) else { throw .forbiddenByte }
            if byte == 0x3B { self.hasPathParameters = true }
            index &+= 1
        }
        guard escapes.isComplete else { throw .notUTF8 }
        if needsRewriting {
            let normal = Self.rewrite(path)
            try Self.judgeSegments(normal.span)
            self.rewritten = normal
        } else {
            try Self.judgeSegments(path)
        }
    }

    /// Whether a path is in normal form at a glance: unreserved characters between single slashes, no segment that
    /// begins with a dot.
    ///
    /// What is not so plain is judged octet by octet.
    private static func isPlain(_ path: Span<UInt8>) -> Bool {
        guard path.endOfPathOctets(from: 0, to: path.count) == path.count else { return false }
        var index = 0
        // Each octet of a word is held against the one behind it.
        while index &+ 9 <= path.count {
            guard Self.isPlain(path, at: index) else { return false }
            index &+= 8
        }
        if path.count >= 9 { return Self.isPlain(path, at: path.count &- 9) }
        while index &+ 1 < path.count {
            guard path[index] != 0x2F || !(path[index &+ 1] == 0x2F || path[index &+ 1] == 0x2E) else { return false }
            index &+= 1
        }
        return true
    }

    /// Whether no slash among the eight octets at `index` has a slash or a dot behind it.
    @inline(__always)
    private static func isPlain(_ path: Span<UInt8>, at index: Int) -> Bool {
        let next = OctetWord(bits: path.word(at: index &+ 1))
        return OctetWord(bits: path.word(at: index)).exactlyEqual(to: 0x2F)
            & (next.exactlyEqual(to: 0x2F) | next.exactlyEqual(to: 0x2E)) == 0
    }

    /// Refuses empty segments before the last, dot segments, and both of them before a `;`.
    private static func judgeSegments(_ path: Span<UInt8>) throws(TargetProblem) {
        var start = 1
        while true {
            var end = start
            var parameters = -1
            while end < path.count && path[end] != 0x2F {
                if path[end] == 0x3B && parameters < 0 { parameters = end }
                end &+= 1
            }
            let nameEnd = parameters < 0 ? end : parameters
            if nameEnd == start && (parameters >= 0 || end < path.count) { throw .emptySegment }
            if nameEnd &- start <= 2 && nameEnd > start && path[start] == 0x2E
                && (nameEnd &- start == 1 || path[start &+ 1] == 0x2E)
            {
                throw .dotSegment
            }
            guard end < path.count else { return }
            start = end &+ 1
        }
    }

    private static func decode(_ path: Span<UInt8>, at index: Int) throws(TargetProblem) -> UInt8 {
        guard index + 2 < path.count, let high = path[index + 1].hexadecimalValue,
            let low = path[index + 2].hexadecimalValue
        else { throw .cutEscape }
        return high << 4 | low
    }

    /// Control bytes and the bytes that split a path or end it.
    private static func isAmbiguous(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00..<0x20, 0x7F, 0x2F, 0x5C, 0x3F, 0x23, 0x3B: true
        default: false
        }
    }

    private static func hasLowerHex(_ path: Span<UInt8>, at index: Int) -> Bool {
        path[index + 1] >= 0x61 || path[index + 2] >= 0x61
    }

    /// The caller has seen that every escape is whole.
    private static func rewrite(_ path: Span<UInt8>) -> [UInt8] {
        var normal: [UInt8] = []
        normal.reserveCapacity(path.count)
        var index = 0
        while index < path.count {
            guard path[index] == 0x25, let high = path[index + 1].hexadecimalValue,
                let low = path[index + 2].hexadecimalValue
            else {
                normal.append(path[index])
                index += 1
                continue
            }
            let decoded = high << 4 | low
            if OctetSet.unreserved.contains(decoded) {
                normal.append(decoded)
            } else {
                normal.append(0x25)
                normal.append(Self.upperHex(high))
                normal.append(Self.upperHex(low))
            }
            index += 3
        }
        return normal
    }

    /// A path in normal form as most services read it: its reserved characters decoded as well, and each segment without
    /// its parameters; nil when that is the path itself.
    static func asServicesRead(_ path: Span<UInt8>) -> [UInt8]? {
        guard path.contains(0x25) || path.contains(0x3B) else { return nil }
        var reading: [UInt8] = []
        reading.reserveCapacity(path.count)
        var index = 0
        while index < path.count {
            if path[index] == 0x3B {
                while index < path.count && path[index] != 0x2F { index += 1 }
            } else if path[index] == 0x25, index + 2 < path.count, let high = path[index + 1].hexadecimalValue,
                let low = path[index + 2].hexadecimalValue, Self.isReserved(high << 4 | low)
            {
                reading.append(high << 4 | low)
                index += 3
            } else {
                reading.append(path[index])
                index += 1
            }
        }
        return reading.count < path.count ? reading : nil
    }

    /// What may stand in a path bare and escaped, and is the same to most who read it: `pchar` beyond the unreserved
    /// (RFC 3986 §3.3) but `;`, of which no escape is accepted.
    static func isReserved(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x21, 0x24, 0x26...0x2C, 0x3A, 0x3D, 0x40: true
        default: false
        }
    }

    static func upperHex(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x37 + nibble }
}

/// Whether the bytes that escapes stand for are UTF-8 (RFC 3629 §4); a raw byte between two of one character ends it.
struct EscapedUTF8 {
    private var pending = 0
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    var isComplete: Bool { self.pending == 0 }

    /// False when the byte cannot come here.
    mutating func feed(_ byte: UInt8) -> Bool {
        if self.pending > 0 {
            guard self.lower...self.upper ~= byte else { return false }
            self.pending -= 1
            self.lower = 0x80
            self.upper = 0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: self.pending = 1
        case 0xE0: (self.pending, self.lower) = (2, 0xA0)
        case 0xE1...0xEC, 0xEE...0xEF: self.pending = 2
        case 0xED: (self.pending, self.upper) = (2, 0x9F)
        case 0xF0: (self.pending, self.lower) = (3, 0x90)
        case 0xF1...0xF3: self.pending = 3
        case 0xF4: (self.pending, self.upper) = (3, 0x8F)
        default: return false
        }
        return true
    }
}
