import AuthorizationServerClient
import OAuthModel
import ProxyCore
import Testing

@Suite("Discovery (RFC 8414 §3, OpenID Connect Discovery 1.0 §4)") struct MetadataDiscoveryTests {
    private static let oauth = "/.well-known/oauth-authorization-server"
    private static let oidc = "/.well-known/openid-configuration"

    /// Metadata of an issuer whose documents are `documents`, by path; `{origin}` in them is the stub's.
    private func discover(
        _ documents: [String: String], path: String = "", statuses: [String: Int] = [:]
    ) async throws -> (Result<AuthorizationServerMetadata, AuthorizationServerError>, paths: [String]) {
        try await withStub({ _ in .reset }) { stub, connections in
            let origin = stub.origin
            stub.react { request in
                if let status = statuses[request.target] { return .answer(status, body: "") }
                guard let document = documents[request.target] else { return .answer(404, body: "") }
                return .json(document.replacing("{origin}", with: origin))
            }
            let issuer = try #require(IssuerIdentifier(origin + path))
            let discovery = MetadataDiscovery(connections: connections)
            let result: Result<AuthorizationServerMetadata, AuthorizationServerError>
            do throws(AuthorizationServerError) {
                result = .success(try await discovery.metadata(of: issuer, within: .seconds(60)))
            } catch {
                result = .failure(error)
            }
            return (result, stub.requests.map(\.target))
        }
    }

    @Test(
        "RFC 8414 §3.3: a document that speaks for another issuer is refused, and no other one is tried",
        arguments: [
            #"{"issuer":"{origin}/"}"#, #"{"issuer":"https://evil.example"}"#, #"{"issuer":"{origin}x"}"#,
        ])
    func otherIssuer(document: String) async throws {
        let (result, paths) = try await self.discover([
            Self.oauth: document, Self.oidc: #"{"issuer":"{origin}"}"#,
        ])
        #expect(result == .failure(.metadata(.issuerDiffers)))
        #expect(paths == [Self.oauth])
    }

    @Test(
        "What is no document is refused",
        arguments: [
            ("<html>", AuthorizationServerMetadata.Failure.notJSON(JSONError(.unexpectedByte, at: 0))),
            ("[]", .notAnObject), ("{}", .issuerMissing),
            (#"{"issuer":"{origin}","jwks_uri":1}"#, .wrongKind(member: "jwks_uri")),
        ])
    func noDocument(document: String, failure: AuthorizationServerMetadata.Failure) async throws {
        let (result, _) = try await self.discover([Self.oauth: document])
        guard case .failure(.metadata(let found)) = result else {
            Issue.record("\(document) is no metadata")
            return
        }
        if case .notJSON = failure, case .notJSON = found { return }
        #expect(found == failure)
    }

    @Test(
        "RFC 8414's place comes first, OpenID Connect's when nothing lies there",
        arguments: [
            ("", [oauth], [oauth: #"{"issuer":"{origin}"}"#]),
            ("", [oauth, oidc], [oidc: #"{"issuer":"{origin}"}"#]),
            ("/t/1", [oauth + "/t/1"], [oauth + "/t/1": #"{"issuer":"{origin}/t/1"}"#]),
            ("/t/1", [oauth + "/t/1", "/t/1" + oidc], ["/t/1" + oidc: #"{"issuer":"{origin}/t/1"}"#]),
        ])
    func places(path: String, asked: [String], documents: [String: String]) async throws {
        let (result, paths) = try await self.discover(documents, path: path)
        #expect((try? result.get()) != nil)
        #expect(paths == asked)
    }

    @Test("A server that has neither document is refused with what it said")
    func nothingThere() async throws {
        let (result, paths) = try await self.discover([:])
        #expect(result == .failure(.refused(status: 404)))
        #expect(paths == [Self.oauth, Self.oidc])
    }

    @Test("Redirects are not followed")
    func redirects() async throws {
        let (result, _) = try await self.discover([:], statuses: [Self.oauth: 302])
        #expect(result == .failure(.redirected(status: 302)))
    }

    @Test("RFC 9110 §8.4: a document in a coding that nobody asked for is refused")
    func encoded() async throws {
        let reaction = StubAuthorizationServer.Reaction.answer(200, fields: [("Content-Encoding", "gzip")], body: "{}")
        try await withStub({ _ in reaction }) { stub, connections in
            let issuer = try #require(IssuerIdentifier(stub.origin))
            await #expect(throws: AuthorizationServerError.answerEncoded) {
                _ = try await MetadataDiscovery(connections: connections).metadata(of: issuer, within: .seconds(60))
            }
        }
    }

    @Test(
        "An endpoint that the document lacks is an error that says which key to write",
        arguments: [
            (DiscoveredMember.introspectionEndpoint, "introspection.endpoint"), (.jwksURI, "jwt.jwks_uri"),
        ])
    func missingEndpoint(member: DiscoveredMember, key: String) {
        #expect(AuthorizationServerError.endpointMissing(member).description.contains("`\(key)`"))
    }

    @Test(
        "An endpoint must be a URL, and https unless it stays on this machine",
        arguments: [
            (
                nil as String?,
                AuthorizationServerError.endpointMissing(.introspectionEndpoint) as AuthorizationServerError?
            ),
            ("ftp://as.example/i", .endpointMalformed(.introspectionEndpoint)),
            ("/introspect", .endpointMalformed(.introspectionEndpoint)),
            ("https://user@as.example/i", .endpointMalformed(.introspectionEndpoint)),
            ("https://as.example/i#f", .endpointMalformed(.introspectionEndpoint)),
            ("https://as.example:70000/i", .endpointMalformed(.introspectionEndpoint)),
            ("http://as.example/i", .endpointPlaintext(.introspectionEndpoint)),
            ("http://127.example/i", .endpointPlaintext(.introspectionEndpoint)),
            ("https://as.example/i", nil), ("http://127.0.0.1:4445/i", nil), ("http://[::1]:4445/i", nil),
            ("http://localhost:4445/i", nil),
        ])
    func endpoints(url: String?, problem: AuthorizationServerError?) async throws {
        let issuer = try #require(IssuerIdentifier("https://as.example"))
        var members: JSONObject = [:]
        members["introspection_endpoint"] = url.map { .string($0) }
        let metadata = AuthorizationServerMetadata(issuer: issuer, members: members)
        let connections = AuthorizationServerConnections()
        let discovery = MetadataDiscovery(connections: connections)
        var found: AuthorizationServerError?
        do throws(AuthorizationServerError) {
            _ = try discovery.introspectionEndpoint(in: metadata)
        } catch {
            found = error
        }
        await connections.shutdown()
        #expect(found == problem)
    }

    @Test(
        "A URL becomes an endpoint as it is written",
        arguments: [
            ("https://as.example/i?x=1", "as.example", UInt16(443), "as.example", "/i?x=1"),
            ("HTTP://[::1]:8080", "::1", 8_080, "[::1]:8080", "/"),
            ("http://10.0.0.1?x", "10.0.0.1", 80, "10.0.0.1", "/?x"),
        ])
    func parsing(url: String, host: String, port: UInt16, authority: String, path: String) throws {
        let endpoint = try #require(EndpointURL.endpoint(url))
        #expect(endpoint.address == .network(host: host, port: port))
        #expect(endpoint.authority == Array(authority.utf8))
        #expect(endpoint.path == Array(path.utf8))
    }

    @Test("A discovered introspection endpoint is used; until it is found the server is tried again")
    func discoverer() async throws {
        try await withStub({ _ in .reset }) { stub, connections in
            let settings = AuthorizationServer.Settings(
                name: "hydra", issuer: IssuerIdentifier(stub.origin), strategy: .introspect,
                introspection: AuthorizationServer.Introspection(endpoint: nil, discovers: true))
            let server = Servers.server(settings)
            let around = Surroundings()
            let refreshers = Refreshers(
                connections: connections, counts: KeySetRefreshCounts(), surroundings: around.values)
            refreshers.adopt([server])
            guard case .endpointNotFound("hydra", .unreachable) = await around.nextEnd() else {
                Issue.record("nothing answers yet")
                return
            }
            let origin = stub.origin
            stub.react { request in
                request.target == Self.oauth
                    ? .json(#"{"issuer":"\#(origin)","introspection_endpoint":"\#(origin)/introspect"}"#)
                    : .json(#"{"active":false}"#)
            }
            around.clock.advance(by: .seconds(1))
            #expect(await around.nextEnd() == .endpointFound(server: "hydra"))
            let token = try #require(BearerToken("opaque"))
            let outcome = await IntrospectionEndpoint(connections: connections).introspect(
                token, at: server, within: .seconds(60))
            #expect(outcome == .inactive)
            #expect(stub.requests.last?.target == "/introspect")
            await refreshers.stop()
        }
    }

    @Test("Keys by discovery: the document says where, and one without `jwks_uri` fails with the key to write")
    func keysByDiscovery() async throws {
        try await withStub({ _ in .reset }) { stub, connections in
            let origin = stub.origin
            stub.react { request in
                switch request.target {
                case Self.oauth: .json(#"{"issuer":"\#(origin)","jwks_uri":"\#(origin)/keys"}"#)
                case "/keys": .json(KeySets.first)
                default: .answer(404, body: "")
                }
            }
            var settings = try Servers.verifying(.discovery).settings
            settings.issuer = IssuerIdentifier(origin)
            let server = Servers.server(settings)
            let around = Surroundings()
            let refreshers = Refreshers(
                connections: connections, counts: KeySetRefreshCounts(), surroundings: around.values)
            refreshers.adopt([server])
            #expect(await around.nextEnd() == .keysFetched(server: "hydra", usable: 1))
            stub.react { _ in .json(#"{"issuer":"\#(origin)"}"#) }
            around.clock.advance(by: .seconds(240))
            #expect(await around.nextEnd() == .keysFailed(server: "hydra", .endpointMissing(.jwksURI)))
            await refreshers.stop()
        }
    }
}
