/// `application/x-www-form-urlencoded` as OAuth uses it (RFC 6749 appendix B): UTF-8, `+` for a space, `%XX` for the rest.
public struct FormURLEncoded: Sendable {
    public struct Parameter: Sendable {
        public let name: String
        public let value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Why bytes are not a form.
    public enum Failure: Error, Sendable, Hashable { case malformedEscape, notUTF8, notEncoded, tooManyParameters }

    /// How many parameters are read: no OAuth request has more than a dozen.
    public static let parametersMax = 100

    /// In the order they were written; a name may occur more than once, which OAuth forbids (RFC 6749 §3.1).
    public var parameters: [Parameter]

    public init(_ parameters: [Parameter] = []) { self.parameters = parameters }

    /// Reads a body strictly: cut or non-hexadecimal escapes, bytes that are not UTF-8 and control bytes are errors.
    public init(parsing bytes: Span<UInt8>) throws(Failure) {
        self.parameters = []
        var start = 0
        while start < bytes.count {
            var end = start
            var equals: Int?
            while end < bytes.count, bytes[end] != UInt8(ascii: "&") {
                if equals == nil, bytes[end] == UInt8(ascii: "=") { equals = end }
                end += 1
            }
            if end > start {
                guard self.parameters.count < Self.parametersMax else { throw .tooManyParameters }
                let nameEnd = equals ?? end
                let valueStart = equals.map { $0 + 1 } ?? end
                self.parameters.append(
                    Parameter(
                        name: try Self.decodeText(bytes.extracting(start..<nameEnd)),
                        value: try Self.decodeText(bytes.extracting(valueStart..<end))))
            }
            start = end + 1
        }
    }

    public init(parsing bytes: [UInt8]) throws(Failure) {
        try self.init(parsing: bytes.span)
    }

    /// Every value given for a name, in order.
    public func values(of name: String) -> [String] {
        self.parameters.filter { $0.name.hasSameOctets(as: name) }.map(\.value)
    }

    /// The value of a name that occurs once; `nil` when it is absent or repeated.
    public func soleValue(of name: String) -> String? {
        let values = self.values(of: name)
        return values.count == 1 ? values[0] : nil
    }

    /// Whether any name occurs more than once, which makes a request invalid (RFC 6749 §3.1, §3.2).
    public func isRepeated(_ name: String) -> Bool { self.values(of: name).count > 1 }

    /// The form as a body.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        for parameter in self.parameters { Self.append(parameter.name, parameter.value.utf8.span, to: &bytes) }
        return bytes
    }
}

extension FormURLEncoded {
    /// One value in encoded form.
    public static func encode(_ bytes: Span<UInt8>) -> [UInt8] {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(bytes.count)
        Self.appendEncoded(bytes, to: &encoded)
        return encoded
    }

    public static func encode(_ text: String) -> String {
        String(decoding: Self.encode(text.utf8.span), as: UTF8.self)
    }

    /// Undoes ``encode(_:)`` strictly.
    public static func decode(_ bytes: Span<UInt8>) throws(Failure) -> [UInt8] {
        try Self.decode(bytes, takingSpaces: false)
    }

    /// The same, and a space may stand for itself where it says so: whoever wrote it may not have encoded at all.
    static func decode(_ bytes: Span<UInt8>, takingSpaces: Bool) throws(Failure) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "+"):
                decoded.append(0x20)
            case UInt8(ascii: "%"):
                guard index + 2 < bytes.count, let high = bytes[index + 1].hexDigitValue,
                    let low = bytes[index + 2].hexDigitValue
                else { throw .malformedEscape }
                decoded.append(high << 4 | low)
                index += 2
            case 0x20 where takingSpaces:
                decoded.append(byte)
            case 0..<0x21, 0x7F:
                throw .notEncoded
            default:
                decoded.append(byte)
            }
            index += 1
        }
        return decoded
    }

    /// Adds `name=value`, with `&` in front if something stands there already.
    static func append(_ name: String, _ value: Span<UInt8>, to bytes: inout [UInt8]) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
        Self.appendEncoded(name.utf8.span, to: &bytes)
        bytes.append(UInt8(ascii: "="))
        Self.appendEncoded(value, to: &bytes)
    }

    private static func appendEncoded(_ value: Span<UInt8>, to bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + value.count)
        var start = 0
        while true {
            let end = Self.endOfUnreserved(value, from: start)
            bytes.append(octets: value.extracting(start..<end))
            guard end < value.count else { return }
            let byte = value[end]
            if byte == 0x20 {
                bytes.append(UInt8(ascii: "+"))
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(.upperHexDigit(byte >> 4))
                bytes.append(.upperHexDigit(byte & 0xF))
            }
            start = end + 1
        }
    }

    /// Where the bytes end that stand for themselves.
    private static func endOfUnreserved(_ value: Span<UInt8>, from start: Int) -> Int {
        var end = start
        while end < value.count {
            switch value[end] {
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "*"): end += 1
            case let byte where byte.isAlphanumeric: end += 1
            default: return end
            }
        }
        return end
    }

    private static func decodeText(_ bytes: Span<UInt8>) throws(Failure) -> String {
        let decoded = try Self.decode(bytes)
        guard let text = decoded.span.validatedText() else { throw .notUTF8 }
        return text
    }
}

extension FormURLEncoded.Parameter: Equatable, CustomStringConvertible, CustomReflectable {
    public static func == (left: Self, right: Self) -> Bool {
        left.name.hasSameOctets(as: right.name) && left.value.hasSameOctets(as: right.value)
    }

    // Forms carry tokens and secrets: only the length of a value is ever shown.
    public var description: String { "\(self.name)=(\(self.value.utf8.count) bytes)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
