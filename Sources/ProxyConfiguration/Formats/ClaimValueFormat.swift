package import OAuthModel

extension ValueFormat where Value == JSONValue {
    /// A text, a number or a boolean to compare a claim with.
    ///
    /// The kind matters, so what YAML's readers disagree on is refused.
    package static let claimValue = ValueFormat(
        "text, number or boolean", schema: SchemaNode([("type", .array(["string", "number", "boolean"]))])
    ) { node, context in
        guard case .scalar(let text, isPlain: let isPlain) = node.content, !node.isEmpty else {
            context.error(
                "\(node.kind) where a value belongs", at: node.position,
                remedy: "write a text, a number or true or false")
            return nil
        }
        guard isPlain else { return .string(text) }
        switch text {
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: break
        }
        if let number = JSONNumber(text) { return .number(number) }
        guard !Self.isAmbiguous(text) else {
            context.error(
                "\(shown(text)) is a text to some readers of YAML and a number, a boolean or a date to others",
                at: node.position, remedy: "quote a text; write numbers as JSON does, booleans as `true` or `false`")
            return nil
        }
        return .string(text)
    }

    private static func isAmbiguous(_ text: String) -> Bool {
        let words = ["yes", "no", "on", "off", "y", "n", "true", "false", "null", ".inf", "-.inf", "+.inf", ".nan"]
        if words.contains(text.lowercased()) { return true }
        guard let first = text.utf8.first, (first >= 0x30 && first <= 0x39) || "+-.".utf8.contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
                || "+-._:xXoOTZ".utf8.contains(byte)
        }
    }
}
