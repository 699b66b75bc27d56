import Assembly
import TestSupport
import Testing

@Suite("How the process ends (SPEC §9)", .serialized) struct DrainTests {
    @Test("for `drain_delay` new connections are served as before, with `Connection: close`")
    func drainDelay() async throws {
        try await withAssembledProxy { configuration, _ in
            configuration.top.append("timeouts: {drain_delay: 1500ms, drain: 1s}")
        } _: { proxy async throws in
            let began = Deadline.now
            async let drained: Void = proxy.running.drain { await Self.forEver() }
            try await Self.isDraining(proxy)
            let isClosing = try await proxy.client { client in
                client.send(request("GET", "/public/x"))
                let response = try client.readResponse()
                return response?.status == 200 && response?.isClosing == true
            }
            #expect(isClosing)
            await drained
            #expect(Deadline.now - began >= 1_500_000_000)
            await #expect(throws: (any Error).self) { try await proxy.status(of: request("GET", "/public/x")) }
        }
    }

    @Test("what is in flight goes on until `drain`, then it is cut", arguments: [true, false])
    func drain(answersInTime: Bool) async throws {
        let gate = Gate()
        let upstream = try StubUpstream { exchange in
            if answersInTime {
                try gate.waitUntilOpen()
                exchange.respond(200, text: "done")
            } else {
                _ = exchange.waitForEnd()
                exchange.close()
            }
        }
        try await withAssembledProxy(upstream: upstream) { configuration, _ in
            configuration.top.append("timeouts: {drain_delay: 0s, drain: \(answersInTime ? "1h" : "700ms")}")
        } _: { proxy async throws in
            async let status = proxy.status(of: request("GET", "/public/x"))
            try proxy.upstream.waitForRequests(1)
            let began = Deadline.now
            async let drained: Void = proxy.running.drain { await Self.forEver() }
            try await Self.isDraining(proxy)
            if answersInTime { gate.open() }
            let answer = try await status
            #expect(answer == (answersInTime ? 200 : nil))
            await drained
            if !answersInTime { #expect(Deadline.now - began >= 700_000_000) }
        }
    }

    @Test("who is in a hurry waits for neither")
    func hurry() async throws {
        try await withAssembledProxy { configuration, _ in
            configuration.top.append("timeouts: {drain_delay: 10m, drain: 1h}")
        } _: { proxy async throws in
            await proxy.running.drain {}
            #expect(proxy.log.current.contains { $0.contains("\"message\":\"stopped\"") })
        }
    }

    private static func isDraining(_ proxy: AssembledProxy) async throws {
        while !proxy.log.current.contains(where: { $0.contains("\"message\":\"draining\"") }) { await Task.yield() }
    }

    /// Nobody asks a second time: ends when it is cancelled.
    private static func forEver() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        for await _ in stream {}
        continuation.finish()
    }
}
