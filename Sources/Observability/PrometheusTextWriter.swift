/// Writes the Prometheus text exposition format, version 0.0.4: one family after the other, each with `HELP` and `TYPE`.
struct PrometheusTextWriter: Sendable {
    enum Kind: String, Sendable { case counter, gauge, histogram }
    typealias Labels = [(name: StaticString, value: String)]

    private(set) var bytes: [UInt8] = []
    private var name = ""

    init() { self.bytes.reserveCapacity(65_536) }

    /// Begins a family; its samples follow, and no other family's.
    mutating func begin(_ name: String, _ kind: Kind, help: StaticString) {
        self.name = name
        self.append("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
    }

    mutating func sample(_ value: UInt64) { self.sample([], value) }

    mutating func sample(_ labels: Labels, _ value: UInt64) {
        self.sample(suffix: "", labels, String(value))
    }

    /// A duration, in seconds.
    mutating func sample(_ labels: Labels = [], nanoseconds: UInt64) {
        self.sample(suffix: "", labels, Self.seconds(nanoseconds))
    }

    /// A histogram whose counters say how many fell into each bucket, as `DurationHistogram` lays them out.
    mutating func histogram(_ labels: Labels, buckets: [UInt64], nanoseconds: UInt64) {
        var cumulative: UInt64 = 0
        for (index, count) in buckets.enumerated() {
            cumulative &+= count
            let bound = index < DurationHistogram.boundTexts.count ? DurationHistogram.boundTexts[index] : "+Inf"
            self.sample(suffix: "_bucket", labels + [("le", bound)], String(cumulative))
        }
        self.sample(suffix: "_sum", labels, Self.seconds(nanoseconds))
        self.sample(suffix: "_count", labels, String(cumulative))
    }

    private mutating func sample(suffix: String, _ labels: Labels, _ value: String) {
        self.append(self.name)
        self.append(suffix)
        for (index, label) in labels.enumerated() {
            self.append(index == 0 ? "{" : ",")
            self.append("\(label.name)=\"")
            self.appendEscaped(label.value)
            self.append("\"")
        }
        if !labels.isEmpty { self.append("}") }
        self.append(" \(value)\n")
    }

    private mutating func appendEscaped(_ value: String) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): self.append("\\\\")
            case UInt8(ascii: "\""): self.append("\\\"")
            case 0x0A: self.append("\\n")
            default: self.bytes.append(byte)
            }
        }
    }

    private mutating func append(_ text: String) { self.bytes.append(contentsOf: text.utf8) }

    /// Exact: a floating-point number would lose nanoseconds after a few months of summing.
    static func seconds(_ nanoseconds: UInt64) -> String {
        let fraction = nanoseconds % 1_000_000_000
        guard fraction > 0 else { return String(nanoseconds / 1_000_000_000) }
        var digits = String(fraction)
        digits = String(repeating: "0", count: 9 - digits.utf8.count) + digits
        while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
        return "\(nanoseconds / 1_000_000_000).\(digits)"
    }
}
