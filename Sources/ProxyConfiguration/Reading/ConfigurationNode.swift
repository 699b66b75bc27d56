/// One value of the file, as written and where.
package struct ConfigurationNode: Sendable {
    package enum Content: Sendable {
        /// `isPlain`: without quotes, so that `1` may be a number and `"1"` may not.
        case scalar(String, isPlain: Bool)
        case list([ConfigurationNode])
        case mapping([Member])
    }

    package struct Member: Sendable {
        package var key: String
        package var keyPosition: Position
        package var value: ConfigurationNode
    }

    package var content: Content
    package var position: Position

    package init(_ content: Content, at position: Position) {
        self.content = content
        self.position = position
    }

    /// What a message calls it.
    package var kind: String {
        switch self.content {
        case .scalar("", isPlain: true): "nothing"
        case .scalar(let text, isPlain: _): shown(text)
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }

    /// The same for a message that a mapping belongs here: `token:s3cret` without its space is a text.
    package var kindForMapping: String {
        guard case .scalar(let text, isPlain: _) = self.content, !text.isEmpty else { return self.kind }
        return shownKey(text) ?? "a text that is no plain word"
    }

    /// A key without a value; YAML calls it null.
    package var isEmpty: Bool {
        switch self.content {
        case .scalar(let text, isPlain: true): text.isEmpty || text == "~" || text == "null"
        default: false
        }
    }

    /// A key's default, written as it would stand in the file: one plain scalar, or a flow list of them.
    package init(defaultText text: String) {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let items = text.dropFirst().dropLast().split(separator: ",").map { item in
                ConfigurationNode(defaultText: String(item.drop { $0 == " " }))
            }
            self.init(.list(items), at: .start)
        } else if text == "{}" {
            self.init(.mapping([]), at: .start)
        } else {
            self.init(.scalar(text, isPlain: true), at: .start)
        }
    }
}
