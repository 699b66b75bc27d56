/// A piece of the JSON Schema (draft 2020-12) that editors check configuration files with.
package struct SchemaNode: Sendable {
    package let json: SchemaJSON

    package init(_ members: [(String, SchemaJSON)]) {
        self.json = .object(members.map { .init(name: $0.0, value: $0.1) })
    }

    private init(json: SchemaJSON) { self.json = json }

    package static let text = SchemaNode([("type", "string"), ("minLength", 1)])
    package static let boolean = SchemaNode([("type", "boolean")])
    /// Written, it is an error.
    package static let unsupported = SchemaNode(json: false)

    package static func pattern(_ pattern: String) -> SchemaNode {
        SchemaNode([("type", "string"), ("pattern", .string(pattern))])
    }

    package static func integer(_ range: ClosedRange<Int>) -> SchemaNode {
        SchemaNode([
            ("type", "integer"), ("minimum", .number("\(range.lowerBound)")),
            ("maximum", .number("\(range.upperBound)")),
        ])
    }

    package static func choice(_ words: [String]) -> SchemaNode {
        SchemaNode([("enum", .array(words.map(SchemaJSON.string)))])
    }

    package static func list(of element: SchemaNode, minItems: Int) -> SchemaNode {
        SchemaNode(
            [("type", "array"), ("items", element.json)] + (minItems > 0 ? [("minItems", .number("\(minItems)"))] : []))
    }

    package static func namedValues(_ value: SchemaNode) -> SchemaNode {
        SchemaNode([("type", "object"), ("additionalProperties", value.json)])
    }

    package static func any(of choices: [SchemaNode]) -> SchemaNode {
        SchemaNode([("anyOf", .array(choices.map(\.json)))])
    }

    package static func section(_ title: String, _ keys: [any ConfigurationKeyDescription]) -> SchemaNode {
        var members: [(String, SchemaJSON)] = [
            ("title", .string(title)), ("type", "object"), ("additionalProperties", false),
        ]
        let required = keys.filter(\.isRequired)
        if !required.isEmpty { members.append(("required", .array(required.map { .string($0.name) }))) }
        members.append(("properties", .object(keys.map { .init(name: $0.name, value: self.property($0).json) })))
        return SchemaNode(members)
    }

    private static func property(_ key: any ConfigurationKeyDescription) -> SchemaNode {
        guard key.notSupportedYet == nil, case .object(let members) = key.schema.json else { return .unsupported }
        var description = "\(key.summary) (\(key.typeName)"
        if !key.range.isEmpty { description += ", \(key.range)" }
        description += key.isRequired ? ", required)" : key.defaultText.map { ", default \($0))" } ?? ", optional)"
        return SchemaNode(json: .object([.init(name: "description", value: .string(description))] + members))
    }
}

/// JSON as a schema needs it: members stay in order, and it prints with indentation for the diff's sake.
package indirect enum SchemaJSON: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral
{
    case string(String)
    case number(String)
    case boolean(Bool)
    case array([SchemaJSON])
    case object([Member])

    package struct Member: Sendable {
        package var name: String
        package var value: SchemaJSON
    }

    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .number("\(value)") }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }

    /// The text with two spaces a level.
    package func text(indentation: String = "") -> String {
        let inner = indentation + "  "
        switch self {
        case .string(let text): return Self.quoted(text)
        case .number(let text): return text
        case .boolean(let flag): return flag ? "true" : "false"
        case .array(let items):
            let isShort = items.allSatisfy { if case .string = $0 { true } else { false } }
            if isShort { return "[" + items.map { $0.text() }.joined(separator: ", ") + "]" }
            return "[\n" + items.map { inner + $0.text(indentation: inner) }.joined(separator: ",\n")
                + "\n\(indentation)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            return "{\n"
                + members.map { inner + Self.quoted($0.name) + ": " + $0.value.text(indentation: inner) }
                .joined(separator: ",\n") + "\n\(indentation)}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
