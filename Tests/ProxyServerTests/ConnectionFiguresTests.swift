import ProxyCore
import ReactorTesting
import TestSupport
import Testing

@testable import ProxyServer

@Suite("What is said of client connections (SPEC §7, §9)") struct ConnectionFiguresTests {
    @Test("`bearergate_connections*` say how many are open, were taken in, and may be; a reload changes the last")
    func metrics() throws {
        let proxy = try ScriptedProxy { $0.top = ["limits: {connections: 2}"] }
        #expect(try Self.figures(of: proxy) == ["": 0, "_max": 2, "_accepted_total": 0, "_refused_total": 0])
        let first = try proxy.connect()
        _ = try proxy.connect()
        let third = try proxy.client(request("GET", "/nowhere"))
        // It waits in the kernel's backlog: neither taken in nor refused.
        #expect(try Self.figures(of: proxy) == ["": 2, "_max": 2, "_accepted_total": 2, "_refused_total": 0])
        #expect(third.received.isEmpty)
        first.reset()
        try proxy.settle()
        #expect(third.takeStatus() == 404)
        #expect(try Self.figures(of: proxy) == ["": 2, "_max": 2, "_accepted_total": 3, "_refused_total": 0])
        proxy.context.adopt(try ScriptedProxy.generation { $0.top = ["limits: {connections: 3}"] })
        let fourth = try proxy.client(request("GET", "/nowhere"))
        #expect(fourth.takeStatus() == 404)
        #expect(try Self.figures(of: proxy) == ["": 3, "_max": 3, "_accepted_total": 4, "_refused_total": 0])
    }

    /// By what follows `bearergate_connections`.
    private static func figures(of proxy: ScriptedProxy) throws -> [String: Int] {
        var figures: [String: Int] = [:]
        for line in proxy.metrics(beginning: "bearergate_connections") {
            let words = line.dropFirst("bearergate_connections".count).split(
                separator: " ", omittingEmptySubsequences: false)
            figures[String(words[0])] = Int(try #require(words.last))
        }
        return figures
    }
}

@Suite("One count of connections for all loops") struct ConnectionCountTests {
    @Test("nobody enters at the cap, and who finds none left is told of the next that leaves")
    func tells() {
        let count = ConnectionCount()
        #expect(count.enter(below: 2) && count.enter(below: 2))
        #expect(!count.enter(below: 2) && !count.hasRoom(below: 2))
        #expect(count.restsUntilRoom(below: 2))
        #expect(count.leave(), "loops wait")
        #expect(count.hasRoom(below: 2))
        #expect(!count.leave(), "they have been told")
    }

    @Test("room that came before the wish for it is seen, so that nobody rests beside it")
    func seesRoom() {
        let count = ConnectionCount()
        #expect(count.enter(below: 1))
        #expect(!count.leave())
        #expect(!count.restsUntilRoom(below: 1))
    }
}
