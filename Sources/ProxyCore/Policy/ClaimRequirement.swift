package import OAuthModel

/// One condition on a claim (SPEC §3): compared by kind and bytes, so `1` is not `"1"`.
///
/// A claim that is missing, `null` or of another kind does not meet it.
package struct ClaimRequirement: Sendable, Hashable {
    /// Dots step into objects (`ext.tenant`).
    package let claim: ClaimPath
    package let condition: Condition

    package enum Condition: Sendable, Hashable {
        case equals(Operand)
        case oneOf([JSONValue])
        /// The claim is a list that holds the value.
        case contains(JSONValue)
        case containsAny([JSONValue])
        case present
    }

    /// What `equals` compares with: a value as written, or a part of the request.
    package enum Operand: Sendable, Hashable {
        case value(JSONValue)
        /// `{path.NAME}`: what `{NAME}` of the route's path took, decoded.
        case pathParameter(String)
        /// `{host.N}`: label N of the request's host, from the left, in lower case.
        case hostLabel(Int)
    }

    package init(claim: ClaimPath, condition: Condition) {
        self.claim = claim
        self.condition = condition
    }

    func isMet(by claims: ClaimSet, captures: borrowing RouteCaptures) -> Bool {
        guard let value = claims[self.claim], !value.isNull else { return false }
        switch self.condition {
        case .present: return true
        case .equals(.value(let wanted)): return value == wanted
        case .equals(.pathParameter(let name)): return Self.equals(value, captures.value(ofParameter: name))
        case .equals(.hostLabel(let index)): return Self.equals(value, captures.hostLabel(index))
        case .oneOf(let wanted): return wanted.contains(value)
        case .contains(let wanted):
            guard case .array(let elements) = value else { return false }
            return elements.contains(wanted)
        case .containsAny(let wanted):
            guard case .array(let elements) = value else { return false }
            return elements.contains { wanted.contains($0) }
        }
    }

    /// A part of the request is text: only a text claim can equal it.
    private static func equals(_ value: JSONValue, _ part: [UInt8]?) -> Bool {
        guard let part, case .string(let text) = value else { return false }
        return text.utf8.elementsEqual(part)
    }
}
