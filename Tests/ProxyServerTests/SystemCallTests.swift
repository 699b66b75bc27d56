import ReactorTesting
import TestSupport
import Testing

@Suite struct SystemCallTests {
    @Test("a request on two kept connections costs two receives, two sends and nothing else")
    func keptConnections() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/api/x", token: "tok"))
        try proxy.introspect()
        let upstream = try proxy.upstream()
        let ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        try proxy.answer(upstream, ok)
        #expect(client.takeStatus() == 200)
        let before = proxy.kernel.calls
        for _ in 0..<10 {
            try proxy.answer(client, request("GET", "/api/x", token: "tok"))
            try proxy.answer(upstream, ok)
            #expect(client.takeStatus() == 200)
        }
        var spent = proxy.kernel.calls
        for (call, count) in before { spent[call, default: 0] -= count }
        #expect(spent.filter { $0.value != 0 } == ["receive": 20, "send": 20])
    }
}
