/// How the values of one kind are written, read and described; every key has one.
package struct ValueFormat<Value: Sendable>: Sendable {
    /// What documentation calls it: `duration`, `list of text`.
    package let typeName: String
    /// The bounds, as a user writes them: `1s…5m`; empty when there are none.
    package let range: String
    package let schema: SchemaNode
    /// Reads a value or reports what is wrong with it.
    package let read: @Sendable (ConfigurationNode, ReadingContext) -> Value?

    package init(
        _ typeName: String, range: String = "", schema: SchemaNode,
        read: @escaping @Sendable (ConfigurationNode, ReadingContext) -> Value?
    ) {
        self.typeName = typeName
        self.range = range
        self.schema = schema
        self.read = read
    }
}

/// Where reading stands: the key's path for messages and the list that problems go to.
package struct ReadingContext {
    package let problems: ProblemCollector
    /// Such as `routes[2].scopes.all_of`.
    package let path: String

    package init(problems: ProblemCollector, path: String) {
        self.problems = problems
        self.path = path
    }

    package func stepping(into key: String) -> ReadingContext {
        // A name that a user chose, wrongly: it is what a message is about, and may be a URL with a password.
        let key = withoutUserInformation(key)
        return ReadingContext(problems: self.problems, path: self.path.isEmpty ? key : "\(self.path).\(key)")
    }

    package func stepping(into index: Int) -> ReadingContext {
        ReadingContext(problems: self.problems, path: "\(self.path)[\(index)]")
    }

    package func error(_ message: String, at position: Position, remedy: String) {
        self.problems.error(self.subject + message, at: position, remedy: remedy)
    }

    /// What is probably not meant.
    package func warning(_ message: String, at position: Position, remedy: String) {
        self.problems.warning(self.subject + message, at: position, remedy: remedy)
    }

    /// A problem that another room describes as `what is wrong (what would be right)`.
    ///
    /// - Parameter texts: of the file, which the description may quote.
    package func error(describedBy description: String, of texts: String..., at position: Position) {
        let description = texts.reduce(description) { $0.replacing($1, with: withoutUserInformation($1)) }
        guard description.hasSuffix(")"), let open = description.lastRange(of: " (") else {
            self.error(description, at: position, remedy: "see the documentation of this key")
            return
        }
        self.error(
            String(description[..<open.lowerBound]), at: position,
            remedy: String(description[open.upperBound...].dropLast()))
    }

    /// The text of a scalar; anything else is a problem.
    package func text(_ node: ConfigurationNode, expected: String) -> String? {
        guard case .scalar(let text, isPlain: _) = node.content, !node.isEmpty else {
            self.error("\(node.kind) where \(expected) belongs", at: node.position, remedy: "write \(expected)")
            return nil
        }
        return text
    }

    /// How a message begins.
    private var subject: String { self.path.isEmpty ? "" : "`\(self.path)`: " }
}

extension String {
    fileprivate func lastRange(of word: String) -> Range<String.Index>? {
        var index = self.endIndex
        while index > self.startIndex {
            index = self.index(before: index)
            if self[index...].hasPrefix(word) { return index..<self.index(index, offsetBy: word.count) }
        }
        return nil
    }
}

extension ValueFormat {
    /// The same values, turned into something else; the closure reports what cannot be turned.
    package func map<Other: Sendable>(
        _ turn: @escaping @Sendable (Value, Position, ReadingContext) -> Other?
    ) -> ValueFormat<Other> {
        let read = self.read
        return ValueFormat<Other>(self.typeName, range: self.range, schema: self.schema) { node, context in
            read(node, context).flatMap { turn($0, node.position, context) }
        }
    }
}

/// A value inside a list or mapping, with its place.
package struct Placed<Value: Sendable>: Sendable {
    package var value: Value
    package var position: Position
}

extension ValueFormat {
    /// A list; a list without elements says nothing, so it is a problem unless it is allowed.
    package static func list<Element: Sendable>(
        of element: ValueFormat<Element>, countMax: Int, allowsEmpty: Bool = false
    ) -> ValueFormat<[Placed<Element>]> where Value == [Placed<Element>] {
        ValueFormat(
            "list of \(element.typeName)", range: element.range,
            schema: .list(of: element.schema, minItems: allowsEmpty ? 0 : 1)
        ) { node, context in
            guard case .list(let items) = node.content else {
                context.error(
                    "\(node.kind) where a list belongs", at: node.position,
                    remedy: "write a list: `[…]`, or one line with `- ` for each")
                return nil
            }
            guard allowsEmpty || !items.isEmpty else {
                context.error("the list is empty", at: node.position, remedy: "leave the key out or name something")
                return nil
            }
            guard items.count <= countMax else {
                context.error(
                    "the list has \(items.count) elements", at: node.position, remedy: "at most \(countMax) are read")
                return nil
            }
            var values: [Placed<Element>] = []
            values.reserveCapacity(items.count)
            // What cannot be read has been reported, and a file with errors compiles to nothing; the rest is kept so
            // that its problems are found too.
            for (index, item) in items.enumerated() {
                if let value = element.read(item, context.stepping(into: index)) {
                    values.append(Placed(value: value, position: item.position))
                }
            }
            return values
        }
    }

    /// A mapping of section types to other keys: `authorization_servers`, `upstreams`, `subject_headers`.
    package static func named<Element: Sendable>(
        _ element: ValueFormat<Element>, what: String, countMax: Int
    ) -> ValueFormat<[Named<Element>]> where Value == [Named<Element>] {
        ValueFormat("mapping of \(what) to \(element.typeName)", schema: .namedValues(element.schema)) {
            node, context in
            guard case .mapping(let members) = node.content else {
                context.error(
                    "\(node.kindForMapping) where a mapping belongs", at: node.position,
                    remedy: "write `\(what): …`, one line for each")
                return nil
            }
            guard members.count <= countMax else {
                context.error(
                    "the mapping has \(members.count) members", at: node.position,
                    remedy: "at most \(countMax) are read")
                return nil
            }
            var values: [Named<Element>] = []
            for member in members {
                guard let value = element.read(member.value, context.stepping(into: member.key)) else { continue }
                values.append(
                    Named(
                        name: member.key, namePosition: member.keyPosition, value: value,
                        position: member.value.position))
            }
            return values
        }
    }
}

extension ValueFormat where Value: ConfigurationSection {
    /// A mapping of keys that a section type declares.
    package static func section(_ type: Value.Type) -> ValueFormat<Value> {
        ValueFormat(Value.title, schema: .section(Value.title, Value.keys)) { node, context in
            SectionReader(node, keys: Value.keys, context: context).map { Value(reading: $0) }
        }
    }
}

/// A member of a mapping whose keys the user chooses.
package struct Named<Value: Sendable>: Sendable {
    package var name: String
    package var namePosition: Position
    package var value: Value
    package var position: Position
}
