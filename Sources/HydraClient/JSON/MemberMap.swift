import FoundationEssentials
import OAuthModel

/// Carries members between the properties of a value and its JSON, in the direction it was made for.
///
/// Reading takes members out of the object, so that what is left are the unknown ones; `null` is absent (Hydra's servers
/// write it for whatever is unset). Writing leaves out what is nil, and lists that are empty: Hydra takes both alike.
struct MemberMap {
    private(set) var members: JSONObject
    private let isReading: Bool

    init(reading members: JSONObject) {
        self.members = members
        self.isReading = true
    }

    init(writing members: JSONObject) {
        self.members = members
        self.isReading = false
    }

    mutating func text(_ name: String, _ value: inout String?) throws(MemberProblem) {
        try self.map(name, &value, kind: "a text") {
            $0.stringValue
        } write: {
            .string($0)
        }
    }

    /// One without which the value makes no sense.
    mutating func text(required name: String, _ value: inout String) throws(MemberProblem) {
        var wanted: String? = value
        try self.text(name, &wanted)
        guard let wanted else { throw MemberProblem(name, kind: "there") }
        value = wanted
    }

    mutating func secret(_ name: String, _ value: inout SecretBytes?) throws(MemberProblem) {
        try self.map(name, &value, kind: "a text") {
            $0.stringValue.map { SecretBytes($0) }
        } write: {
            .string($0.text)
        }
    }

    mutating func flag(_ name: String, _ value: inout Bool?) throws(MemberProblem) {
        try self.map(name, &value, kind: "true or false") {
            $0.boolValue
        } write: {
            .bool($0)
        }
    }

    /// A whole number; of one with a fraction the whole part below it.
    mutating func integer(_ name: String, _ value: inout Int64?) throws(MemberProblem) {
        try self.map(name, &value, kind: "a whole number") {
            NumericDate(json: $0, rounding: .down)?.seconds
        } write: {
            .integer($0)
        }
    }

    /// A number of seconds; in writing, of a part of a second a whole one.
    mutating func seconds(_ name: String, _ value: inout Duration?) throws(MemberProblem) {
        try self.map(name, &value, kind: "a number of seconds") {
            NumericDate(json: $0, rounding: .down).map { Duration.seconds($0.seconds) }
        } write: {
            .integer($0.wholeSeconds)
        }
    }

    mutating func list(_ name: String, _ value: inout [String]) throws(MemberProblem) {
        var list: [String]? = value.isEmpty ? nil : value
        try self.map(name, &list, kind: "a list of texts") {
            $0.stringListValue
        } write: {
            .strings($0)
        }
        value = list ?? []
    }

    /// A date of RFC 3339; the one before all others, which Go writes for none, is none.
    mutating func date(_ name: String, _ value: inout Date?) throws(MemberProblem) {
        try self.map(name, &value, kind: "a date of RFC 3339") {
            $0.stringValue.flatMap { RFC3339Text.date($0) }
        } write: {
            .string(RFC3339Text.text($0))
        }
        if self.isReading, value == RFC3339Text.unset { value = nil }
    }

    mutating func duration(_ name: String, _ value: inout Duration?) throws(MemberProblem) {
        try self.map(name, &value, kind: "a duration such as 1h30m0s") {
            $0.stringValue.flatMap { GoDurationText.duration($0) }
        } write: {
            .string(GoDurationText.text($0))
        }
    }

    mutating func json(_ name: String, _ value: inout JSONValue?) throws(MemberProblem) {
        try self.map(name, &value, kind: "JSON") {
            $0
        } write: {
            $0
        }
    }

    mutating func object(_ name: String, _ value: inout JSONObject?) throws(MemberProblem) {
        try self.map(name, &value, kind: "an object") {
            $0.objectValue
        } write: {
            .object($0)
        }
    }

    mutating func nested<Value: JSONMapped>(_ name: String, _ value: inout Value?) throws(MemberProblem) {
        guard self.isReading else {
            if let value { self.members[name] = .object(value.json) }
            return
        }
        value = try self.take(name).map { (member) throws(MemberProblem) in
            do throws(MemberProblem) {
                return try Value(reading: member)
            } catch {
                throw error.inside(name)
            }
        }
    }

    /// Unknown members that belong to a value whose members lie among those of another one.
    mutating func unknown(
        _ value: inout AdditionalMembers, where belongs: (_ name: String) -> Bool
    ) {
        guard self.isReading else {
            for member in value.members.members where self.members[member.name] == nil {
                self.members[member.name] = member.value
            }
            return
        }
        for member in self.members.members where belongs(member.name) {
            value[member.name] = member.value
            self.members[member.name] = nil
        }
    }

    private mutating func map<Value>(
        _ name: String, _ value: inout Value?, kind: String, read: (JSONValue) -> Value?, write: (Value) -> JSONValue
    ) throws(MemberProblem) {
        guard self.isReading else {
            if let value { self.members[name] = write(value) }
            return
        }
        guard let member = self.take(name) else {
            value = nil
            return
        }
        guard let read = read(member) else { throw MemberProblem(name, kind: kind) }
        value = read
    }

    private mutating func take(_ name: String) -> JSONValue? {
        guard let member = self.members[name] else { return nil }
        self.members[name] = nil
        return member.isNull ? nil : member
    }
}
