/// The members of a JSON object in the order they were written (RFC 8259 §4).
///
/// A name occurs once: the reader refuses a second one, and setting a member replaces it. Names are compared by their bytes.
public struct JSONObject: Sendable {
    public struct Member: Sendable, Hashable {
        public let name: String
        public var value: JSONValue

        public static func == (left: Member, right: Member) -> Bool {
            left.name.hasSameOctets(as: right.name) && left.value == right.value
        }
    }

    public private(set) var members: [Member]

    public init() { self.members = [] }

    /// Members whose names the caller has already shown to be distinct.
    init(distinct members: [Member]) { self.members = members }

    public var isEmpty: Bool { self.members.isEmpty }
    public var count: Int { self.members.count }

    /// The member with exactly these bytes as its name.
    ///
    /// `.null` is a value, `nil` is no member.
    public subscript(name: String) -> JSONValue? {
        get { self.member(named: name.utf8.span) }
        set {
            let index = self.members.firstIndex { $0.name.hasSameOctets(as: name) }
            switch (index, newValue) {
            case (let index?, let value?): self.members[index].value = value
            case (let index?, nil): self.members.remove(at: index)
            case (nil, let value?): self.members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// The member whose name is these bytes.
    private func member(named name: Span<UInt8>) -> JSONValue? {
        for index in self.members.indices where self.members[index].name.utf8.count == name.count {
            if self.members[index].name.utf8.span.hasSameOctets(as: name) { return self.members[index].value }
        }
        return nil
    }
}

extension JSONObject: Hashable {
    /// The same members, in any order: an object is an unordered collection (RFC 8259 §1).
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.members.count == right.members.count else { return false }
        if left.members == right.members { return true }
        return left.members.allSatisfy { right[$0.name] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        // Order must not matter, so each member is hashed by itself and the results are combined commutatively.
        var combined = 0
        for member in self.members {
            var inner = hasher
            inner.combine(member.name)
            inner.combine(member.value)
            combined ^= inner.finalize()
        }
        hasher.combine(combined)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init()
        for (name, value) in elements {
            precondition(self[name] == nil, "a literal must not name a member twice")
            self[name] = value
        }
    }
}
