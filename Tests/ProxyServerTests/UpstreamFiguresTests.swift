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
