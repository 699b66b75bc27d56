import OAuthModel

/// One key of one section: its name, how its value is written, its default and what it is for.
///
/// Reading, the JSON Schema and the table of tests all go by these, so none of them can know a key that another lacks.
package struct ConfigurationKey<Value: Sendable>: Sendable {
    package let name: String
    package let format: ValueFormat<Value>
    package let isRequired: Bool
    /// As it would stand in the file; nil: there is none.
    package let defaultText: String?
    package let summary: String
    let defaultValue: Value?

    package static func required(
        _ name: String, _ format: ValueFormat<Value>, _ summary: String
    ) -> ConfigurationKey<Value> {
        ConfigurationKey(name, format, isRequired: true, defaultText: nil, summary)
    }

    package static func optional(
        _ name: String, _ format: ValueFormat<Value>, _ summary: String
    ) -> ConfigurationKey<Value> {
        ConfigurationKey(name, format, isRequired: false, defaultText: nil, summary)
    }

    /// The default is read by the key's own format, so that what is documented is what happens.
    package static func defaulted(
        _ name: String, _ format: ValueFormat<Value>, _ text: String, _ summary: String
    ) -> ConfigurationKey<Value> {
        ConfigurationKey(name, format, isRequired: false, defaultText: text, summary)
    }

    private init(
        _ name: String, _ format: ValueFormat<Value>, isRequired: Bool, defaultText: String?, _ summary: String
    ) {
        self.name = name
        self.format = format
        self.isRequired = isRequired
        self.defaultText = defaultText
        self.summary = summary
        guard let defaultText else {
            self.defaultValue = nil
            return
        }
        let problems = ProblemCollector(file: "")
        self.defaultValue = format.read(
            ConfigurationNode(defaultText: defaultText), ReadingContext(problems: problems, path: name))
        precondition(self.defaultValue != nil, "the default of a key must be a value of it: \(problems.problems)")
    }
}

/// What is the same for keys of every kind.
package protocol ConfigurationKeyDescription: Sendable {
    var name: String { get }
    var isRequired: Bool { get }
    var defaultText: String? { get }
    var summary: String { get }
    var typeName: String { get }
    var range: String { get }
    var schema: SchemaNode { get }
    /// Reported when the key is written; nil for keys that work.
    var notSupportedYet: String? { get }
}

extension ConfigurationKey: ConfigurationKeyDescription {
    package var typeName: String { self.format.typeName }
    package var range: String { self.format.range }
    package var schema: SchemaNode { self.format.schema }
    package var notSupportedYet: String? { nil }
}

/// A key that the file format has and this version does not serve; written, it is refused rather than ignored.
package struct UnsupportedKey: ConfigurationKeyDescription {
    package let name: String
    package let remedy: String

    package init(_ name: String, remedy: String) {
        self.name = name
        self.remedy = remedy
    }

    package var isRequired: Bool { false }
    package var defaultText: String? { nil }
    package var summary: String { "Not supported yet." }
    package var typeName: String { "not supported yet" }
    package var range: String { "" }
    package var schema: SchemaNode { .unsupported }
    package var notSupportedYet: String? { self.remedy }
}

/// A mapping whose keys are fixed.
package protocol ConfigurationSection: Sendable {
    /// What the schema calls it.
    static var title: String { get }
    static var keys: [any ConfigurationKeyDescription] { get }
    init(reading reader: SectionReader)
}

/// The value of a key, and whether and where it was written.
package struct Written<Value: Sendable>: Sendable {
    /// Nil: left out without a default, or written wrongly, which has been reported then.
    package let value: Value?
    /// Of the value, or of the section that lacks it.
    package let position: Position
    package let isWritten: Bool

    package init(value: Value?, position: Position, isWritten: Bool) {
        self.value = value
        self.position = position
        self.isWritten = isWritten
    }

    /// Neither written nor given by a default.
    package var isMissing: Bool { self.value == nil && !self.isWritten }

    /// This, or what `defaults` says when this was not written.
    package func falling(backTo other: Written<Value>) -> Written<Value> {
        !self.isWritten && other.isWritten ? other : self
    }
}

/// Reads one section strictly: unknown keys, unsupported keys and missing ones are problems.
package struct SectionReader {
    private let members: [String: ConfigurationNode]
    private let position: Position
    private let context: ReadingContext

    init?(
        _ node: ConfigurationNode, keys: [any ConfigurationKeyDescription], context: ReadingContext,
        holdsSecret: Bool = false
    ) {
        guard case .mapping(let members) = node.content else {
            context.error(
                "\(node.kindForMapping) where a mapping belongs", at: node.position,
                remedy: keys.prefix(3).map { "`\($0.name): …`" }.joined(separator: ", ") + (keys.count > 3 ? ", …" : "")
            )
            return nil
        }
        self.position = node.position
        self.context = context
        var known: [String: ConfigurationNode] = [:]
        for member in members {
            guard let key = keys.first(where: { $0.name == member.key }) else {
                // What stands where a secret's place belongs may be the secret itself.
                let name = holdsSecret ? "" : " " + (shownKey(member.key) ?? "that is no plain word")
                context.problems.error(
                    "unknown key" + name + (context.path.isEmpty ? "" : " in `\(context.path)`"),
                    at: member.keyPosition, remedy: NearestWord.remedy(for: member.key, among: keys.map(\.name)))
                continue
            }
            if let remedy = key.notSupportedYet {
                context.stepping(into: key.name).error("not supported yet", at: member.keyPosition, remedy: remedy)
                continue
            }
            // Nothing behind the colon is no value: half of YAML's readers take it for null, the other for "".
            guard !member.value.isEmpty else {
                context.error(
                    "the key `\(member.key)` has no value", at: member.keyPosition,
                    remedy: "write a value or leave the key out")
                known[member.key] = member.value
                continue
            }
            known[member.key] = member.value
        }
        self.members = known
        for key in keys where key.isRequired && known[key.name] == nil {
            context.problems.error(
                (context.path.isEmpty ? "the file" : "`\(context.path)`") + " lacks the key `\(key.name)`",
                at: node.position, remedy: "write `\(key.name): …` (\(key.typeName))")
        }
    }

    package func value<Value>(_ key: ConfigurationKey<Value>) -> Written<Value> {
        guard let node = self.members[key.name] else {
            return Written(value: key.defaultValue, position: self.position, isWritten: false)
        }
        let value = node.isEmpty ? nil : key.format.read(node, self.context.stepping(into: key.name))
        return Written(value: value, position: node.position, isWritten: true)
    }
}
