import Reactor
import ReactorTesting
import TestSupport
import Testing

@testable import ProxyServer

@Suite("What is said of upstream connections (SPEC §7)") struct UpstreamFiguresTests {
    @Test("after a reload that moves an upstream, connections to where it was are counted beside the new ones")
    func reload() throws {
        let moved = SocketAddress.inet4(.loopback, port: 9_001)
        let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        let proxy = try ScriptedProxy()
        let first = try proxy.client(request("GET", "/public/slow"))
        let old = try proxy.upstream()
        let second = try proxy.client(request("GET", "/public/x"))
        try proxy.answer(try proxy.upstream(), ok)
        #expect(second.takeStatus() == 200)
        #expect(try Self.figures(of: proxy) == ["idle": 1, "busy": 1])
        proxy.context.adopt(try ScriptedProxy.generation { $0.upstreamURL = "http://127.0.0.1:9001" })
        #expect(try Self.figures(of: proxy) == ["idle": 0, "busy": 1])
        proxy.kernel.connectPlans[moved] = .accept
        try proxy.answer(second, request("GET", "/public/x"))
        try proxy.answer(try #require(proxy.kernel.takeUpstream(at: moved)), ok)
        #expect(second.takeStatus() == 200)
        #expect(try Self.figures(of: proxy) == ["idle": 1, "busy": 1])
        try proxy.answer(old, ok)
        #expect(first.takeStatus() == 200 && old.isClosedByLoop)
        #expect(try Self.figures(of: proxy) == ["idle": 1, "busy": 0])
    }

    @Test("a connection is busy from when it is opened or taken until its answer is over")
    func use() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/public/x"))
        #expect(try Self.figures(of: proxy) == ["idle": 0, "busy": 1])
        let upstream = try proxy.upstream()
        for _ in 0..<2 {
            try proxy.answer(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            #expect(client.takeStatus() == 200)
            #expect(try Self.figures(of: proxy) == ["idle": 1, "busy": 0])
            try proxy.answer(client, request("GET", "/public/x"))
            #expect(try Self.figures(of: proxy) == ["idle": 0, "busy": 1])
        }
    }

    @Test(
        "what goes wrong behind the head of an answer is counted as what goes wrong before it",
        arguments: [
            ("malformed", "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\nz\r\n"),
            ("reset", "Content-Length: 9\r\n\r\nok"), ("reset", "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"),
            ("timeout", "Content-Length: 9\r\n\r\nok"),
        ])
    func failuresBehindTheHead(kind: String, rest: String) throws {
        let proxy = try ScriptedProxy { $0.upstream = ["stream_idle: 5s"] }
        _ = try proxy.client(request("GET", "/public/x"))
        let upstream = try proxy.upstream()
        // Parts of an answer may come together: the head first, and what is wrong behind it.
        try proxy.answer(upstream, "HTTP/1.1 200 OK\r\n" + rest.prefix { $0 != "z" })
        if kind == "malformed" { try proxy.answer(upstream, "z\r\n") }
        if kind == "reset" { upstream.finish() }
        try proxy.pass(seconds: kind == "timeout" ? 6 : 0.1)
        let errors = proxy.metrics(beginning: "bearergate_upstream_errors_total{").filter { !$0.hasSuffix(" 0") }
        #expect(errors.count == 1 && errors[0].contains("kind=\"\(kind)\"") && errors[0].hasSuffix(" 1"), "\(errors)")
    }

    /// By state.
    private static func figures(of proxy: ScriptedProxy) throws -> [String: Int] {
        var figures: [String: Int] = [:]
        for line in proxy.metrics(beginning: "bearergate_upstream_connections{") {
            let state = line.contains("state=\"idle\"") ? "idle" : "busy"
            figures[state] = Int(try #require(line.split(separator: " ").last))
        }
        return figures
    }
}
