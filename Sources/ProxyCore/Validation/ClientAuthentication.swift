package import OAuthModel

/// How we prove to an authorization server who we are, with what that takes (RFC 7662 §2.1, RFC 6749 §2.3).
package enum ClientAuthentication: Sendable {
    case none
    case clientSecretBasic(ClientCredentials)
    case clientSecretPost(ClientCredentials)
    /// An access token of our own.
    case bearer(SecretBytes)

    package var method: ClientAuthenticationMethod {
        switch self {
        case .none: .none
        case .clientSecretBasic: .clientSecretBasic
        case .clientSecretPost: .clientSecretPost
        case .bearer: .bearer
        }
    }

    /// Who we are, as the part of a token's fingerprint that tells our identities apart; never a secret.
    var identity: [UInt8] {
        switch self {
        case .none, .bearer: Array(self.method.rawValue.utf8)
        case .clientSecretBasic(let credentials), .clientSecretPost(let credentials):
            Array(self.method.rawValue.utf8) + [0x20] + Array(credentials.clientID.utf8)
        }
    }
}

extension ClientAuthentication: Equatable {
    package static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.none, .none): true
        case (.clientSecretBasic(let one), .clientSecretBasic(let other)),
            (.clientSecretPost(let one), .clientSecretPost(let other)):
            one.clientID.utf8.elementsEqual(other.clientID.utf8) && one.secret == other.secret
        case (.bearer(let one), .bearer(let other)): one == other
        case (.none, _), (.clientSecretBasic, _), (.clientSecretPost, _), (.bearer, _): false
        }
    }
}
