import OAuthModel

/// A value whose members are listed once, for reading and for writing.
protocol JSONMapped: Sendable {
    /// What there is before reading: nothing, and an empty text for what must be there.
    init()

    var additionalMembers: AdditionalMembers { get set }

    /// Takes every member from the map, or puts every one into it.
    mutating func map(_ members: inout MemberMap) throws(MemberProblem)
}

extension JSONMapped {
    /// Reads an object; one without a text of the required name is not what was asked for.
    init(reading value: JSONValue, requiring name: String? = nil) throws(MemberProblem) {
        guard case .object(let object) = value else { throw MemberProblem(kind: "an object") }
        if let name, object[name]?.stringValue?.isEmpty ?? true { throw MemberProblem(name, kind: "there") }
        self.init()
        var map = MemberMap(reading: object)
        try self.map(&map)
        self.additionalMembers = AdditionalMembers(map.members)
    }

    /// The value as a JSON object: what is nil is left out, additional members go along.
    var json: JSONObject {
        var copy = self
        var map = MemberMap(writing: self.additionalMembers.members)
        do {
            try copy.map(&map)
        } catch {
            preconditionFailure("writing refuses nothing: \(error)")
        }
        return map.members
    }
}

/// Why a body cannot be used: a member is missing, or of another kind.
///
/// Says where and what was wanted, never what was there.
struct MemberProblem: Error, Sendable, Hashable, CustomStringConvertible {
    var path: [String] = []
    var kind: String

    init(_ name: String? = nil, kind: String) {
        self.path = name.map { [$0] } ?? []
        self.kind = kind
    }

    func inside(_ name: String) -> MemberProblem {
        var problem = self
        problem.path.insert(name, at: 0)
        return problem
    }

    var description: String {
        self.path.isEmpty ? "the body is not \(self.kind)" : "`\(self.path.joined(separator: "."))` is not \(self.kind)"
    }
}
