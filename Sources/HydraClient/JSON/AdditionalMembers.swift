public import OAuthModel

/// Members of an answer that this version has no property for, kept as they were written.
///
/// Prints their names only: nobody knows what a later server puts there.
public struct AdditionalMembers: Sendable, Hashable {
    /// In the order they were written.
    public var members: JSONObject

    public init(_ members: JSONObject = JSONObject()) { self.members = members }

    public var isEmpty: Bool { self.members.isEmpty }

    public subscript(name: String) -> JSONValue? {
        get { self.members[name] }
        set { self.members[name] = newValue }
    }
}

extension AdditionalMembers: CustomStringConvertible, CustomReflectable {
    public var description: String { "\(self.members.members.map(\.name))" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
