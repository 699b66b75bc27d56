package import ProxyCore

extension ValueFormat where Value == Nanoseconds {
    /// A whole number and `ms`, `s`, `m` or `h`.
    package static func duration(_ range: ClosedRange<Nanoseconds>) -> ValueFormat<Nanoseconds> {
        let bounds = "\(DurationText.text(range.lowerBound))…\(DurationText.text(range.upperBound))"
        return ValueFormat("duration", range: bounds, schema: .pattern("^[0-9]+(ms|s|m|h)$")) { node, context in
            let expected = "a duration such as `500ms`, `30s`, `5m` or `1h`"
            guard let text = context.text(node, expected: expected) else { return nil }
            guard let value = DurationText.read(text) else {
                context.error("\(shown(text)) is no duration", at: node.position, remedy: "write \(expected)")
                return nil
            }
            guard range.contains(value) else {
                context.error("\(shown(text)) is out of range", at: node.position, remedy: "\(bounds)")
                return nil
            }
            return value
        }
    }
}

extension ValueFormat where Value == Int {
    /// A whole number and `B`, `KiB`, `MiB` or `GiB`, in bytes.
    package static func size(_ range: ClosedRange<Int>) -> ValueFormat<Int> {
        let bounds = "\(SizeText.text(range.lowerBound))…\(SizeText.text(range.upperBound))"
        return ValueFormat("size", range: bounds, schema: .pattern("^[0-9]+(B|KiB|MiB|GiB)$")) { node, context in
            let expected = "a size such as `512B`, `64KiB` or `16MiB`"
            guard let text = context.text(node, expected: expected) else { return nil }
            guard let value = SizeText.read(text) else {
                context.error("\(shown(text)) is no size", at: node.position, remedy: "write \(expected)")
                return nil
            }
            guard range.contains(value) else {
                context.error("\(shown(text)) is out of range", at: node.position, remedy: "\(bounds)")
                return nil
            }
            return value
        }
    }

    package static func integer(_ range: ClosedRange<Int>) -> ValueFormat<Int> {
        let bounds = "\(range.lowerBound)…\(range.upperBound)"
        return ValueFormat("integer", range: bounds, schema: .integer(range)) { node, context in
            guard case .scalar(let text, isPlain: true) = node.content, let value = DecimalDigits.read(text) else {
                context.error("\(node.kind) is no whole number", at: node.position, remedy: "write \(bounds)")
                return nil
            }
            guard range.contains(value) else {
                context.error("\(shown(text)) is out of range", at: node.position, remedy: "\(bounds)")
                return nil
            }
            return value
        }
    }
}

extension ValueFormat where Value == UInt64? {
    /// A size, or `none` for no limit.
    package static func sizeOrNone(_ range: ClosedRange<Int>) -> ValueFormat<UInt64?> {
        let size = ValueFormat<Int>.size(range)
        return ValueFormat(
            "size or `none`", range: size.range, schema: .pattern("^([0-9]+(B|KiB|MiB|GiB)|none)$")
        ) { node, context in
            if case .scalar("none", isPlain: _) = node.content { return .some(nil) }
            return size.read(node, context).map { UInt64($0) }
        }
    }
}

extension ValueFormat where Value == UInt64 {
    /// Bytes a second, written as a size and `/s`.
    package static func rate(_ range: ClosedRange<Int>) -> ValueFormat<UInt64> {
        let bounds = "\(SizeText.text(range.lowerBound))/s…\(SizeText.text(range.upperBound))/s"
        return ValueFormat("rate", range: bounds, schema: .pattern("^[0-9]+(B|KiB|MiB|GiB)/s$")) { node, context in
            let expected = "a rate such as `240B/s` or `1KiB/s`"
            guard let text = context.text(node, expected: expected) else { return nil }
            guard text.hasSuffix("/s"), let value = SizeText.read(String(text.dropLast(2))) else {
                context.error("\(shown(text)) is no rate", at: node.position, remedy: "write \(expected)")
                return nil
            }
            guard range.contains(value) else {
                context.error("\(shown(text)) is out of range", at: node.position, remedy: "\(bounds)")
                return nil
            }
            return UInt64(value)
        }
    }
}

extension ValueFormat where Value == Double {
    /// A part of one: `0`, `0.25`, `1.0`.
    package static let fraction = ValueFormat(
        "number", range: "0…1", schema: SchemaNode([("type", "number"), ("minimum", 0), ("maximum", 1)])
    ) { node, context in
        guard case .scalar(let text, isPlain: true) = node.content,
            text.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || $0 == UInt8(ascii: ".") }),
            let first = text.utf8.first, first != UInt8(ascii: "."), text.utf8.last != UInt8(ascii: "."),
            let value = Double(text), value <= 1
        else {
            context.error(
                "\(node.kind) is no number from 0 to 1", at: node.position, remedy: "write such as `0.25` or `1.0`")
            return nil
        }
        return value
    }
}

/// `800ms`, `30s`, `5m`, `1h`.
enum DurationText {
    private static let units: [(String, Nanoseconds)] = [
        ("ms", .milliseconds(1)), ("h", .seconds(3_600)), ("m", .seconds(60)), ("s", .seconds(1)),
    ]

    static func read(_ text: String) -> Nanoseconds? {
        for (unit, factor) in self.units where text.hasSuffix(unit) {
            guard let count = DecimalDigits.read(text.dropLast(unit.count)) else { continue }
            let (product, overflow) = Nanoseconds(count).multipliedReportingOverflow(by: factor)
            return overflow ? nil : product
        }
        return nil
    }

    /// In the largest unit that leaves no rest.
    static func text(_ duration: Nanoseconds) -> String {
        if duration == 0 { return "0s" }
        for (unit, factor) in self.units.sorted(by: { $0.1 > $1.1 }) where duration.isMultiple(of: factor) {
            return "\(duration / factor)\(unit)"
        }
        return "\(duration)ns"
    }
}

/// `512B`, `64KiB`, `16MiB`.
enum SizeText {
    private static let units: [(String, Int)] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)]

    static func read(_ text: String) -> Int? {
        for (unit, factor) in self.units where text.hasSuffix(unit) {
            guard let count = DecimalDigits.read(text.dropLast(unit.count)) else { continue }
            let (product, overflow) = count.multipliedReportingOverflow(by: factor)
            return overflow ? nil : product
        }
        return nil
    }

    static func text(_ size: Int) -> String {
        if size == 0 { return "0B" }
        for (unit, factor) in self.units.sorted(by: { $0.1 > $1.1 }) where size.isMultiple(of: factor) {
            return "\(size / factor)\(unit)"
        }
        return "\(size)B"
    }
}

/// Whole numbers as people write them: no sign, no octal, no `1_000`.
enum DecimalDigits {
    static func read(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            text.utf8.count == 1 || text.utf8.first != 0x30
        else { return nil }
        return Int(text)
    }
}
