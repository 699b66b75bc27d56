/// Claims and introspection members with a registered meaning (RFC 7519 §4.1, RFC 7662 §2.2, RFC 8693 §4, RFC 7800 §3.1).
public enum RegisteredClaim: String, Sendable, Hashable, CaseIterable {
    case active
    case issuer = "iss"
    case subject = "sub"
    case audience = "aud"
    case expirationTime = "exp"
    case notBefore = "nbf"
    case issuedAt = "iat"
    case jwtID = "jti"
    case scope
    case clientID = "client_id"
    case username
    case tokenType = "token_type"
    /// Hydra's word for the kind of token an answer is about.
    case tokenUse = "token_use"
    case confirmation = "cnf"
}

extension RegisteredClaim {
    /// A place in a table of all of them, from 0.
    var index: Int {
        switch self {
        case .active: 0
        case .issuer: 1
        case .subject: 2
        case .audience: 3
        case .expirationTime: 4
        case .notBefore: 5
        case .issuedAt: 6
        case .jwtID: 7
        case .scope: 8
        case .clientID: 9
        case .username: 10
        case .tokenType: 11
        case .tokenUse: 12
        case .confirmation: 13
        }
    }

    /// The claim that has exactly these bytes as its name.
    ///
    /// Told apart by length first, so that each member of an answer is looked at once, not once for each claim.
    init?(octets name: Span<UInt8>) {
        let claim: RegisteredClaim? =
            switch name.count {
            case 3: Self.threeLetters(name[0], name[1])
            case 5: .scope
            case 6: .active
            case 8: .username
            case 9: name[0] == UInt8(ascii: "c") ? .clientID : .tokenUse
            case 10: .tokenType
            default: nil
            }
        guard let claim, claim.rawValue.utf8.span.hasSameOctets(as: name) else { return nil }
        self = claim
    }

    /// The claim that begins so; the caller compares the rest.
    private static func threeLetters(_ first: UInt8, _ second: UInt8) -> RegisteredClaim? {
        switch (first, second) {
        case (UInt8(ascii: "i"), UInt8(ascii: "s")): .issuer
        case (UInt8(ascii: "i"), _): .issuedAt
        case (UInt8(ascii: "s"), _): .subject
        case (UInt8(ascii: "a"), _): .audience
        case (UInt8(ascii: "e"), _): .expirationTime
        case (UInt8(ascii: "n"), _): .notBefore
        case (UInt8(ascii: "j"), _): .jwtID
        case (UInt8(ascii: "c"), _): .confirmation
        default: nil
        }
    }
}
