public import OAuthModel

extension HydraClient {
    /// As which client to speak at the token and revocation endpoints, and how to prove it.
    ///
    /// The method must be the one the client is registered with (``OAuth2Client/tokenEndpointAuthMethod``).
    public struct ClientIdentity: Sendable {
        enum Proof: Sendable {
            case none
            case basic(SecretBytes)
            case post(SecretBytes)
            case assertion(AssertionSigner, audience: String?)
        }

        public let clientID: String
        let proof: Proof

        /// `none`: a public client.
        public static func none(clientID: String) -> Self { Self(clientID: clientID, proof: .none) }

        /// `client_secret_basic`: both parts form-encoded first (RFC 6749 §2.3.1), so that any character may be in them.
        public static func secretBasic(_ credentials: ClientCredentials) -> Self {
            Self(clientID: credentials.clientID, proof: .basic(credentials.secret))
        }

        /// `client_secret_post`.
        public static func secretPost(_ credentials: ClientCredentials) -> Self {
            Self(clientID: credentials.clientID, proof: .post(credentials.secret))
        }

        /// `private_key_jwt` (OpenID Connect Core 1.0 §9): a fresh assertion for every request.
        ///
        /// `audience`: the URL of the token endpoint as the server knows it; nil takes that of
        /// ``Configuration/publicURL``.
        public static func privateKeyJWT(
            clientID: String, signer: AssertionSigner, audience: String? = nil
        ) -> Self {
            Self(clientID: clientID, proof: .assertion(signer, audience: audience))
        }
    }

    /// Adds to a form, and to the fields, what proves who asks.
    func authenticate(
        _ call: inout Call, _ form: inout [FormURLEncoded.Parameter], as client: ClientIdentity
    ) throws(HydraClientError) {
        func add(_ name: String, _ value: String) { form.append(FormURLEncoded.Parameter(name: name, value: value)) }
        switch client.proof {
        case .none:
            add("client_id", client.clientID)
        case .basic(let secret):
            let field = ClientCredentials(clientID: client.clientID, secret: secret).basicFieldValue()
            call.fields.append(("Authorization", field.text))
            // Without its scheme as well: whoever decodes the rest has the secret.
            call.secrets += [secret, field, SecretBytes(Array(field.bytes.dropFirst("Basic ".utf8.count)))]
        case .post(let secret):
            add("client_id", client.clientID)
            add("client_secret", secret.text)
            call.secrets.append(secret)
        case .assertion(let signer, let audience):
            let endpoint = try self.base(.public, for: call.operation).url(Self.tokenPath)
            let assertion = try signer.assertion(
                issuer: client.clientID, subject: client.clientID, audience: audience ?? endpoint,
                at: self.configuration.clock())
            add("client_id", client.clientID)
            add("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            add("client_assertion", assertion.text)
            call.secrets.append(assertion)
        }
    }

    static let tokenPath = "/oauth2/token"
}

extension HydraClient.ClientIdentity: CustomStringConvertible, CustomReflectable {
    public var description: String { "ClientIdentity(\(self.clientID))" }
    public var customMirror: Mirror { Mirror(self, children: ["clientID": self.clientID]) }
}
