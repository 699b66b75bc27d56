/// Why a key of a set is not used.
///
/// Closed: each is a log label.
package enum KeyProblem: Error, Sendable, Hashable, CaseIterable {
    case notAnObject
    /// Which of the two counts is a guess (RFC 7517 §4).
    case duplicateMember
    case malformedMember
    case missingMember
    case unknownKeyType
    case unknownCurve
    case symmetricKey
    case privateKey
    case notForSignatures
    case algorithmNotAllowed
    case algorithmOfAnotherKind
    case notMinimal
    case modulusTooSmall
    case modulusTooLarge
    case modulusRefused
    case exponentRefused
    case coordinateLength
    case pointRefused
    case ambiguousKeyIdentifier
    case duplicate

    package var label: StaticString {
        switch self {
        case .notAnObject: "not_an_object"
        case .duplicateMember: "duplicate_member"
        case .malformedMember: "malformed_member"
        case .missingMember: "missing_member"
        case .unknownKeyType: "unknown_key_type"
        case .unknownCurve: "unknown_curve"
        case .symmetricKey: "symmetric_key"
        case .privateKey: "private_key"
        case .notForSignatures: "not_for_signatures"
        case .algorithmNotAllowed: "algorithm_not_allowed"
        case .algorithmOfAnotherKind: "algorithm_of_another_kind"
        case .notMinimal: "number_not_minimal"
        case .modulusTooSmall: "modulus_too_small"
        case .modulusTooLarge: "modulus_too_large"
        case .modulusRefused: "modulus_refused"
        case .exponentRefused: "exponent_refused"
        case .coordinateLength: "coordinate_length"
        case .pointRefused: "point_refused"
        case .ambiguousKeyIdentifier: "ambiguous_kid"
        case .duplicate: "duplicate"
        }
    }
}
