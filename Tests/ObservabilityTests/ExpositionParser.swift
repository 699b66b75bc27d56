/// A strict reader of the Prometheus text format, version 0.0.4: what it accepts, every scraper accepts.
struct Exposition {
    struct Sample {
        var name: String
        var labels: [(name: String, value: String)]
        var value: Double
        func label(_ name: String) -> String? { self.labels.first { $0.name == name }?.value }
    }

    struct Family {
        var type: String
        var help: String
        var samples: [Sample] = []
    }

    struct Fault: Error, CustomStringConvertible {
        var line: String
        var problem: String
        var description: String { "\(self.problem): \(self.line)" }
    }

    var families: [String: Family] = [:]

    init(_ bytes: [UInt8]) throws {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Fault(line: "", problem: "no UTF-8") }
        guard text.hasSuffix("\n") else { throw Fault(line: "", problem: "the last line does not end") }
        var current = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let line = String(line)
            if line.hasPrefix("# HELP ") {
                let words = line.dropFirst(7).split(separator: " ", maxSplits: 1)
                guard words.count == 2 else { throw Fault(line: line, problem: "no help") }
                current = String(words[0])
                guard Self.isName(current) else { throw Fault(line: line, problem: "no metric name") }
                // One group of lines a family (its samples must not be spread).
                guard self.families[current] == nil else { throw Fault(line: line, problem: "family twice") }
                self.families[current] = Family(type: "", help: String(words[1]))
            } else if line.hasPrefix("# TYPE ") {
                let words = line.dropFirst(7).split(separator: " ")
                guard words.count == 2, words[0] == current, self.families[current]?.type == "",
                    ["counter", "gauge", "histogram"].contains(words[1])
                else { throw Fault(line: line, problem: "type out of place") }
                self.families[current]?.type = String(words[1])
            } else {
                guard !line.hasPrefix("#"), !line.isEmpty else { throw Fault(line: line, problem: "odd line") }
                let sample = try Self.sample(line)
                guard let family = self.families[current], !family.type.isEmpty else {
                    throw Fault(line: line, problem: "no family")
                }
                let suffixes = family.type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
                guard suffixes.contains(where: { sample.name == current + $0 }) else {
                    throw Fault(line: line, problem: "sample of another family")
                }
                self.families[current]?.samples.append(sample)
            }
        }
        for (name, family) in self.families { try Self.check(name, family) }
    }

    /// Every sample of a family once, counters named as such, histograms cumulative and whole.
    private static func check(_ name: String, _ family: Family) throws {
        guard !family.type.isEmpty else { throw Fault(line: name, problem: "no type") }
        if family.type == "counter", !name.hasSuffix("_total") { throw Fault(line: name, problem: "counter's name") }
        if family.type == "gauge", name.hasSuffix("_total") { throw Fault(line: name, problem: "gauge's name") }
        var seen: Set<String> = []
        for sample in family.samples {
            let key = sample.name + sample.labels.map { "\($0.name)=\($0.value)" }.sorted().joined(separator: ",")
            guard seen.insert(key).inserted else { throw Fault(line: key, problem: "sample twice") }
        }
        guard family.type == "histogram" else { return }
        let groups = Dictionary(grouping: family.samples) { sample in
            sample.labels.filter { $0.name != "le" }.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        }
        for (key, samples) in groups {
            let buckets = samples.filter { $0.name == name + "_bucket" }
            let bounds = buckets.compactMap { $0.label("le").flatMap { $0 == "+Inf" ? .infinity : Double($0) } }
            guard bounds.count == buckets.count, bounds == bounds.sorted(), bounds.last == .infinity,
                Set(bounds).count == bounds.count, buckets.map(\.value) == buckets.map(\.value).sorted(),
                let count = samples.first(where: { $0.name == name + "_count" })?.value,
                count == buckets.last?.value, samples.contains(where: { $0.name == name + "_sum" })
            else { throw Fault(line: key, problem: "histogram") }
        }
    }

    private static func sample(_ line: String) throws -> Sample {
        var rest = line[...]
        let name = String(rest.prefix { $0 != "{" && $0 != " " })
        guard self.isName(name) else { throw Fault(line: line, problem: "no metric name") }
        rest = rest.dropFirst(name.count)
        var labels: [(name: String, value: String)] = []
        if rest.first == "{" {
            repeat {
                rest = rest.dropFirst()
                let label = String(rest.prefix { $0 != "=" })
                guard self.isName(label), !label.contains(":"), !label.hasPrefix("__"),
                    !labels.contains(where: { $0.name == label })
                else { throw Fault(line: line, problem: "label") }
                rest = rest.dropFirst(label.count)
                guard rest.hasPrefix("=\"") else { throw Fault(line: line, problem: "label value") }
                rest = rest.dropFirst(2)
                var value = ""
                while let character = rest.first, character != "\"" {
                    rest = rest.dropFirst()
                    guard character == "\\" else {
                        value.append(character)
                        continue
                    }
                    switch rest.first {
                    case "\\": value.append("\\")
                    case "\"": value.append("\"")
                    case "n": value.append("\n")
                    default: throw Fault(line: line, problem: "escape")
                    }
                    rest = rest.dropFirst()
                }
                guard rest.first == "\"" else { throw Fault(line: line, problem: "label value without end") }
                rest = rest.dropFirst()
                labels.append((label, value))
            } while rest.first == ","
            guard rest.first == "}" else { throw Fault(line: line, problem: "labels without end") }
            rest = rest.dropFirst()
        }
        guard rest.first == " ", let value = Double(rest.dropFirst()), value.isFinite, value >= 0 else {
            throw Fault(line: line, problem: "value")
        }
        return Sample(name: name, labels: labels, value: value)
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || 0x30...0x39 ~= $0 || $0 == 0x5F || $0 == 0x3A }
    }
}
