import ProxyCore
import Reactor
import ReactorTesting
import TestSupport
import Testing

@testable import ProxyServer

/// This machine has no descriptor left (SPEC §9).
@Suite("Exhaustion") struct ExhaustionTests {
    @Test("the want of a socket here opens no breaker: the server that was not asked has not failed")
    func breakerStaysClosed() throws {
        let proxy = try ScriptedProxy { $0.introspection = ["retries: 0", "breaker: {failures: 2}"] }
        proxy.kernel.failNext("socket", .tooManyDescriptors, .tooManyFiles, .noBuffers)
        for token in ["a", "b", "c"] {
            let client = try proxy.client(request("GET", "/api/x", token: token))
            #expect(client.takeStatus() == 503)
        }
        let client = try proxy.client(request("GET", "/api/x", token: "d"))
        try proxy.introspect()
        try proxy.answer(try proxy.upstream(), "HTTP/1.1 204 No Content\r\n\r\n")
        #expect(client.takeStatus() == 204)
    }

    @Test("a request that no socket could be had for is 502")
    func noSocketToUpstream() throws {
        let proxy = try ScriptedProxy()
        proxy.kernel.failNext("socket", .tooManyDescriptors)
        #expect(try proxy.client(request("GET", "/public/x")).takeStatus() == 502)
    }
}
