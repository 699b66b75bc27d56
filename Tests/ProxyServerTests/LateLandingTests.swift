import ProxyCore
import Reactor
import ReactorTesting
import TestSupport
import Testing

@testable import ProxyServer

@Suite("An answer is for the request that waits for it, and for no other on its connection")
struct LateLandingTests {
    private static let head = request("GET", "/api/x", token: "first")

    /// The wait under way on the proxy's only connection.
    private func pending(_ proxy: ScriptedProxy) throws -> PendingValidation {
        let connection = try #require(proxy.context.connections.all.first)
        let pending: PendingValidation? = if case .undecided(let pending) = connection.phase { pending } else { nil }
        return try #require(pending)
    }

    @Test("a verdict that is on its way when its request is given up does not decide about the next one")
    func verdict() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(Self.head + request("GET", "/api/x", token: "second"))
        let first = try self.pending(proxy)
        // Another loop's call has landed; its mail has not been read yet.
        let token = try Self.token(of: "alice", from: first.server)
        let landed = first.server.state.cache.land(
            try #require(first.flight), verdict: .accepted(token), at: proxy.context.now)
        #expect(landed.waiters == [first.waiter])
        proxy.kernel.advance(milliseconds: 60_000)
        try proxy.settle()
        #expect(client.takeStatus() == 503)
        #expect(try self.pending(proxy).fingerprint != first.fingerprint)
        proxy.context.resume(landed.waiters, with: .verdict(landed.verdict))
        try proxy.settle()
        #expect(proxy.kernel.takeUpstream(at: ScriptedProxy.upstream) == nil)
        #expect(client.received.isEmpty)
        // The answer about its own token still finds it.
        let second = try self.pending(proxy)
        let own = second.server.state.cache.land(
            try #require(second.flight), verdict: .rejected(.inactive), at: proxy.context.now)
        proxy.context.resume(own.waiters, with: .verdict(own.verdict))
        try proxy.settle()
        #expect(client.takeStatus() == 401)
    }

    @Test("news of keys that is on its way when its request is given up does not wake the next one")
    func keys() throws {
        let proxy = try ScriptedProxy {
            $0.strategy = "verify_or_introspect"
            $0.server = [
                "issuer: \"https://as.test\"", "jwt: {jwks_uri: \"https://as.test/jwks\", audiences: [api]}",
            ]
        }
        // A header that names a key, and nobody has keys yet.
        let token = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.e30.AA"
        let client = try proxy.client(
            request("GET", "/api/x", token: token) + request("GET", "/api/x", token: "opaque"))
        let first = try self.pending(proxy)
        #expect(first.flight == nil)
        // The refresher has ended its fetch; its mail has not been read yet.
        _ = first.server.state.nextKeyFetch(at: proxy.loop.now)
        let waiters = first.server.state.keysFetched(nil, at: proxy.loop.now)
        #expect(waiters == [first.waiter])
        proxy.kernel.advance(milliseconds: 60_000)
        try proxy.settle()
        #expect(client.takeStatus() == 503)
        let second = try self.pending(proxy)
        #expect(second.flight != nil)
        proxy.context.resume(waiters, with: .keys)
        try proxy.settle()
        #expect(client.received.isEmpty)
        #expect(try self.pending(proxy).flight == second.flight)
    }

    private static func token(of subject: String, from server: AuthorizationServer) throws -> ValidatedToken {
        let body = #"{"active":true,"scope":"read","sub":"\#(subject)"}"#
        let outcome = IntrospectionReply.classify(
            status: 200, contentType: "application/json".utf8.span, retryAfter: nil, body: Array(body.utf8))
        let verdict = outcome.verdict(from: server.settings)
        let token: ValidatedToken? = if case .accepted(let token) = verdict { token } else { nil }
        return try #require(token)
    }
}
