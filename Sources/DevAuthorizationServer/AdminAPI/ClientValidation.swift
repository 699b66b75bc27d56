import OAuthModel

extension RegisteredClient {
    /// Fills in what was left out and holds the client against Hydra's rules; create, set and patch pass through here.
    ///
    /// - Parameter secret: the secret that came with it, if any; only its length is looked at.
    func validated(secret: String?) throws -> RegisteredClient {
        var client = self
        try client.validateIdentity(secret: secret)
        try client.validateAuthentication()
        try client.validateAddresses()
        if client.scope.isEmpty { client.scope = Self.defaultScope }
        if client.subjectType.isEmpty { client.subjectType = "public" }
        guard client.subjectType == "public" else {
            throw HydraError.invalidClientMetadata(
                "subject_type '\(client.subjectType)' is not supported, only 'public'.")
        }
        if client.userinfoSignedResponseAlgorithm.isEmpty { client.userinfoSignedResponseAlgorithm = "none" }
        guard ["none", "RS256"].contains(client.userinfoSignedResponseAlgorithm) else {
            throw HydraError.invalidClientMetadata("userinfo_signed_response_alg is neither 'none' nor 'RS256'.")
        }
        guard ["", "jwt", "opaque"].contains(client.accessTokenStrategy.lowercased()) else {
            throw HydraError.invalidClientMetadata("access_token_strategy is neither 'jwt' nor 'opaque'.")
        }
        client.accessTokenStrategy = client.accessTokenStrategy.lowercased()
        return client
    }

    private static let defaultScope = "offline_access offline openid"

    private func validateIdentity(secret: String?) throws {
        guard Identifiers.isUsable(self.id) else {
            throw HydraError.invalidClientMetadata(
                "client_id is empty, longer than \(Identifiers.bytesMax) bytes, or has control characters.")
        }
        // An address ends with it, where these two lead elsewhere (RFC 3986 §5.2.4).
        guard ![".", ".."].contains(self.id) else {
            throw HydraError.invalidClientMetadata("client_id is '\(self.id)', which no address can end with.")
        }
        if let secret, secret.utf8.count < Self.secretBytesMin {
            throw HydraError.invalidClientMetadata("client_secret has fewer than \(Self.secretBytesMin) bytes.")
        }
    }

    private static let secretBytesMin = 6

    private mutating func validateAuthentication() throws {
        if self.authenticationMethod.isEmpty { self.authenticationMethod = "client_secret_basic" }
        let hasKeySet = self.keySet != .object([:])
        guard !hasKeySet || self.keySetURI.isEmpty else {
            throw HydraError.invalidClientMetadata("jwks and jwks_uri may not both be set.")
        }
        if hasKeySet { try Self.validateKeySet(self.keySet) }
        guard self.authenticationMethod == "private_key_jwt" else { return }
        guard hasKeySet || !self.keySetURI.isEmpty else {
            throw HydraError.invalidClientMetadata("private_key_jwt needs jwks or jwks_uri.")
        }
        let algorithm = self.authenticationSigningAlgorithm
        guard algorithm.isEmpty || Self.assertionAlgorithms.contains(algorithm) else {
            throw HydraError.invalidClientMetadata("token_endpoint_auth_signing_alg '\(algorithm)' is not supported.")
        }
    }

    /// A list of keys, none of them a private one: answers show the set to whoever asks for the client.
    private static func validateKeySet(_ keySet: JSONValue) throws {
        guard let elements = keySet.objectValue?["keys"]?.arrayValue else {
            throw HydraError.invalidClientMetadata("jwks has no list 'keys'.")
        }
        for element in elements {
            guard let key = element.objectValue else {
                throw HydraError.invalidClientMetadata("A key of jwks is not an object.")
            }
            guard !key.isPrivateKey else { throw HydraError.invalidClientMetadata("A key of jwks is a private key.") }
        }
    }

    /// What a client may sign its assertions with.
    static let assertionAlgorithms = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    ]

    private mutating func validateAddresses() throws {
        for uri in self.redirectURIs where WebAddress(uri) == nil {
            throw HydraError.invalidRedirectURI("'\(uri)' is no absolute address, or it has a fragment.")
        }
        let sector = WebAddress(self.sectorIdentifierURI)
        guard self.sectorIdentifierURI.isEmpty || sector?.scheme == "https" && sector?.origin != nil else {
            throw HydraError.invalidClientMetadata("sector_identifier_uri is no https address.")
        }
        // By bytes, and looked up: a body holds tens of thousands of each.
        let applications = Set(self.redirectURIs.compactMap { (WebAddress($0)?.application).map { Array($0.utf8) } })
        for uri in self.postLogoutRedirectURIs {
            guard let address = WebAddress(uri), !RedirectTarget.runningSchemes.contains(address.scheme),
                let application = address.application, applications.contains(Array(application.utf8))
            else {
                throw HydraError.invalidClientMetadata(
                    "post_logout_redirect_uri '\(uri)' has not the scheme, host and port of any redirect URI.")
            }
        }
        self.allowedCORSOrigins = try self.allowedCORSOrigins.map { text in
            guard let address = WebAddress(text), ["http", "https"].contains(address.scheme), address.isBareOrigin
            else {
                throw HydraError.invalidClientMetadata(
                    "allowed_cors_origins: '\(text)' is not an http or https origin.")
            }
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        }
    }
}
