package import OAuthModel

/// One condition on a claim (SPEC §3): compared by kind and bytes, so `1` is not `"1"`.
///
/// A claim that is missing or of another kind does not meet it.
package struct ClaimRequirement: Sendable, Equatable {
    /// The claim's name; dots step into objects (`ext.tenant`).
    package var claim: String
    package var condition: Condition

    package enum Condition: Sendable, Equatable {
        case equals(Operand)
        case oneOf([JSONValue])
        /// The claim is a list that holds the value.
        case contains(JSONValue)
        case containsAny([JSONValue])
        case present
    }

    /// What `equals` compares with: a value as written, or a part of the request.
    package enum Operand: Sendable, Equatable {
        case value(JSONValue)
        /// `{path.NAME}`: what `{NAME}` of the route's path took, decoded.
        case pathParameter(String)
        /// `{host.N}`: label N of the request's host, from the left, in lower case.
        case hostLabel(Int)
    }

    package init(claim: String, condition: Condition) {
        self.claim = claim
        self.condition = condition
    }
}
