import Yams

/// Turns the text of a configuration file into nodes; the only file that knows the YAML library.
///
/// The library resolves nothing here: neither `yes` nor `0x1F` nor `1_000` becomes a value, the formats decide that
/// from the characters. What YAML offers to build one value from another (anchors, aliases, tags, merge keys) is
/// refused: `defaults` is there for what routes have in common, and no short text can stand for a huge one.
package enum YAMLText {
    /// 10,000 routes with every key written are about 4 MB.
    package static let bytesMax = 4 << 20
    /// The deepest key of ours is at seven.
    static let depthMax = 16
    /// 10,000 routes of 100 values each.
    static let nodesMax = 1_000_000
    /// Mappings with a repeated key that one run reports; each costs another reading of the text.
    static let repeatedKeysMax = 20
    /// How many bytes these readings may come to: of a large file, a few.
    static let readAgainBytesMax = 8 << 20
    /// What the library calls a repeated key that is no scalar.
    private static let keyWithoutText = "<uncovertable>"

    /// What would be right, where that depends on what the file is for.
    package struct Advice: Sendable {
        /// How such a file begins.
        package let beginning: String
        /// What to do instead of building one value from another.
        package let sharing: String

        package init(beginning: String, sharing: String) {
            self.beginning = beginning
            self.sharing = sharing
        }

        package static let proxyConfiguration = Advice(
            beginning: "begin with `version: 1`", sharing: "put what routes share under `defaults`")
    }

    /// The root of the file's one document; nil when it cannot be read, which has been reported then.
    package static func read(
        _ written: [UInt8], advice: Advice = .proxyConfiguration, problems: ProblemCollector
    ) -> ConfigurationNode? {
        // Some editors put a byte order mark in front (YAML 1.2.2 §5.2); it says nothing.
        let bytes = written.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(written.dropFirst(3)) : written
        guard bytes.count <= self.bytesMax else {
            problems.error(
                "the file has \(bytes.count) bytes", at: .start, remedy: "at most \(self.bytesMax) bytes are read")
            return nil
        }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            problems.error("the file is not UTF-8", at: .start, remedy: "save it as UTF-8")
            return nil
        }
        // The library is never given an anchor, and without the library there are no nodes to look at: what else is wrong
        // is found once the anchors are gone, and the message says so.
        if let position = AnchorScan.firstAnchor(in: bytes) {
            self.reportAnchor(at: position, advice: advice, problems: problems, endsReading: true)
            return nil
        }
        var renamed: Set<String> = []
        while true {
            do {
                // `basic` has no rules: the default ones run a dozen regular expressions over every key.
                let parser = try Parser(yaml: text, resolver: .basic)
                // Anchors are held weakly by the nodes; the parser keeps them while we look.
                let root = try withExtendedLifetime(parser) {
                    try parser.singleRoot().map { root in
                        var conversion = Conversion(advice: advice, problems: problems, renamed: renamed)
                        return conversion.node(from: root, depth: 0)
                    }
                }
                guard let root else {
                    problems.error("the file is empty", at: .start, remedy: advice.beginning)
                    return nil
                }
                return root
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                // The library stops at the first mapping with a repeated key. The first of the two is reported and
                // given a name that no file writes, then the text is read again for the rest. Which is the first is
                // chance where the library has no order for them: keys that are no words, one word under two tags.
                guard !keys.contains(self.keyWithoutText), Set(keys).count == keys.count else {
                    problems.error(
                        "a mapping repeats keys that are no single words", at: .start,
                        remedy: "write each as `name: value`, and once")
                    return nil
                }
                let position = Position(line: context.mark.line, column: context.mark.column)
                self.reportRepeated(keys.first ?? "", at: position, problems: problems)
                guard renamed.count < self.repeatedKeysMax,
                    (renamed.count + 1) * bytes.count <= self.readAgainBytesMax,
                    let (changed, name) = self.renamingKey(at: position, in: text, round: renamed.count)
                else { return nil }
                text = changed
                renamed.insert(name)
            } catch let error as YamlError {
                self.report(error, advice: advice, problems: problems)
                return nil
            } catch {
                problems.error("the file cannot be read as YAML", at: .start, remedy: "one YAML document is expected")
                return nil
            }
        }
    }

    /// Replaces the first character of a key by one of a private use area, so that columns stay as they are.
    private static func renamingKey(at position: Position, in text: String, round: Int) -> (String, String)? {
        guard let stand = Unicode.Scalar(0xF_0000 + UInt32(round)) else { return nil }
        var scalars = text.unicodeScalars
        var index = scalars.startIndex
        var line = 1
        while line < position.line, index < scalars.endIndex {
            if scalars[index] == "\n" { line += 1 }
            index = scalars.index(after: index)
        }
        guard var place = scalars.index(index, offsetBy: position.column - 1, limitedBy: scalars.endIndex),
            place < scalars.endIndex
        else { return nil }
        if scalars[place] == "\"" || scalars[place] == "'" { place = scalars.index(after: place) }
        guard place < scalars.endIndex, scalars[place] != "\"", scalars[place] != "'", scalars[place] != "\\"
        else { return nil }
        scalars.replaceSubrange(place..<scalars.index(after: place), with: CollectionOfOne(stand))
        return (String(scalars), String(stand))
    }

    private static func reportAnchor(
        at position: Position, advice: Advice, problems: ProblemCollector, endsReading: Bool = false
    ) {
        let rest = endsReading ? "; the rest of the file is checked once there are none" : ""
        problems.error(
            "anchors and aliases are not read\(rest)", at: position,
            remedy: "write the value out, or \(advice.sharing); quote a text that begins with `&`")
    }

    private static func reportRepeated(_ key: String, at position: Position, problems: ProblemCollector) {
        problems.error(
            (shownKey(key).map { "the key \($0)" } ?? "a key") + " is written more than once in this mapping",
            at: position, remedy: "keep one of them")
    }

    private static func report(_ error: YamlError, advice: Advice, problems: ProblemCollector) {
        switch error {
        case .scanner(let context, let problem, let mark, yaml: _),
            .parser(let context, let problem, let mark, yaml: _),
            .composer(let context, let problem, let mark, yaml: _):
            if problem.contains("undefined alias") {
                self.reportAnchor(
                    at: Position(line: mark.line, column: mark.column), advice: advice, problems: problems,
                    endsReading: true)
                return
            }
            let detail = context.map { " \($0.text)" } ?? ""
            problems.error(
                "not YAML: \(problem)\(detail)", at: Position(line: mark.line, column: mark.column),
                remedy: "check indentation, quotes and brackets around here")
        case .reader(let problem, let offset, value: _, let yaml):
            problems.error(
                "not YAML: \(problem)", at: self.position(of: offset ?? 0, in: yaml),
                remedy: "remove the character, or write it escaped in double quotes")
        default:
            problems.error("the file cannot be read as YAML", at: .start, remedy: "one YAML document is expected")
        }
    }

    private static func position(of offset: Int, in text: String) -> Position {
        var position = Position.start
        for character in text.prefix(offset) {
            if character.isNewline {
                position = Position(line: position.line + 1, column: 1)
            } else {
                position.column += 1
            }
        }
        return position
    }

    /// One walk over the library's nodes, bounded in depth and number.
    private struct Conversion {
        let advice: Advice
        let problems: ProblemCollector
        /// First characters of keys that were repeated and have been reported.
        let renamed: Set<String>
        private var nodes = 0

        init(advice: Advice, problems: ProblemCollector, renamed: Set<String>) {
            self.advice = advice
            self.problems = problems
            self.renamed = renamed
        }

        mutating func node(from yaml: Node, depth: Int) -> ConfigurationNode? {
            let position = Position(line: yaml.mark?.line ?? 1, column: yaml.mark?.column ?? 1)
            self.nodes += 1
            guard depth <= YAMLText.depthMax, self.nodes <= YAMLText.nodesMax else {
                self.problems.error(
                    "this is nested too deeply or the file holds too many values", at: position,
                    remedy: "at most \(YAMLText.depthMax) levels and \(YAMLText.nodesMax) values are read")
                return nil
            }
            guard yaml.anchor == nil else {
                YAMLText.reportAnchor(at: position, advice: self.advice, problems: self.problems)
                return nil
            }
            switch yaml {
            case .scalar(let scalar):
                guard self.accepts(scalar.tag, at: position) else { return nil }
                let isPlain = scalar.style == .plain && scalar.tag.description != Tag.Name.str.rawValue
                return ConfigurationNode(.scalar(scalar.string, isPlain: isPlain), at: position)
            case .sequence(let sequence):
                guard self.accepts(sequence.tag, at: position) else { return nil }
                var items: [ConfigurationNode] = []
                items.reserveCapacity(sequence.count)
                for item in sequence {
                    if let node = self.node(from: item, depth: depth + 1) { items.append(node) }
                }
                return ConfigurationNode(.list(items), at: position)
            case .mapping(let mapping):
                guard self.accepts(mapping.tag, at: position) else { return nil }
                return ConfigurationNode(.mapping(self.members(of: mapping, depth: depth)), at: position)
            case .alias:
                YAMLText.reportAnchor(at: position, advice: self.advice, problems: self.problems)
                return nil
            }
        }

        private mutating func members(of mapping: Node.Mapping, depth: Int) -> [ConfigurationNode.Member] {
            var members: [ConfigurationNode.Member] = []
            members.reserveCapacity(mapping.count)
            var names: Set<String> = []
            for (key, value) in mapping {
                let position = Position(line: key.mark?.line ?? 1, column: key.mark?.column ?? 1)
                guard case .scalar(let name) = key, key.anchor == nil else {
                    self.problems.error("a key is a single word", at: position, remedy: "write `name: value`")
                    continue
                }
                guard self.accepts(name.tag, at: position) else { continue }
                if name.string == "<<", name.style == .plain {
                    self.problems.error(
                        "merge keys are not read", at: position,
                        remedy: "write the keys out, or \(self.advice.sharing)")
                    continue
                }
                let isRenamed = name.string.unicodeScalars.first.map { self.renamed.contains(String($0)) } ?? false
                // The library compares keys with their tags: to it `a` and `!!str a` are two.
                guard names.insert(name.string).inserted else {
                    YAMLText.reportRepeated(name.string, at: position, problems: self.problems)
                    continue
                }
                guard let node = self.node(from: value, depth: depth + 1), !isRenamed else { continue }
                members.append(.init(key: name.string, keyPosition: position, value: node))
            }
            return members
        }

        private func accepts(_ tag: Tag, at position: Position) -> Bool {
            switch tag.description {
            case Tag.Name.implicit.rawValue, Tag.Name.str.rawValue, Tag.Name.seq.rawValue, Tag.Name.map.rawValue:
                return true
            default:
                self.problems.error("tags are not read", at: position, remedy: "leave out \(shown(tag.description))")
                return false
            }
        }
    }
}
