import Reactor
import ReactorTesting
import TestSupport
import Testing

@testable import ProxyServer

@Suite("Names of services (SPEC §5), on a clock moved by hand") struct UpstreamNameTests {
    private static let name = "up.test"
    private static let old = ScriptedProxy.upstream
    private static let new = SocketAddress.inet4(IPv4Address(bits: 0x7F00_0002), port: 9_000)
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    /// Its upstream has a name, which leads to `old` at first.
    private func named() throws -> ScriptedProxy {
        let proxy = try ScriptedProxy {
            $0.top = ["resolve_interval: 10s"]
            $0.upstreamURL = "http://up.test:9000"
        }
        proxy.names.set(Self.name, to: .success([Self.old]))
        try proxy.lookUpNames()
        return proxy
    }

    /// The next answer of the name service has come.
    private func turn(_ proxy: ScriptedProxy, to answer: Resolver.Answer) throws {
        proxy.names.set(Self.name, to: answer)
        try proxy.pass(seconds: 10.1)
        try proxy.lookUpNames()
    }

    /// A client that has had an answer from the upstream, and the idle connection that is left.
    private func served(_ proxy: ScriptedProxy) throws -> (client: ScriptedPeer, idle: ScriptedPeer) {
        let client = try proxy.client(request("GET", "/public/x"))
        let upstream = try proxy.upstream()
        try proxy.answer(upstream, Self.ok)
        #expect(client.takeStatus() == 200)
        return (client, upstream)
    }

    // MARK: A name that moves

    @Test("where a name no longer leads, idle connections are closed and busy ones not used again")
    func moves() throws {
        let proxy = try self.named()
        let waiting = try proxy.client(request("GET", "/public/slow"))
        let busy = try proxy.upstream()
        let (client, idle) = try self.served(proxy)
        try self.turn(proxy, to: .success([Self.new]))
        #expect(idle.isClosedByLoop && !busy.isClosedByLoop)
        try proxy.answer(busy, Self.ok)
        #expect(waiting.takeStatus() == 200 && busy.isClosedByLoop)
        // From here on it is the new one's turn, and that one is kept.
        proxy.kernel.connectPlans[Self.new] = .accept
        try proxy.answer(client, request("GET", "/public/x"))
        let next = try #require(proxy.kernel.takeUpstream(at: Self.new))
        for _ in 0..<2 {
            try proxy.answer(next, Self.ok)
            #expect(client.takeStatus() == 200 && !next.isClosedByLoop)
            try proxy.answer(client, request("GET", "/public/x"))
        }
        #expect(proxy.kernel.takeUpstream(at: Self.new) == nil)
    }

    @Test("a connection that was busy while its address was away for a while is kept")
    func comesBack() throws {
        let proxy = try self.named()
        let client = try proxy.client(request("GET", "/public/slow"))
        let busy = try proxy.upstream()
        try self.turn(proxy, to: .success([Self.new]))
        try self.turn(proxy, to: .success([Self.old]))
        try proxy.answer(busy, Self.ok)
        #expect(client.takeStatus() == 200 && !busy.isClosedByLoop)
    }

    @Test(
        "connections stay while their address does, while DNS is away, and where an answer may not be the whole one",
        arguments: Self.harmless)
    func stays(answer: Resolver.Answer) throws {
        let proxy = try self.named()
        let (client, idle) = try self.served(proxy)
        try self.turn(proxy, to: answer)
        try proxy.answer(client, request("GET", "/public/x"))
        try proxy.answer(idle, Self.ok)
        #expect(client.takeStatus() == 200 && !idle.isClosedByLoop)
    }

    private static let harmless: [Resolver.Answer] = [
        .success([Self.new, Self.old]), .failure(.temporary), .failure(.noSuchName), .success(Self.many),
    ]
    private static let many = (0..<UInt32(Resolver.addressesMax)).map { number in
        SocketAddress.inet4(IPv4Address(bits: 0x0A00_0001 + number), port: 9_000)
    }

    // MARK: Failures

    @Test("a name whose service is down is asked for at once, then once a second at most")
    func down() throws {
        let proxy = try self.named()
        proxy.kernel.connectPlans[Self.old] = .refuse
        #expect(proxy.names.asked.count == 1)
        try self.asksOnceASecond(proxy)
    }

    @Test("a name without an address is asked for by who needs it, once a second at most")
    func unknown() throws {
        let proxy = try ScriptedProxy { $0.upstreamURL = "http://up.test:9000" }
        try proxy.lookUpNames()
        #expect(proxy.names.asked.count == 1)
        try self.asksOnceASecond(proxy)
    }

    /// However many requests fail for want of an address; one look-up has been made before.
    private func asksOnceASecond(_ proxy: ScriptedProxy) throws {
        for count in 2...3 {
            for _ in 0..<5 {
                let client = try proxy.client(request("GET", "/public/x"))
                try proxy.lookUpNames()
                #expect(client.takeStatus() == 502)
                #expect(proxy.names.asked.count == count)
            }
            try proxy.pass(seconds: 1)
        }
    }

    @Test("who gives up while a name is being looked up does not wait for it any more; who stays is served")
    func givesUp() throws {
        let proxy = try ScriptedProxy { $0.upstreamURL = "http://up.test:9000" }
        let addresses = proxy.context.current.upstreamPools[0].addresses
        let late = try proxy.client(request("GET", "/public/late"))
        try proxy.pass(seconds: 2.1)
        #expect(late.takeStatus() == 504 && addresses.waiting.isEmpty)
        let stays = try proxy.client(request("GET", "/public/x"))
        for _ in 0..<10 {
            let client = try proxy.client(request("GET", "/public/x"))
            #expect(addresses.waiting.count == 2)
            client.reset()
            try proxy.settle()
            #expect(addresses.waiting.count == 1)
        }
        proxy.names.set(Self.name, to: .success([Self.old]))
        try proxy.lookUpNames()
        #expect(addresses.waiting.isEmpty)
        try proxy.answer(try proxy.upstream(), Self.ok)
        #expect(stays.takeStatus() == 200)
        #expect(proxy.kernel.takeUpstream(at: Self.old) == nil)
    }

    // MARK: What is said

    @Test("a name that does not resolve is said once at start and at each reload, however many services have it")
    func said() throws {
        let change: (inout StandardConfiguration) -> Void = {
            $0.upstreamURL = "http://none.test:9000"
            $0.authorizationServerURL = "http://none.test:4445"
            $0.server = ["plaintext: allow"]
        }
        let proxy = try ScriptedProxy(seed: 1, change)
        let notice = UnresolvedName(host: "none.test", service: "main", cause: .noSuchName)
        try proxy.lookUpNames()
        #expect(proxy.unresolved.current == [notice])
        let client = try proxy.client(request("GET", "/public/x"))
        try proxy.lookUpNames()
        #expect(client.takeStatus() == 502)
        try proxy.pass(seconds: 30.1)
        try proxy.lookUpNames()
        #expect(proxy.unresolved.current == [notice])
        proxy.context.adopt(try ScriptedProxy.generation(change))
        try proxy.lookUpNames()
        #expect(proxy.unresolved.current == [notice, notice])
        // Nothing is said of a name that has resolved once, at whatever reload.
        proxy.names.set("none.test", to: .success([Self.old]))
        try proxy.pass(seconds: 30.1)
        try proxy.lookUpNames()
        proxy.names.set("none.test", to: .failure(.noSuchName))
        proxy.context.adopt(try ScriptedProxy.generation(change))
        try proxy.lookUpNames()
        #expect(proxy.unresolved.current == [notice, notice])
    }
}
