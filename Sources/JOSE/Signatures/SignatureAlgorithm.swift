import OAuthModel

/// The signature algorithms a token may be signed with (RFC 7518 §3.1, RFC 8037 §3.1).
///
/// The list is closed: `none` and the HMAC family are not in it, so no configuration can allow them (RFC 8725 §3.1).
package enum SignatureAlgorithm: UInt8, Sendable, Hashable, CaseIterable {
    case rs256, rs384, rs512
    case ps256, ps384, ps512
    case es256, es384, es512
    case edDSA

    /// The algorithm of that name; names are case-sensitive (RFC 7515 §4.1.1).
    package init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.name.hasSameOctets(as: name) }) else { return nil }
        self = match
    }

    package var name: String {
        switch self {
        case .rs256: "RS256"
        case .rs384: "RS384"
        case .rs512: "RS512"
        case .ps256: "PS256"
        case .ps384: "PS384"
        case .ps512: "PS512"
        case .es256: "ES256"
        case .es384: "ES384"
        case .es512: "ES512"
        case .edDSA: "EdDSA"
        }
    }

    /// The kind of key it needs.
    package var keyKind: KeyKind {
        switch self {
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
        case .es256: .ellipticCurve(.p256)
        case .es384: .ellipticCurve(.p384)
        case .es512: .ellipticCurve(.p521)
        case .edDSA: .ed25519
        }
    }

    /// The hash taken of the signing input; Ed25519 hashes for itself.
    var hash: HashFunction? {
        switch self {
        case .rs256, .ps256, .es256: .sha256
        case .rs384, .ps384, .es384: .sha384
        case .rs512, .ps512, .es512: .sha512
        case .edDSA: nil
        }
    }

    /// Whether it is RSASSA-PSS (RFC 7518 §3.5).
    var isPSS: Bool {
        switch self {
        case .ps256, .ps384, .ps512: true
        case .rs256, .rs384, .rs512, .es256, .es384, .es512, .edDSA: false
        }
    }
}

extension SignatureAlgorithm: CustomStringConvertible {
    package var description: String { self.name }
}

/// What a key is, as far as the choice of an algorithm goes.
package enum KeyKind: Sendable, Hashable {
    case rsa
    case ellipticCurve(EllipticCurve)
    case ed25519
}

/// The curves of RFC 7518 §6.2.1.1.
package enum EllipticCurve: Sendable, Hashable, CaseIterable {
    case p256, p384, p521

    package init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.name.hasSameOctets(as: name) }) else { return nil }
        self = match
    }

    /// The `crv` value.
    package var name: String {
        switch self {
        case .p256: "P-256"
        case .p384: "P-384"
        case .p521: "P-521"
        }
    }

    /// Bytes of one coordinate, and of r and of s (RFC 7518 §3.4, §6.2.1.2).
    package var coordinateByteCount: Int {
        switch self {
        case .p256: 32
        case .p384: 48
        case .p521: 66
        }
    }
}
