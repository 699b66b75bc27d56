public import OAuthModel

/// One change of a JSON document (`jsonPatch`; RFC 6902 §4).
///
/// Hydra knows `add`, `remove` and `replace` and refuses the others; paths are JSON Pointers (RFC 6901).
public struct JSONPatchOperation: Sendable {
    /// The operations of RFC 6902 §4.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case add, remove, replace, move, copy, test
    }

    /// `op`.
    public var kind: Kind
    /// Which member, as a JSON Pointer: `/redirect_uris/0`.
    public var path: String
    /// What it becomes, for `add`, `replace` and `test`.
    public var value: JSONValue?
    /// Where it comes from, for `move` and `copy`.
    public var from: String?

    public init(_ kind: Kind, path: String, value: JSONValue? = nil, from: String? = nil) {
        self.kind = kind
        self.path = path
        self.value = value
        self.from = from
    }

    /// Sets a member, or inserts an element; `-` as the last step of the path is the end of a list.
    public static func add(_ path: String, _ value: JSONValue) -> Self { Self(.add, path: path, value: value) }

    /// Takes a member or an element away; what is not there is an error.
    public static func remove(_ path: String) -> Self { Self(.remove, path: path) }

    /// Puts another value in the place of one that is there.
    public static func replace(_ path: String, _ value: JSONValue) -> Self { Self(.replace, path: path, value: value) }

    /// What must not come back in an error: a secret named by the path, or within the value.
    var secrets: [SecretBytes] {
        guard let value, let name = self.path.split(separator: "/").last else { return [] }
        return Redaction.secrets(in: .object([String(name): value]))
    }

    var json: JSONObject {
        var members: JSONObject = ["op": .string(self.kind.rawValue), "path": .string(self.path)]
        if let value { members["value"] = value }
        if let from { members["from"] = .string(from) }
        return members
    }
}

// The value may be a new secret.
extension JSONPatchOperation: CustomStringConvertible, CustomReflectable {
    public var description: String { "\(self.kind.rawValue) \(self.path)" }
    public var customMirror: Mirror { Mirror(self, children: ["kind": self.kind, "path": self.path]) }
}
