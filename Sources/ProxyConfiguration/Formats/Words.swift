extension ValueFormat where Value == Bool {
    /// `true` or `false`; YAML's `yes`, `on` and their kin are refused.
    package static let boolean = ValueFormat("boolean", schema: .boolean) { node, context in
        switch node.content {
        case .scalar("true", isPlain: true): return true
        case .scalar("false", isPlain: true): return false
        default:
            context.error(
                "\(node.kind) is neither true nor false", at: node.position, remedy: "write `true` or `false`")
            return nil
        }
    }
}

extension ValueFormat where Value == String {
    /// Text without control characters.
    package static func text(_ what: String, bytesMax: Int = 1_024) -> ValueFormat<String> {
        ValueFormat("text", schema: .text) { node, context in
            guard let text = context.text(node, expected: what) else { return nil }
            guard !text.isEmpty, text.utf8.count <= bytesMax, !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
            else {
                context.error(
                    "\(shown(text)) is empty, too long or holds control characters", at: node.position,
                    remedy: "write \(what) of at most \(bytesMax) bytes")
                return nil
            }
            return text
        }
    }
}

extension ValueFormat {
    /// One of a fixed list of words; some belong to the format and are not served yet.
    package static func choice(
        _ words: KeyValuePairs<String, Value>, notSupportedYet: [String] = []
    ) -> ValueFormat<Value> {
        let known = words.map { ($0.key, $0.value) }
        let names = known.map(\.0)
        return ValueFormat(names.joined(separator: " | "), schema: .choice(names)) { node, context in
            let remedy = "write " + names.map { "`\($0)`" }.joined(separator: " or ")
            if case .scalar(let text, isPlain: _) = node.content {
                if let match = known.first(where: { $0.0 == text }) { return match.1 }
                if notSupportedYet.contains(text) {
                    context.error("`\(text)` is not supported yet", at: node.position, remedy: remedy)
                    return nil
                }
            }
            context.error("\(node.kind) is not among the choices", at: node.position, remedy: remedy)
            return nil
        }
    }

    /// The one word a key may have besides its other values.
    package static func word(_ word: String, means value: Value, or other: ValueFormat<Value>) -> ValueFormat<Value> {
        ValueFormat(
            "`\(word)` or \(other.typeName)", range: other.range,
            schema: .any(of: [.choice([word]), other.schema])
        ) { node, context in
            if case .scalar(word, isPlain: _) = node.content { return value }
            return other.read(node, context)
        }
    }
}
