import Foundation
import Testing

@testable import ProxyConfiguration

enum Examples {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    static let folder = root + "/deploy/examples"
    static let environment = [
        "BEARERGATE_ADMIN_TOKEN": "a-token", "BEARERGATE_CLIENT_SECRET": "a secret",
        "BEARERGATE_INTROSPECTION_TOKEN": "abc.def",
    ]
}

@Suite struct ExampleTests {
    @Test(
        "The examples have no problem, not even a warning", arguments: ["minimal.yaml", "full.yaml", "quickstart.yaml"])
    func exampleIsSound(name: String) {
        let report = CheckReport(checking: "\(Examples.folder)/\(name)", environment: Examples.environment)
        #expect(report.problems == [])
        #expect(report.exitCode == 0)
    }

    @Test("full.yaml shows every key that works")
    func fullExampleIsFull() throws {
        let text = try String(contentsOfFile: "\(Examples.folder)/full.yaml", encoding: .utf8)
        let collector = ProblemCollector(file: "full.yaml")
        let root = try #require(YAMLText.read(Array(text.utf8), problems: collector))
        let written = Self.paths(of: root, at: "", names: ["authorization_servers", "upstreams", "subject_headers"])
        let left = Set(ConfigurationSchema.keyPaths()).subtracting(written).filter { path in
            !UnsupportedTests.keys.contains(path) && !path.hasPrefix("defaults") && !path.hasSuffix(".file")
                && !path.contains(".stale_while") && !path.contains(".stale_if")
        }
        #expect(left.sorted() == [])
    }

    @Test("The committed schema is the one of this build")
    func schemaIsCurrent() throws {
        let committed = try String(contentsOfFile: Examples.root + "/deploy/bearergate.schema.json", encoding: .utf8)
        #expect(
            committed == ConfigurationSchema.json(),
            "run `bearergate check --print-schema > deploy/bearergate.schema.json`")
    }

    @Test("The schema is JSON, and names a description and a type of every key that works")
    func schemaIsJSON() throws {
        let document = try JSONSerialization.jsonObject(with: Data(ConfigurationSchema.json().utf8)) as? [String: Any]
        let properties = try #require(document?["properties"] as? [String: [String: Any]])
        #expect(properties.count == ProxyConfigurationFile.keys.count)
        for (name, property) in properties { #expect(property["description"] is String, "\(name)") }
    }

    @Test("Ten mistakes are ten lines, each with its place and what would be right; exit 1")
    func tenMistakes() {
        let path = Examples.root + "/Tests/Vectors/configuration/ten-mistakes.yaml"
        let report = CheckReport(checking: path, environment: [:])
        #expect(report.exitCode == 1)
        #expect(
            report.problems.map { $0.description.replacing(path, with: "f") } == [
                "f:4:14: error: `listeners[0].address`: `0.0.0.0` is no address to listen on (write an address such as `0.0.0.0:8080`, `[::]:8080` or `unix:/run/bearergate.sock`)",
                "f:6:10: error: `admin.token`: a secret is never written in this file (write `{file: PATH}` or `{env: NAME}`)",
                "f:7:18: error: `timeouts.head`: `10 seconds` is no duration (write a duration such as `500ms`, `30s`, `5m` or `1h`)",
                "f:10:15: error: `authorization_servers.hydra.strategy`: `introspekt` is not among the choices (write `introspect` or `verify` or `verify_or_introspect`)",
                "f:14:17: error: `upstreams.orders.url`: `https` upstreams are not supported yet (write `http://…` or `unix:/…`)",
                "f:18:15: error: `routes.orders.read.methods[0]`: `get` is another method than `GET` (write `GET`)",
                "f:19:5: error: unknown key `scope` in `routes[0]` (did you mean `scopes`?)",
                "f:22:13: error: `routes.orders.write.paths[0]`: `orders` does not begin with `/` (write `/orders`)",
                "f:23:15: error: `routes.orders.write.upstream`: no upstream is called `order` (did you mean `orders`?)",
                "f:24:11: error: `routes[2]`: the name `orders.read` is taken by the route on line 16 (give each route a name of its own)",
            ])
    }

    private static func paths(of node: ConfigurationNode, at path: String, names: [String]) -> Set<String> {
        switch node.content {
        case .scalar: return []
        case .list(let items):
            return items.reduce(into: []) { $0.formUnion(Self.paths(of: $1, at: path + "[]", names: names)) }
        case .mapping(let members):
            return members.reduce(into: []) { found, member in
                let isNamed = names.contains(String(path.split(separator: ".").last ?? ""))
                let inner = path.isEmpty ? member.key : "\(path).\(isNamed ? "NAME" : member.key)"
                found.insert(inner)
                found.formUnion(Self.paths(of: member.value, at: inner, names: names))
            }
        }
    }
}
