import JOSE
import OAuthModel
import ProxyCore
import Reactor
import ReactorTesting
import TestSupport
import Testing

@testable import ProxyServer

@Suite("Tokens verified on the loop") struct VerifiedTokenTests {
    private static let key = Result { try OpenSSLPrivateKey(generating: .ellipticCurve(.p256)) }
    private static let identifier = KeyIdentifier("k1")

    private static func proxy() throws -> ScriptedProxy {
        try ScriptedProxy {
            $0.strategy = "verify_or_introspect"
            $0.server = [
                "issuer: \"https://as.test\"",
                "jwt: {jwks_uri: \"https://as.test/jwks\", algorithms: [ES256], audiences: [api], leeway: 10s}",
            ]
        }
    }

    /// Good for so many seconds of the test.
    private static func token(seconds: Int64) throws -> String {
        let now = Int64(ScriptedProxy.wallSeconds)
        let claims: JSONObject = [
            "iss": "https://as.test", "sub": "alice", "aud": "api", "scope": "read", "client_id": "app",
            "iat": .number(JSONNumber(now)), "exp": .number(JSONNumber(now + seconds)),
        ]
        let signer = JWSSigner(key: try self.key.get(), algorithm: .es256, keyIdentifier: self.identifier)
        return try signer.sign(claims: claims, type: "at+jwt")
    }

    /// What the refresher does when a fetch ends.
    private static func fetchKeys(_ proxy: ScriptedProxy, succeeds: Bool = true) throws {
        let state = proxy.generation.authorizationServers[0].state
        _ = state.nextKeyFetch(at: proxy.loop.now)
        let key = try JSONWebKey(self.key.get().material, keyIdentifier: self.identifier, algorithms: [.es256])
        let waiters = state.keysFetched(succeeds ? JSONWebKeySet(keys: [key]) : nil, at: proxy.loop.now)
        proxy.context.resume(waiters, with: .keys)
        try proxy.settle()
    }

    private static let upgrade = [
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]

    @Test("a tunnel is cut when `exp` and the leeway have passed")
    func tunnelExpires() throws {
        let proxy = try Self.proxy()
        try Self.fetchKeys(proxy)
        let client = try proxy.client(request("GET", "/ws/x", token: Self.token(seconds: 30), Self.upgrade))
        let upstream = try proxy.upstream()
        try proxy.answer(
            upstream, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        #expect(client.takeStatus() == 101)
        try proxy.pass(seconds: 38)
        #expect(!client.isClosedByLoop)
        try proxy.pass(seconds: 3)
        #expect(client.isClosedByLoop && upstream.isClosedByLoop)
    }

    @Test("a request that came before the keys waits for them", arguments: [true, false])
    func waitsForKeys(succeeds: Bool) throws {
        let proxy = try Self.proxy()
        let client = try proxy.client(request("GET", "/api/x", token: Self.token(seconds: 30)))
        #expect(client.received.isEmpty)
        try Self.fetchKeys(proxy, succeeds: succeeds)
        if succeeds {
            try proxy.answer(try proxy.upstream(), "HTTP/1.1 204 No Content\r\n\r\n")
            #expect(client.takeStatus() == 204)
        } else {
            let text = client.takeText()
            #expect(text.hasPrefix("HTTP/1.1 503 ") && text.contains("\r\nRetry-After: "))
        }
    }

    @Test("nobody waits for keys for ever, and whoever has gone is not told")
    func bounded() throws {
        let proxy = try Self.proxy()
        let token = try Self.token(seconds: 30)
        let (patient, gone) = (
            try proxy.client(request("GET", "/api/1", token: token)),
            try proxy.client(request("GET", "/api/2", token: token))
        )
        gone.reset()
        try proxy.settle()
        try proxy.pass(seconds: 7)
        #expect(patient.takeStatus() == 503)
        try Self.fetchKeys(proxy)
        #expect(proxy.kernel.takeUpstream(at: ScriptedProxy.upstream) == nil)
    }
}
