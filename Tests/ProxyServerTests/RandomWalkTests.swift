import Reactor
import ReactorTesting
import TestSupport
import Testing

@testable import ProxyServer

/// Clients, upstreams and the authorization server do anything at any time, sensible or not: nothing crashes, spins,
/// misuses the kernel or stays open.
@Suite struct RandomWalkTests {
    private static let requests = [
        request("GET", "/public/x"), request("GET", "/public/x", ["Connection: close"]),
        request("GET", "/public/x", version: "1.0"), request("HEAD", "/public/x"),
        request("POST", "/public/x", ["Content-Length: 5"], body: "hello"),
        request("POST", "/public/x", ["Content-Length: 50000"], body: String(repeating: "x", count: 30_000)),
        request("POST", "/public/x", ["Transfer-Encoding: chunked"], body: "5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"),
        request("POST", "/public/x", ["Transfer-Encoding: chunked"], body: "5\r\nhelloZ"),
        request("POST", "/public/x", ["Expect: 100-continue", "Content-Length: 5"], body: "hello"),
        request("GET", "/api/x"), request("GET", "/api/x", token: "a"), request("GET", "/api/x", token: "b"),
        request("POST", "/api/x", token: "c", ["Content-Length: 5"], body: "hello"),
        request(
            "GET", "/ws/x", token: "a",
            [
                "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ]) + "frames and frames",
        request("GET", "/nowhere"), "NONSENSE\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ]

    private static let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloZ\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + String(repeating: "y", count: 60_000),
        "HTTP/1.1 200 OK\r\n\r\nuntil close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nframes", "junk\r\n\r\n",
        "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n",
    ]

    private static let verdicts =
        [
            #"{"active":true,"scope":"read","sub":"alice"}"#, #"{"active":false}"#, "{",
            #"{"active":true,"scope":"read","sub":"alice","exp":1750000030}"#,
            #"{"active":true,"scope":"other","sub":"b"}"#,
        ].map { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \($0.utf8.count)\r\n\r\n\($0)" }
        + [
            "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 401 No\r\nConnection: close\r\n\r\n",
            "junk\r\n\r\n",
        ]

    @Test("ends with everything closed", arguments: 1...150 as ClosedRange<UInt64>)
    func walk(seed: UInt64) throws {
        let proxy = try ScriptedProxy(seed: seed) {
            $0.top = ["timeouts: {head: 5s, idle: 15s}", "limits: {connections: 8}"]
            $0.upstream = ["response_timeout: 10s", "stream_idle: 10s", "connect_timeout: 1s"]
        }
        let kernel = proxy.kernel
        var random = SeededRandom(seed: seed &* 7_919)
        if seed.isMultiple(of: 2) {
            kernel.receiveTransfer = .random
            kernel.sendTransfer = .random
            kernel.shufflesEvents = true
        }
        var clients: [(peer: ScriptedPeer, unsent: ArraySlice<UInt8>)] = []
        var upstreams: [ScriptedPeer] = []
        var servers: [ScriptedPeer] = []
        func act(on peer: ScriptedPeer, with answers: [String]) {
            switch Int.random(in: 0..<12, using: &random) {
            case 0: peer.finish()
            case 1: peer.reset()
            case 2: peer.window = peer.received.count + Int.random(in: 0...1_000, using: &random)
            case 3: peer.window = .max
            case 4, 5: _ = peer.take()
            case 6: peer.send("tail")
            default:
                let answer = answers.randomElement(using: &random) ?? ""
                peer.send(
                    random.chance(oneIn: 4) ? String(answer.prefix(Int.random(in: 0...80, using: &random))) : answer)
            }
        }
        for _ in 0..<200 {
            switch Int.random(in: 0..<14, using: &random) {
            case 0, 1:
                let script = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    Self.requests.randomElement(using: &random) ?? ""
                }
                if clients.count < 12, let peer = kernel.connectClient(to: ScriptedProxy.listening) {
                    clients.append((peer, Array(script.joined().utf8)[...]))
                }
            case 2...5:
                guard let index = clients.indices.randomElement(using: &random) else { continue }
                let piece = clients[index].unsent.prefix(Int.random(in: 1...40_000, using: &random))
                clients[index].peer.send(piece)
                clients[index].unsent = clients[index].unsent.dropFirst(piece.count)
            case 6:
                guard let index = clients.indices.randomElement(using: &random) else { continue }
                act(on: clients[index].peer, with: Self.requests)
                if random.chance(oneIn: 4) { clients.remove(at: index).peer.reset() }
            case 7, 8:
                if let peer = upstreams.randomElement(using: &random) { act(on: peer, with: Self.answers) }
            case 9:
                if let peer = servers.randomElement(using: &random) { act(on: peer, with: Self.verdicts) }
            case 10: kernel.advance(milliseconds: UInt64.random(in: 1...3_000, using: &random))
            case 11:
                let plans: [ScriptedKernel.ConnectPlan] = [
                    .accept, .acceptAtOnce, .refuse, .hang, .failAtOnce(.connectionRefused),
                ]
                if random.chance(oneIn: 4) {
                    kernel.connectPlans[ScriptedProxy.upstream] = plans.randomElement(using: &random)
                } else {
                    kernel.connectPlans[ScriptedProxy.upstream] = .accept
                }
            default: break
            }
            for _ in 0..<Int.random(in: 0...3, using: &random) { proxy.loop.runOnce() }
            while let peer = kernel.takeUpstream(at: ScriptedProxy.upstream) { upstreams.append(peer) }
            while let peer = kernel.takeUpstream(at: ScriptedProxy.authorizationServer) { servers.append(peer) }
        }
        if seed.isMultiple(of: 3) { proxy.context.beginDrain() }
        for client in clients { client.peer.reset() }
        try proxy.pass(seconds: 2)
        #expect(proxy.context.connections.count == 0, "clients that are gone are forgotten")
        for peer in upstreams + servers { peer.reset() }
        try proxy.pass(seconds: 20)
        #expect(proxy.loop.openEndpoints == 0)
        #expect(proxy.context.flights.isEmpty)
    }
}
