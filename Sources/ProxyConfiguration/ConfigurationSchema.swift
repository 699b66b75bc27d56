/// The JSON Schema of the configuration file, made from the keys that reading goes by.
package enum ConfigurationSchema {
    /// The document that `deploy/bearergate.schema.json` holds.
    package static func json() -> String {
        let root = SchemaNode.section(ProxyConfigurationFile.title, ProxyConfigurationFile.keys)
        guard case .object(let members) = root.json else { return "{}\n" }
        let head: [SchemaJSON.Member] = [
            .init(name: "$schema", value: "https://json-schema.org/draft/2020-12/schema")
        ]
        return SchemaJSON.object(head + members).text() + "\n"
    }

    /// Every key of the file by its path (`limits.head`, `routes[].claims[].equals`), supported or not.
    package static func keyPaths() -> [String] {
        self.paths(of: SchemaNode.section("", ProxyConfigurationFile.keys).json, at: "")
    }

    private static func paths(of schema: SchemaJSON, at path: String) -> [String] {
        guard case .object(let members) = schema else { return [] }
        var found: [String] = []
        for member in members {
            switch (member.name, member.value) {
            case ("properties", .object(let properties)):
                for property in properties {
                    let inner = path.isEmpty ? property.name : "\(path).\(property.name)"
                    found.append(inner)
                    found += self.paths(of: property.value, at: inner)
                }
            case ("items", let item): found += self.paths(of: item, at: path + "[]")
            case ("additionalProperties", let value): found += self.paths(of: value, at: path + ".NAME")
            case ("anyOf", .array(let choices)): found += choices.flatMap { self.paths(of: $0, at: path) }
            default: break
            }
        }
        return found
    }
}
