/// What is said about a token: the claims of a JWT or the members of an introspection answer.
public struct ClaimSet: Sendable, Hashable {
    public let members: JSONObject

    public init(_ members: JSONObject) { self.members = members }

    /// The claim of exactly this name.
    ///
    /// `.null` is a value here; whether it means "absent" is for the reader to say.
    public subscript(name: String) -> JSONValue? { self.members[name] }

    public subscript(claim: RegisteredClaim) -> JSONValue? { self.members[claim.rawValue] }

    /// The claim at a path such as `ext.tenant`.
    public subscript(path: ClaimPath) -> JSONValue? { path.find(in: self.members) }
}

/// A claim name in which dots step into objects: `ext.tenant` is the member `tenant` of the member `ext`.
///
/// Claim names may contain dots themselves (`https://example.com/tenant`), so at each step the longest name that exists is
/// taken: first all that is left of the path as one literal name, then ever shorter beginnings of it that name an object.
/// The step taken is final; there is no second try through another object. Made once, looked up without allocating.
public struct ClaimPath: Sendable, Hashable {
    public let text: String
    private let dots: [Int]

    /// `nil` for empty text.
    public init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        self.text = text
        self.dots = text.utf8.enumerated().filter { $0.element == UInt8(ascii: ".") }.map(\.offset)
    }

    func find(in members: JSONObject) -> JSONValue? {
        self.find(in: members, from: 0)
    }

    private func find(in members: JSONObject, from start: Int) -> JSONValue? {
        let bytes = self.text.utf8.span
        if let value = members.member(named: bytes.extracting(start..<bytes.count)) { return value }
        for dot in self.dots.reversed() where dot >= start {
            if case .object(let inner)? = members.member(named: bytes.extracting(start..<dot)) {
                return self.find(in: inner, from: dot + 1)
            }
        }
        return nil
    }

    public static func == (left: ClaimPath, right: ClaimPath) -> Bool { left.text.hasSameOctets(as: right.text) }
    public func hash(into hasher: inout Hasher) { hasher.combine(self.text) }
}
