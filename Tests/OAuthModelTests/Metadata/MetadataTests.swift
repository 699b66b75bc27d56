import OAuthModel
import Testing

@Suite struct IssuerIdentifierTests {
    @Test(
        "RFC 8414 §2: what has a query, a fragment, another scheme or no host is no issuer",
        arguments: [
            "", "https", "https://", "https:///a", "https://:80", "as.test", "ftp://as.test", "HTTPS://as.test",
            "https://as.test?a",
            "https://as.test/#f",
            "https://as.test/a b", "https://u@as.test", "https://as.test\\x", "https://é.test", "https://as.test\n",
        ])
    func refuses(text: String) { #expect(IssuerIdentifier(text) == nil) }

    @Test("RFC 8414 §3.3: the issuer is the same bytes, the last slash included")
    func compares() throws {
        let issuer = try #require(IssuerIdentifier("https://as.test/"))
        #expect(!issuer.matches("https://as.test"))
        #expect(!issuer.matches("https://AS.test/"))
        #expect(issuer.matches("https://as.test/"))
    }

    @Test(
        "RFC 8414 §3.1 and OpenID Connect Discovery §4: where the documents lie",
        arguments: [
            (
                "https://as.test", "https://as.test/.well-known/oauth-authorization-server",
                "https://as.test/.well-known/openid-configuration"
            ),
            (
                "https://as.test/", "https://as.test/.well-known/oauth-authorization-server",
                "https://as.test/.well-known/openid-configuration"
            ),
            (
                "http://as.test:8080/t/1", "http://as.test:8080/.well-known/oauth-authorization-server/t/1",
                "http://as.test:8080/t/1/.well-known/openid-configuration"
            ),
            (
                "https://as.test/t/", "https://as.test/.well-known/oauth-authorization-server/t",
                "https://as.test/t/.well-known/openid-configuration"
            ),
        ])
    func locates(text: String, oauth: String, openID: String) throws {
        let issuer = try #require(IssuerIdentifier(text))
        #expect(issuer.authorizationServerMetadataURL == oauth)
        #expect(issuer.openIDConfigurationURL == openID)
    }
}

@Suite struct AuthorizationServerMetadataTests {
    static func read(_ text: String) throws -> AuthorizationServerMetadata {
        let issuer = try #require(IssuerIdentifier("https://as.test/"))
        return try AuthorizationServerMetadata(parsing: Array(text.utf8).span, for: issuer)
    }

    @Test(
        "RFC 8414 §3.3: a document that does not speak for the issuer is refused",
        arguments: [
            ("[]", .notAnObject), ("{}", .issuerMissing), (#"{"issuer":7}"#, .issuerMissing),
            (#"{"issuer":"https://as.test"}"#, .issuerDiffers),
            (#"{"issuer":"https://evil.test/"}"#, .issuerDiffers),
            (#"{"issuer":"https://as.test/","jwks_uri":7}"#, .wrongKind(member: "jwks_uri")),
            (#"{"issuer":"https://as.test/","scopes_supported":"a"}"#, .wrongKind(member: "scopes_supported")),
            (
                #"{"issuer":"https://as.test/","issuer":"https://as.test/"}"#,
                .notJSON(JSONError(.duplicateMember, at: 29))
            ),
        ] as [(String, AuthorizationServerMetadata.Failure)])
    func refuses(text: String, failure: AuthorizationServerMetadata.Failure) {
        #expect(throws: failure) { try Self.read(text) }
    }

    @Test("Endpoints are read, absent ones are nil")
    func reads() throws {
        let metadata = try Self.read(
            #"{"issuer":"https://as.test/","jwks_uri":"https://as.test/k","token_endpoint":null,"x":[1]}"#)
        #expect(metadata.jwksURI == "https://as.test/k")
        #expect(metadata.tokenEndpoint == nil && metadata.introspectionEndpoint == nil)
    }

    @Test("RFC 8414 §2: each member is read by its name")
    func readsAll() throws {
        let metadata = try Self.read(
            """
            {"issuer":"https://as.test/","authorization_endpoint":"a","token_endpoint":"t","introspection_endpoint":"i",
            "revocation_endpoint":"r","jwks_uri":"j","scopes_supported":["s"],"grant_types_supported":["g"],
            "introspection_endpoint_auth_methods_supported":["m"]}
            """)
        let endpoints = [
            metadata.authorizationEndpoint, metadata.tokenEndpoint, metadata.introspectionEndpoint,
            metadata.revocationEndpoint, metadata.jwksURI,
        ]
        #expect(endpoints == ["a", "t", "i", "r", "j"])
        #expect(metadata.scopesSupported == ["s"])
        #expect(metadata.grantTypesSupported == ["g"])
        #expect(metadata.introspectionEndpointAuthMethodsSupported == ["m"])
    }

    @Test("A document of our own begins with its issuer")
    func writes() throws {
        let issuer = try #require(IssuerIdentifier("https://as.test/"))
        let metadata = AuthorizationServerMetadata(
            issuer: issuer, members: ["jwks_uri": "https://as.test/k", "issuer": "https://x.test"])
        #expect(
            JSONWriter.write(metadata.members)
                == Array(#"{"issuer":"https://as.test/","jwks_uri":"https://as.test/k"}"#.utf8))
    }
}
