public import OAuthModel

extension HydraClient {
    /// What the server says about itself (OpenID Connect Discovery 1.0 §4), for exactly this issuer.
    ///
    /// A document that speaks for another issuer is an error.
    ///
    /// `discoverOidcConfiguration` · `GET /.well-known/openid-configuration`
    public func serverMetadata(issuer: IssuerIdentifier) async throws(HydraClientError) -> AuthorizationServerMetadata {
        let call = Call("discoverOidcConfiguration", .public, .get, "/.well-known/openid-configuration")
        let answer = try await self.perform(call)
        do throws(AuthorizationServerMetadata.Failure) {
            return try AuthorizationServerMetadata(parsing: answer.body.span, for: issuer)
        } catch {
            let isJSON = if case .notJSON = error { false } else { true }
            throw HydraClientError(
                .decoding, isJSON ? .unexpectedMember : .notJSON, operation: call.operation,
                message: "the answer is no discovery document of this issuer", status: answer.status, cause: error)
        }
    }

    /// The keys that sign ID tokens and JWT access tokens (RFC 7517 §5).
    ///
    /// `discoverJsonWebKeys` · `GET /.well-known/jwks.json`
    public func jsonWebKeys() async throws(HydraClientError) -> [JSONWebKey] {
        let call = Call("discoverJsonWebKeys", .public, .get, "/.well-known/jwks.json")
        let answer = try await self.perform(call)
        guard let members = try self.json(answer, of: call).objectValue?["keys"]?.arrayValue else {
            throw Self.unexpectedMember(MemberProblem("keys", kind: "a list"), of: call, status: answer.status)
        }
        // One that cannot be understood is none of ours to use; the others still are (RFC 7517 §5).
        return members.compactMap { try? JSONWebKey(reading: $0) }
    }

    /// The claims about the user whom an access token is for; `sub` is always there (OpenID Connect Core 1.0 §5.3.2).
    ///
    /// They are read from JSON. Where the client's ``OAuth2Client/userinfoSignedResponseAlgorithm`` is not `none` the
    /// server answers with a signed JWT, and this throws ``HydraClientError/Code/signedResponse``.
    ///
    /// `getOidcUserInfo` · `GET /userinfo`
    public func userInfo(accessToken: SecretBytes) async throws(HydraClientError) -> ClaimSet {
        var call = Call("getOidcUserInfo", .public, .get, "/userinfo")
        call.fields.append(("Authorization", "Bearer " + accessToken.text))
        call.secrets = [accessToken]
        let answer = try await self.perform(call)
        guard !answer.isJWT else {
            throw HydraClientError(
                .decoding, .signedResponse, operation: call.operation,
                message: "the answer is a signed JWT, and only JSON is read here: set the client's "
                    + "`userinfo_signed_response_alg` to `none`",
                status: answer.status)
        }
        guard let members = try self.json(answer, of: call).objectValue, members["sub"]?.stringValue != nil else {
            throw Self.unexpectedMember(MemberProblem("sub", kind: "a text"), of: call, status: answer.status)
        }
        return ClaimSet(members)
    }

    /// Returns when the process answers, whatever may ail it.
    ///
    /// `isAlive` · `GET /health/alive`
    public func checkAlive(_ side: Side = .public) async throws(HydraClientError) {
        try await self.conclude(Call("isAlive", side, .get, "/health/alive"))
    }

    /// Returns when the server can do its work; otherwise 503.
    ///
    /// `isReady` · `GET /health/ready`
    public func checkReady(_ side: Side = .public) async throws(HydraClientError) {
        try await self.conclude(Call("isReady", side, .get, "/health/ready"))
    }

    /// The server's version, such as `v2.1.2`.
    ///
    /// `getVersion` · `GET /version`
    public func version() async throws(HydraClientError) -> String {
        let call = Call("getVersion", .admin, .get, "/version")
        let answer = try await self.perform(call)
        guard let version = try self.json(answer, of: call).objectValue?["version"]?.stringValue else {
            throw Self.unexpectedMember(MemberProblem("version", kind: "a text"), of: call, status: answer.status)
        }
        return version
    }
}
