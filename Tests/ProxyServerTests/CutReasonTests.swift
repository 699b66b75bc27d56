import ReactorTesting
import TestSupport
import Testing

@testable import ProxyServer

@Suite("Why a stream was cut, as counters and the log say it (SPEC §7, §8)") struct CutReasonTests {
    private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"

    @Test("an upstream that goes silent is `upstream_timeout`, one that ends too early `upstream_malformed`")
    func upstream() throws {
        for (ends, reason) in [(false, "upstream_timeout"), (true, "upstream_malformed")] {
            let proxy = try ScriptedProxy { $0.upstream = ["stream_idle: 5s"] }
            _ = try proxy.client(request("GET", "/public/x"))
            let upstream = try proxy.upstream()
            try proxy.answer(upstream, Self.answer + "x")
            if ends { upstream.finish() }
            try proxy.pass(seconds: 6)
            #expect(try Self.reasons(of: proxy) == [reason: 1])
        }
    }

    @Test("a client that does not read is `client_gone`", arguments: [true, false])
    func client(isChunked: Bool) throws {
        let proxy = try ScriptedProxy { $0.upstream = ["stream_idle: 5s"] }
        let client = try proxy.connect()
        client.window = 400
        client.send(request("GET", "/public/x"))
        try proxy.settle()
        let body = String(repeating: "x", count: 2_000)
        try proxy.answer(
            try proxy.upstream(),
            isChunked
                ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n\(body)\r\n" : Self.answer + body)
        try proxy.pass(seconds: 6)
        #expect(try Self.reasons(of: proxy) == ["client_gone": 1])
    }

    @Test(
        "what `report_only` let pass stays `reported`, whether its client leaves or its upstream fails"
    )
    func reported() throws {
        for fails in [true, false] {
            let proxy = try ScriptedProxy { $0.protectedRoute = ["report_only: true"] }
            let client = try proxy.client(request("GET", "/api/x"))
            let upstream = try proxy.upstream()
            if fails {
                upstream.reset()
            } else {
                try proxy.answer(upstream, Self.answer + "x")
                client.reset()
            }
            try proxy.settle()
            #expect(try Self.reasons(of: proxy) == ["no_credentials": 1])
            let status = fails ? "5xx" : "2xx"
            #expect(
                proxy.metrics(beginning: "bearergate_requests_total{").contains {
                    $0.contains(#"decision="reported""#) && $0.contains("status_class=\"\(status)\"")
                        && $0.hasSuffix(" 1")
                })
        }
    }

    @Test("a token's end is `expired`")
    func token() throws {
        let proxy = try ScriptedProxy()
        _ = try proxy.client(request("GET", "/api/x", token: "tok"))
        try proxy.introspect(
            #""active":true,"scope":"read","sub":"alice","exp":\#(ScriptedProxy.wallSeconds + 5)"#)
        try proxy.answer(try proxy.upstream(), Self.answer + "x")
        try proxy.pass(seconds: 6)
        #expect(try Self.reasons(of: proxy) == ["expired": 1])
    }

    @Test("a shutdown's end is `draining`, whether or not there was an answer yet", arguments: [true, false])
    func shutdown(isAnswered: Bool) throws {
        let proxy = try ScriptedProxy()
        _ = try proxy.client(request("GET", "/public/x"))
        if isAnswered { try proxy.answer(try proxy.upstream(), Self.answer + "x") }
        proxy.context.refuse {}
        proxy.context.cut()
        try proxy.settle()
        #expect(try Self.reasons(of: proxy) == ["draining": 1])
    }

    private static func reasons(of proxy: ScriptedProxy) throws -> [String: Int] {
        var reasons: [String: Int] = [:]
        for line in proxy.metrics(beginning: "bearergate_decisions_total{") {
            let start = try #require(line.firstRange(of: "reason=\"")).upperBound
            reasons[String(line[start...].prefix { $0 != "\"" }), default: 0] +=
                Int(line.split(separator: " ").last ?? "") ?? 0
        }
        return reasons
    }
}
