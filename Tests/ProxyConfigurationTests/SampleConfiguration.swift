@testable import ProxyConfiguration

/// A small configuration that tests change one key of; written as one line of YAML.
struct SampleConfiguration {
    private var root = Value.mapping([])

    indirect enum Value {
        case scalar(String)
        case mapping([(String, Value)])
        case list([Value])

        var text: String {
            switch self {
            case .scalar(let text): text
            case .mapping(let members): "{" + members.map { "\($0.0): \($0.1.text)" }.joined(separator: ", ") + "}"
            case .list(let items): "[" + items.map(\.text).joined(separator: ", ") + "]"
            }
        }
    }

    /// One of everything, each as small as it can be.
    init() {
        self.set("version", "1")
        self.set("listeners[].address", "127.0.0.1:8080")
        self.set("authorization_servers.main.issuer", "https://as.example.com/")
        self.set("authorization_servers.main.strategy", "verify_or_introspect")
        self.set("authorization_servers.main.introspection.endpoint", "http://127.0.0.1:4445/introspect")
        self.set("authorization_servers.main.jwt.jwks_uri", "https://as.example.com/jwks.json")
        self.set("authorization_servers.main.jwt.audiences", "[api]")
        self.set("upstreams.main.url", "http://127.0.0.1:9000")
        self.set("routes[].name", "orders")
        self.set("routes[].paths", "['/orders/{id}']")
        self.set("routes[].upstream", "main")
    }

    /// Sets a key by its path; `[]` is a list's first element, and a text is YAML as it stands.
    mutating func set(_ path: String, _ text: String) { Self.set(Self.steps(path), .scalar(text), in: &self.root) }
    mutating func remove(_ path: String) { Self.set(Self.steps(path), nil, in: &self.root) }

    func with(_ path: String, _ text: String) -> SampleConfiguration {
        var changed = self
        changed.set(path, text)
        return changed
    }

    func without(_ path: String) -> SampleConfiguration {
        var changed = self
        changed.remove(path)
        return changed
    }

    var text: String { self.root.text }

    func loaded(environment: [String: String] = [:]) throws(ConfigurationProblems) -> CompiledConfiguration {
        try ConfigurationReloader(environment: environment).load(text: self.text)
    }

    /// Errors as printed, without place.
    func errors(environment: [String: String] = [:]) -> [String] {
        do {
            _ = try self.loaded(environment: environment)
            return []
        } catch {
            return error.errors.map { "\($0.message) (\($0.remedy))" }
        }
    }

    private static func steps(_ path: String) -> [String] {
        path.split(separator: ".").flatMap { part in
            part.hasSuffix("[]") ? [String(part.dropLast(2)), "[]"] : [String(part)]
        }
    }

    private static func set(_ steps: [String], _ value: Value?, in tree: inout Value) {
        guard let step = steps.first else {
            if let value { tree = value }
            return
        }
        let rest = Array(steps.dropFirst())
        if step == "[]" {
            var first: Value = if case .list(let items) = tree, let item = items.first { item } else { .mapping([]) }
            Self.set(rest, value, in: &first)
            tree = .list([first])
            return
        }
        var members: [(String, Value)] = if case .mapping(let members) = tree { members } else { [] }
        if let index = members.firstIndex(where: { $0.0 == step }) {
            if rest.isEmpty && value == nil {
                members.remove(at: index)
            } else {
                Self.set(rest, value, in: &members[index].1)
            }
        } else if value != nil {
            var new = Value.mapping([])
            Self.set(rest, value, in: &new)
            members.append((step, new))
        }
        tree = .mapping(members)
    }
}

/// Problems of a text, as printed.
func problems(of text: String, environment: [String: String] = [:]) -> [String] {
    do {
        return try ConfigurationReloader(environment: environment).load(text: text, file: "f").warnings.map(
            \.description)
    } catch {
        return error.problems.map(\.description)
    }
}
