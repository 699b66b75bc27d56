public import FoundationEssentials
import OAuthModel

/// Whose assertions are to be taken for tokens (`trustOAuth2JwtGrantIssuer`; RFC 7523 §2.1).
public struct TrustOAuth2JWTGrantIssuer: Sendable {
    /// `iss` of the assertions.
    public var issuer: String
    /// For whom it may speak.
    public var subject: Subject
    /// What its assertions may ask for.
    public var scope: [String]
    /// The public key that signs them, with its `kid`.
    public var key: HydraClient.JSONWebKey
    /// When the trust ends.
    public var expiresAt: Date

    /// For whom an issuer speaks.
    public enum Subject: Sendable, Hashable {
        /// For this one alone: `sub` of its assertions.
        case only(String)
        /// For anybody.
        case any
    }

    public init(
        issuer: String, subject: Subject, scope: [String], key: HydraClient.JSONWebKey, expiresAt: Date
    ) {
        self.issuer = issuer
        self.subject = subject
        self.scope = scope
        self.key = key
        self.expiresAt = expiresAt
    }
}

extension TrustOAuth2JWTGrantIssuer {
    var json: JSONObject {
        var members: JSONObject = [
            "issuer": .string(self.issuer), "scope": .strings(self.scope), "jwk": .object(self.key.json),
            "expires_at": .string(RFC3339Text.text(self.expiresAt)),
        ]
        switch self.subject {
        case .only(let subject): members["subject"] = .string(subject)
        case .any: members["allow_any_subject"] = true
        }
        return members
    }
}
