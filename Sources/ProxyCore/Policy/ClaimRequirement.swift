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
        let document = claims.document
        guard let place = claims.place(of: self.claim), !document.isNull(place) else { return false }
        switch self.condition {
        case .present: return true
        case .equals(.value(let wanted)): return document.holds(wanted, at: place)
        case .equals(.pathParameter(let name)):
            return Self.equals(document, place, captures.value(ofParameter: name))
        case .equals(.hostLabel(let index)): return Self.equals(document, place, captures.hostLabel(index))
        case .oneOf(let wanted): return Self.isAny(of: wanted, document, place)
        case .contains(let wanted): return Self.contains(anyOf: [wanted], document, place)
        case .containsAny(let wanted): return Self.contains(anyOf: wanted, document, place)
        }
    }

    private static func isAny(of wanted: [JSONValue], _ document: JSONDocument, _ place: JSONDocument.Place) -> Bool {
        for value in wanted where document.holds(value, at: place) { return true }
        return false
    }

    private static func contains(
        anyOf wanted: [JSONValue], _ document: JSONDocument, _ place: JSONDocument.Place
    ) -> Bool {
        guard document.isArray(place) else { return false }
        var contents = document.contents(of: place)
        while let element = contents.nextElement(in: document) {
            if self.isAny(of: wanted, document, element) { return true }
        }
        return false
    }

    /// A part of the request is text: only a text claim can equal it.
    private static func equals(_ document: JSONDocument, _ place: JSONDocument.Place, _ part: [UInt8]?) -> Bool {
        guard let part, document.isString(place) else { return false }
        return document.octets(of: place).hasSameOctets(as: part.span)
    }
}
