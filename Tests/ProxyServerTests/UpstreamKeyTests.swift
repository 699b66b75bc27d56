import Reactor
import ReactorTesting
import TestSupport
import Testing

@testable import ProxyServer

@Suite("Keys of upstreams, on a clock moved by hand") struct UpstreamKeyTests {
    @Test("`idle_connections` are kept for later, and no more", arguments: [0, 1, 2])
    func idleConnections(kept: Int) throws {
        let proxy = try ScriptedProxy { $0.upstream = ["idle_connections: \(kept)"] }
        var upstreams: [ScriptedPeer] = []
        for number in 0..<2 {
            _ = try proxy.client(request("GET", "/public/\(number)"))
            upstreams.append(try proxy.upstream())
        }
        for upstream in upstreams { try proxy.answer(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
        #expect(upstreams.count { !$0.isClosedByLoop } == kept)
    }

    @Test("names are asked for again every `resolve_interval`, and not before")
    func resolveInterval() throws {
        let proxy = try ScriptedProxy {
            $0.top = ["resolve_interval: 7s"]
            $0.upstreamURL = "http://up.test:9000"
        }
        for count in 1...3 {
            try proxy.lookUpNames()
            #expect(proxy.names.asked.count == count)
            proxy.kernel.advance(milliseconds: 6_900)
            try proxy.lookUpNames()
            #expect(proxy.names.asked.count == count)
            // The timers' tick is less than this.
            proxy.kernel.advance(milliseconds: 300)
            try proxy.settle()
        }
    }
}
