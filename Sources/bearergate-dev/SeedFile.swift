import DevAuthorizationServer
import Foundation
import OAuthModel
import Yams

/// What a development server begins with, from a YAML file: `clients`, `users` and `trusted_issuers`.
struct SeedFile: Sendable {
    /// Nil when the file names none.
    var users: [DevAuthorizationServer.User]?
    /// All but the users.
    var document = JSONObject()

    init(path: String) throws {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Unreadable(description: "the seed \(path) cannot be read")
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw Unreadable(description: "the seed \(path) is no YAML: \(error)")
        }
        guard let root else { return }
        guard case .object(let document) = try Self.value(of: root) else {
            throw Unreadable(
                description: "the seed \(path) is no mapping with 'clients', 'users' and 'trusted_issuers'")
        }
        self.document = document
        guard let users = document["users"] else { return }
        self.document["users"] = nil
        self.users = try (users.arrayValue ?? []).map { user in
            if let name = user.stringValue { return DevAuthorizationServer.User(name) }
            guard let name = user.objectValue?["name"]?.stringValue else {
                throw Unreadable(description: "a user of the seed is neither a name nor a mapping with 'name'")
            }
            return DevAuthorizationServer.User(name, claims: user.objectValue?["claims"]?.objectValue ?? [:])
        }
    }

    struct Unreadable: Error, CustomStringConvertible { let description: String }

    /// Values as JSON has them: what is quoted is text, and so is all that is neither a number nor one of three words.
    private static func value(of node: Node) throws -> JSONValue {
        switch node {
        case .scalar(let scalar):
            guard scalar.style == .any || scalar.style == .plain else { return .string(scalar.string) }
            switch scalar.string {
            case "", "~", "null": return .null
            case "true": return true
            case "false": return false
            default: return JSONNumber(scalar.string).map { .number($0) } ?? .string(scalar.string)
            }
        case .sequence(let sequence):
            return .array(try sequence.map { try Self.value(of: $0) })
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, value) in mapping {
                guard let name = key.string else { throw Unreadable(description: "a key of the seed is no text") }
                object[name] = try Self.value(of: value)
            }
            return .object(object)
        case .alias:
            throw Unreadable(description: "the seed has an alias that leads nowhere")
        }
    }
}
