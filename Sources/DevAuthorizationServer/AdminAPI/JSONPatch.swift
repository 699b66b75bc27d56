import OAuthModel

/// A JSON Patch (RFC 6902) as Hydra takes it: `add`, `remove` and `replace`; `move`, `copy` and `test` are refused.
///
/// Nothing of a patch is kept unless all of it could be done.
struct JSONPatch: Sendable {
    private enum Change: Sendable {
        case add(JSONValue)
        case remove
        /// Of a member that is not there: the same as `add`, since answers leave out what is unset.
        case replace(JSONValue)
    }

    private let operations: [(path: JSONPointer, change: Change)]

    /// More than any client has members; a patch is applied while all other writes wait.
    private static let operationsMax = 256

    /// - Parameter readOnly: members of the document that no operation may touch.
    init(_ value: JSONValue, readOnly: Set<String>) throws {
        guard let list = value.arrayValue else { throw HydraError.malformed("The body is not a list of operations.") }
        guard list.count <= Self.operationsMax else {
            throw HydraError.malformed("The patch has more than \(Self.operationsMax) operations.")
        }
        self.operations = try list.enumerated().map { index, value in
            guard let operation = value.objectValue else {
                throw HydraError.malformed("Operation \(index) is not an object.")
            }
            guard let text = operation["path"]?.stringValue, let path = JSONPointer(text), let first = path.tokens.first
            else { throw HydraError.malformed("Operation \(index) has no path to a member.") }
            guard !readOnly.contains(first) else { throw HydraError.malformed("'/\(first)' cannot be patched.") }
            return (path, try Self.change(operation, index))
        }
    }

    private static func change(_ operation: JSONObject, _ index: Int) throws -> Change {
        switch operation["op"]?.stringValue {
        case "remove": return .remove
        case "add", "replace":
            guard let value = operation["value"] else { throw HydraError.malformed("Operation \(index) has no value.") }
            return operation["op"] == "add" ? .add(value) : .replace(value)
        default: throw HydraError.malformed("Operation \(index) is none of 'add', 'remove' and 'replace'.")
        }
    }

    func apply(to document: JSONObject) throws -> JSONObject {
        var value = JSONValue.object(document)
        for operation in self.operations {
            try Self.apply(operation.change, at: operation.path.tokens[...], of: operation.path, in: &value)
        }
        return value.objectValue ?? document
    }

    /// In place: a value is taken out of what holds it while it is changed, or every operation would copy the document.
    ///
    /// After an error nobody looks at what is left.
    private static func apply(
        _ change: Change, at tokens: ArraySlice<String>, of path: JSONPointer, in value: inout JSONValue
    ) throws {
        guard let token = tokens.first else { return }
        let rest = tokens.dropFirst()
        let whole = value
        value = .null
        switch consume whole {
        case .object(var object):
            if !rest.isEmpty {
                guard var inner = object[token] else { throw path.leadsNowhere }
                object[token] = .null
                try self.apply(change, at: rest, of: path, in: &inner)
                object[token] = inner
                value = .object(object)
                return
            }
            switch change {
            case .add(let new), .replace(let new): object[token] = new
            case .remove:
                guard object[token] != nil else { throw path.leadsNowhere }
                object[token] = nil
            }
            value = .object(object)
        case .array(var list):
            if rest.isEmpty, case .add(let new) = change {
                guard let index = token == "-" ? list.count : JSONPointer.index(token), index <= list.count else {
                    throw path.leadsNowhere
                }
                list.insert(new, at: index)
                value = .array(list)
                return
            }
            guard let index = JSONPointer.index(token), index < list.count else { throw path.leadsNowhere }
            switch change {
            case _ where !rest.isEmpty: try self.apply(change, at: rest, of: path, in: &list[index])
            case .add(let new), .replace(let new): list[index] = new
            case .remove: list.remove(at: index)
            }
            value = .array(list)
        case .null, .bool, .number, .string: throw path.leadsNowhere
        }
    }
}
