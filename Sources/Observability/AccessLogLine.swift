/// One access log line in the making: names are fixed, values are escaped, so that nothing a client sends can forge a
/// line or a field (SPEC §8).
package struct AccessLogLine: Sendable {
    private var bytes: [UInt8] = []
    private let format: AccessLog.Format
    private var isFirst = true

    package init(format: AccessLog.Format) {
        self.format = format
        self.bytes.reserveCapacity(512)
        if format == .json { self.bytes.append(UInt8(ascii: "{")) }
    }

    package mutating func add(_ name: StaticString, _ value: [UInt8]) {
        self.begin(name)
        self.appendQuoted(value)
    }

    package mutating func add(_ name: StaticString, _ value: String) {
        self.begin(name)
        self.appendQuoted(Array(value.utf8))
    }

    package mutating func add(_ name: StaticString, _ value: StaticString) {
        self.begin(name)
        self.bytes.append(UInt8(ascii: "\""))
        value.withUTF8Buffer { unsafe self.bytes.append(contentsOf: $0) }
        self.bytes.append(UInt8(ascii: "\""))
    }

    package mutating func add(_ name: StaticString, _ number: UInt64) {
        self.begin(name)
        self.bytes.append(contentsOf: String(number).utf8)
    }

    /// Eight bytes as sixteen digits.
    package mutating func add(_ name: StaticString, hexadecimal number: UInt64) {
        self.begin(name)
        self.bytes.append(UInt8(ascii: "\""))
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            self.bytes.append(Self.digits[Int(number >> shift & 0xF)])
        }
        self.bytes.append(UInt8(ascii: "\""))
    }

    /// A duration in milliseconds with three decimals.
    package mutating func add(_ name: StaticString, milliseconds nanoseconds: UInt64) {
        self.begin(name)
        let microseconds = nanoseconds / 1_000
        self.bytes.append(contentsOf: String(microseconds / 1_000).utf8)
        self.bytes.append(UInt8(ascii: "."))
        let rest = String(microseconds % 1_000)
        for _ in rest.utf8.count..<3 { self.bytes.append(UInt8(ascii: "0")) }
        self.bytes.append(contentsOf: rest.utf8)
    }

    package mutating func finish() -> [UInt8] {
        if self.format == .json { self.bytes.append(UInt8(ascii: "}")) }
        self.bytes.append(0x0A)
        return self.bytes
    }

    private mutating func begin(_ name: StaticString) {
        switch self.format {
        case .json:
            if !self.isFirst { self.bytes.append(UInt8(ascii: ",")) }
            self.bytes.append(UInt8(ascii: "\""))
            name.withUTF8Buffer { unsafe self.bytes.append(contentsOf: $0) }
            self.bytes.append(contentsOf: "\":".utf8)
        case .text:
            if !self.isFirst { self.bytes.append(UInt8(ascii: " ")) }
            name.withUTF8Buffer { unsafe self.bytes.append(contentsOf: $0) }
            self.bytes.append(UInt8(ascii: "="))
        }
        self.isFirst = false
    }

    /// Controls, quotes, backslashes and all that is not ASCII are escaped: a terminal sees only plain text, and whoever
    /// reads JSON reads the characters that were there (RFC 8259 §7).
    private mutating func appendQuoted(_ value: [UInt8]) {
        self.bytes.append(UInt8(ascii: "\""))
        if value.allSatisfy({ $0 < 0x80 }) {
            for byte in value { self.appendEscaped(UInt16(byte)) }
        } else {
            for unit in String(decoding: value, as: UTF8.self).utf16 { self.appendEscaped(unit) }
        }
        self.bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendEscaped(_ unit: UInt16) {
        switch unit {
        case 0x22, 0x5C:
            self.bytes.append(UInt8(ascii: "\\"))
            self.bytes.append(UInt8(unit))
        case 0x20...0x7E:
            self.bytes.append(UInt8(unit))
        default:
            self.bytes.append(contentsOf: "\\u".utf8)
            for shift in stride(from: 12, through: 0, by: -4) {
                self.bytes.append(Self.digits[Int(unit >> UInt16(shift) & 0xF)])
            }
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
