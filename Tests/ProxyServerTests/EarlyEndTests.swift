import ProxyCore
import Reactor
import ReactorTesting
import TestSupport
import Testing

@testable import ProxyServer

/// One side ends, or is told to, before the other has what it waits for.
@Suite("Early ends")
struct EarlyEndTests {
    private static let body = String(repeating: "y", count: 20_000)
    private static let early = "HTTP/1.1 413 Content Too Large\r\nContent-Length: \(Self.body.utf8.count)\r\n\r\n"

    /// A client that reads no more than 100 bytes of its answer, and the upstream that was asked.
    private static func slowReader(
        _ proxy: ScriptedProxy, asking text: String
    ) throws -> (client: ScriptedPeer, upstream: ScriptedPeer) {
        let client = try proxy.connect()
        client.window = 100
        client.send(text)
        try proxy.settle()
        return (client, try proxy.upstream())
    }

    /// A client that uploads and reads little, and the upstream that has answered it already.
    private static func earlyAnswered(
        _ proxy: ScriptedProxy, head: String = Self.early
    ) throws -> (client: ScriptedPeer, upstream: ScriptedPeer) {
        let upload = request("POST", "/public/x", ["Content-Length: 1000000"]) + "beginning"
        let (client, upstream) = try Self.slowReader(proxy, asking: upload)
        try proxy.answer(upstream, head + Self.body)
        return (client, upstream)
    }

    private static func fetch(_ client: ScriptedPeer, from proxy: ScriptedProxy) throws -> String {
        var text = client.takeText()
        client.window = .max
        try proxy.settle()
        text += client.takeText()
        return text
    }

    @Test("an upload that nobody takes any more keeps no loop busy while its answer waits to be fetched")
    func uploadNobodyTakes() throws {
        let proxy = try ScriptedProxy()
        let (client, upstream) = try Self.earlyAnswered(proxy)
        upstream.reset()
        try proxy.settle()
        for _ in 0..<3 {
            client.send("more")
            // Throws where a loop spins.
            try proxy.settle()
        }
        #expect(try Self.fetch(client, from: proxy).hasSuffix("y"))
    }

    @Test("RFC 9112 §9.5: who is answered early may end its side, and gets the rest of the answer")
    func halfClosedBehindEarlyAnswer() throws {
        let proxy = try ScriptedProxy()
        let (client, _) = try Self.earlyAnswered(proxy)
        client.finish()
        try proxy.settle()
        #expect(!client.isClosedByLoop)
        #expect(try Self.fetch(client, from: proxy).hasSuffix(Self.body))
        #expect(client.isClosedByLoop && !client.sawReset)
    }

    @Test("who ends its side in the moment of the answer gets all of it, however slowly it reads")
    func halfClosedWithAnswer() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.connect()
        client.send(request("GET", "/public/x"))
        try proxy.settle()
        let upstream = try proxy.upstream()
        client.window = 100
        client.finish()
        upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + Self.body.prefix(2_000))
        try proxy.settle()
        #expect(try Self.fetch(client, from: proxy).hasSuffix(Self.body.prefix(2_000)))
        #expect(client.isClosedByLoop && !client.sawReset)
    }

    @Test("a client that ends in the middle of its body before there is an answer is gone")
    func halfClosedBeforeAnswer() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("POST", "/public/x", ["Content-Length: 1000000"]) + "beginning")
        let upstream = try proxy.upstream()
        client.finish()
        try proxy.settle()
        #expect(client.isClosedByLoop && upstream.isClosedByLoop)
    }

    @Test("what a shutdown cuts of an answer's end that only the connection's end delimits does not look whole")
    func cutQueue() throws {
        let proxy = try ScriptedProxy()
        let (client, upstream) = try Self.slowReader(proxy, asking: request("GET", "/public/x", version: "1.0"))
        try proxy.answer(upstream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n")
        try proxy.answer(upstream, String(repeating: "z", count: 2_000) + "\r\n0\r\n\r\n")
        proxy.context.refuse {}
        proxy.context.cut()
        #expect(client.sawReset)
    }

    @Test("the beginning of a drain destroys no answer that is still fetched, whatever came behind its request")
    func drainBehindQueue() throws {
        let proxy = try ScriptedProxy()
        let (client, upstream) = try Self.slowReader(proxy, asking: request("GET", "/public/1"))
        try proxy.answer(
            upstream,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + String(repeating: "z", count: 2_000)
                + "\r\n0\r\n\r\n")
        client.send(request("GET", "/public/2"))
        proxy.context.beginDrain()
        proxy.context.refuse {}
        try proxy.settle()
        let text = try Self.fetch(client, from: proxy)
        #expect(text.contains("zzz\r\n0\r\n\r\n"), "\(text.suffix(40))")
        #expect(!client.sawReset)
        client.finish()
        try proxy.settle()
        #expect(client.isClosedByLoop && !client.sawReset)
    }

    @Test("a client that asked for no end and is told of one is closed in stages, also where its request was whole")
    func toldToClose() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("PUT", "/public/x", ["Content-Length: 10"]) + "12345")
        let upstream = try proxy.upstream()
        try proxy.answer(upstream, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok")
        try proxy.answer(client, "67890")
        try proxy.answer(upstream, "ok")
        #expect(client.takeText().contains("Connection: close"))
        #expect(client.sawEnd && !client.isClosedByLoop)
        try proxy.answer(client, request("GET", "/public/2"))
        #expect(!client.sawReset)
    }

    @Test("what an authorization server says before it is asked lets nobody in")
    func greetingServer() throws {
        let proxy = try ScriptedProxy { $0.introspection = ["retries: 0"] }
        proxy.kernel.connectPlans[ScriptedProxy.authorizationServer] = .acceptAtOnce
        let client = try proxy.connect()
        client.send(request("GET", "/api/x", token: "tok"))
        _ = proxy.loop.runOnce()
        let active = #"{"active":true,"scope":"read","sub":"root"}"#
        let server = try proxy.server()
        server.send(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(active.utf8.count)\r\n\r\n\(active)"
        )
        try proxy.settle()
        #expect(client.takeStatus() == 503)
        #expect(server.isClosedByLoop)
    }

    @Test("what another thread posted before a request came holds for it, in whatever order the two are seen")
    func mailFirst() throws {
        let proxy = try ScriptedProxy()
        let first = try proxy.connect()
        let second = try proxy.connect()
        first.send(request("GET", "/public/x"))
        try proxy.settle()
        let upstream = try proxy.upstream()
        let context = Confined(proxy.context, to: proxy.loop)
        proxy.loop.mailbox.post { loop in context.open(on: loop).beginDrain() }
        second.send(request("GET", "/nowhere"))
        // Answers are looked at before requests, and take the places of what was in front of them.
        upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
        try proxy.settle()
        #expect(second.takeText().contains("Connection: close"))
    }
}
