import OAuthModel
import ProxyCore
import Synchronization
import TestSupport
import Testing

@testable import ProxyServer

/// Questions that the loop has others put: what holds for its own holds for them.
@Suite("Introspection off the loop (SPEC §3)") struct RemoteIntrospectionTests {
    /// Never answers, and remembers how long each question was given and which were given up.
    private final class SilentIntrospection: RemoteIntrospection {
        struct Record {
            var limits: [Nanoseconds] = []
            var givenUp: [Int] = []
        }

        let record = Mutex(Record())

        func introspect(
            _ token: BearerToken, at server: AuthorizationServer, within limit: Nanoseconds,
            completion: @escaping @Sendable (IntrospectionOutcome) -> Void
        ) -> @Sendable () -> Void {
            let number = self.record.withLock { record in
                record.limits.append(limit)
                return record.limits.count - 1
            }
            return { self.record.withLock { $0.givenUp.append(number) } }
        }
    }

    @Test("no more questions are under way than `concurrency`, and each for no longer than its `timeout` has left")
    func bounded() throws {
        let remote = SilentIntrospection()
        let proxy = try ScriptedProxy(remoteIntrospection: remote) {
            $0.authorizationServerURL = "https://as.test"
            $0.introspection = ["timeout: 1s", "concurrency: 1", "queue: {waiting: 8, wait: 900ms}"]
        }
        let first = try proxy.client(request("GET", "/api/x", token: "one"))
        #expect(remote.record.withLock { $0.limits } == [.seconds(1)])
        try proxy.pass(seconds: 0.5)
        let second = try proxy.client(request("GET", "/api/x", token: "two"))
        #expect(remote.record.withLock { $0.limits.count == 1 && $0.givenUp.isEmpty })
        try proxy.pass(seconds: 0.6)
        #expect(first.takeStatus() == 503)
        let (limits, givenUp) = remote.record.withLock { ($0.limits, $0.givenUp) }
        #expect(givenUp == [0])
        try #require(limits.count == 2)
        #expect(limits[1] <= .milliseconds(500) && limits[1] >= .milliseconds(300))
        try proxy.pass(seconds: 0.5)
        #expect(second.takeStatus() == 503)
        #expect(remote.record.withLock { $0.givenUp } == [0, 1])
    }
}
