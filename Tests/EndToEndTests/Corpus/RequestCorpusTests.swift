import OAuthModel
import TestSupport
import Testing

/// The whole corpus of raw requests over TCP, each row against a proxy of its own: what reached the upstream is then
/// that row's doing alone.
@Suite("Every row of http1-requests.json over TCP") struct RequestCorpusTests {
    static let configuration = """
        version: 1
        listeners: [{address: "127.0.0.1:0"}]
        limits: {head: 32KiB, fields: 200, target: 8KiB, token: 16KiB}
        timeouts: {head: 10s}
        authorization_servers:
          stub: {strategy: introspect, introspection: {endpoint: "{authorization-server}/introspect", timeout: 20s}}
        upstreams: {main: {url: "{upstream}"}}
        defaults: {hosts: [api.test], subject_headers: {X-Auth-Subject: "{sub}", X-Auth-Scope: "{scope}"}}
        routes:
          - {name: public, paths: ["/public/**"], access: public, upstream: main}
          - {name: api, paths: ["/api/**"], scopes: [read], upstream: main}
          - {name: ws, paths: ["/ws/**"], scopes: [read], upgrade: [websocket], upstream: main}
          - {name: admin, paths: ["/admin/**"], scopes: [admin], upstream: main}
        """

    static let tokens: [String: StubAuthorizationServer.Answer] = [
        "tok-read": .active(#""scope":"read","sub":"alice""#),
        "tok-admin": .active(#""scope":"read admin","sub":"root-admin""#),
        "tok-slow": .delayed(seconds: 0.4, then: .active(#""scope":"read","sub":"slow""#)),
        "tok-dead": .inactive,
    ]

    @Test("comes to one of its outcomes, and breaks no invariant", arguments: CorpusWay.allCases)
    func verdicts(way: CorpusWay) throws {
        let rows = try CorpusRow.all().filter { way == .plain || $0.send == .null || $0.send["half_close"].bool }
        #expect(rows.count > 390)
        // Those that wait for a deadline first, so that they wait at the same time.
        let ordered = rows.filter { Self.waits($0) } + rows.filter { !Self.waits($0) }
        let failures = Monitor<[String]>([])
        TestThread.forEach(ordered, width: 24) { row in
            do {
                let complaints = try Self.judge(row, way)
                if !complaints.isEmpty {
                    failures.withLock { $0.append("\(row): \(complaints.joined(separator: "; "))") }
                }
            } catch {
                failures.withLock { $0.append("\(row): \(error)") }
            }
        }
        for failure in failures.withLock({ $0.sorted() }) { Issue.record("\(way): \(failure)") }
    }

    private static func waits(_ row: CorpusRow) -> Bool { row.id == "LM-05" || row.id == "LM-06" }

    private static func judge(_ row: CorpusRow, _ way: CorpusWay) throws -> [String] {
        let proxy = try ProxyUnderTest(
            Self.configuration, authorizationServer: try StubAuthorizationServer(Self.tokens))
        defer { proxy.stop() }
        let seen = try CorpusClient(row: row, way: way).run(on: proxy)
        let before = proxy.authorizationServer.callCount
        let alive = try proxy.exchange("GET /public/alive HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n")
        try proxy.stopProxy()
        let received = proxy.upstream.requests.filter { $0.target != "/public/alive" }
        let judge = CorpusJudge(row: row, way: way, seen: seen, received: received, introspectionCalls: before)
        return judge.complaints() + (alive?.status == 200 ? [] : ["the proxy does not answer any more"])
    }
}
