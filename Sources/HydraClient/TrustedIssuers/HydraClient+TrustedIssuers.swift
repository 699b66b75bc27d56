import OAuthModel

extension HydraClient {
    /// Trusts an issuer's assertions (RFC 7523 §2.1).
    ///
    /// Throws ``HydraClientError/Code/missingRequiredParameter``, and ``HydraClientError/Code/conflict`` when issuer, subject
    /// and key are those of an entry that is there.
    ///
    /// `trustOAuth2JwtGrantIssuer` · `POST /admin/trust/grants/jwt-bearer/issuers`
    public func trustIssuer(
        _ issuer: TrustOAuth2JWTGrantIssuer
    ) async throws(HydraClientError) -> TrustedOAuth2JWTGrantIssuer {
        var call = Call("trustOAuth2JwtGrantIssuer", .admin, .post, Self.issuersPath)
        call.send(.object(issuer.json))
        return try await self.value(of: call)
    }

    /// The trusted issuer of this id.
    ///
    /// Throws ``HydraClientError/Code/notFound`` when there is none, as the deletion does.
    ///
    /// `getTrustedOAuth2JwtGrantIssuer` · `GET /admin/trust/grants/jwt-bearer/issuers/{id}`
    public func trustedIssuer(id: String) async throws(HydraClientError) -> TrustedOAuth2JWTGrantIssuer {
        let operation = "getTrustedOAuth2JwtGrantIssuer"
        let path = try Self.path(Self.issuersPath + "/", id, for: operation)
        return try await self.value(of: Call(operation, .admin, .get, path))
    }

    /// One page of the trusted issuers, those of exactly this name where given.
    ///
    /// `listTrustedOAuth2JwtGrantIssuers` · `GET /admin/trust/grants/jwt-bearer/issuers`
    public func listTrustedIssuers(
        issuer: String? = nil, pageSize: Int? = nil, pageToken: String? = nil
    ) async throws(HydraClientError) -> Page<TrustedOAuth2JWTGrantIssuer> {
        var call = Call("listTrustedOAuth2JwtGrantIssuers", .admin, .get, Self.issuersPath)
        call.ask("issuer", issuer)
        return try await self.page(of: call, size: pageSize, token: pageToken)
    }

    /// All trusted issuers, page after page.
    ///
    /// `listTrustedOAuth2JwtGrantIssuers` · `GET /admin/trust/grants/jwt-bearer/issuers`
    public func trustedIssuers(
        issuer: String? = nil, pageSize: Int? = nil
    ) -> PagedSequence<TrustedOAuth2JWTGrantIssuer> {
        PagedSequence("listTrustedOAuth2JwtGrantIssuers") { token throws(HydraClientError) in
            try await self.listTrustedIssuers(issuer: issuer, pageSize: pageSize, pageToken: token)
        }
    }

    /// Ends the trust; tokens that were issued stay valid.
    ///
    /// `deleteTrustedOAuth2JwtGrantIssuer` · `DELETE /admin/trust/grants/jwt-bearer/issuers/{id}`
    public func deleteTrustedIssuer(id: String) async throws(HydraClientError) {
        let operation = "deleteTrustedOAuth2JwtGrantIssuer"
        let path = try Self.path(Self.issuersPath + "/", id, for: operation)
        try await self.conclude(Call(operation, .admin, .delete, path))
    }

    private static let issuersPath = "/admin/trust/grants/jwt-bearer/issuers"
}
