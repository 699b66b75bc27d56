/// Where a secret lies; the file itself never holds one.
package enum SecretReference: Sendable, Hashable {
    case file(String)
    case environment(String)
}

extension ValueFormat where Value == SecretReference {
    /// `{file: PATH}` or `{env: NAME}`.
    package static let secret = ValueFormat(
        "secret: {file: PATH} or {env: NAME}", schema: .section("secret", SecretSection.keys)
    ) {
        node, context in
        let remedy = "write `{file: PATH}` or `{env: NAME}`"
        if case .scalar = node.content {
            // What stands there may be the secret itself: it is not repeated.
            context.error("a secret is never written in this file", at: node.position, remedy: remedy)
            return nil
        }
        guard let reader = SectionReader(node, keys: SecretSection.keys, context: context, holdsSecret: true) else {
            return nil
        }
        let section = SecretSection(reading: reader)
        switch (section.file.value, section.environment.value) {
        case (let path?, nil) where !section.environment.isWritten: return .file(path)
        case (nil, let name?) where !section.file.isWritten: return .environment(name)
        case (nil, nil) where section.file.isWritten || section.environment.isWritten: return nil
        case (_, _):
            context.error("a secret comes from exactly one place", at: node.position, remedy: remedy)
            return nil
        }
    }
}

/// A reference to a secret.
struct SecretSection: ConfigurationSection {
    static let title = "secret"
    /// A file that holds the secret and nothing else; one line end behind it is not part of it.
    /// - `file` (path, optional): relative paths start at the configuration file's folder.
    static let file = ConfigurationKey.optional(
        "file", .text("a path", bytesMax: 4_096), "File that holds the secret; relative to this file's folder.")
    /// An environment variable that holds the secret.
    /// - `env` (name, optional): its name, not its value.
    static let environment = ConfigurationKey.optional(
        "env", .text("a variable's name", bytesMax: 256), "Environment variable that holds the secret.")
    static let keys: [any ConfigurationKeyDescription] = [file, environment]

    let file: Written<String>
    let environment: Written<String>

    init(reading reader: SectionReader) {
        self.file = reader.value(Self.file)
        self.environment = reader.value(Self.environment)
    }
}
