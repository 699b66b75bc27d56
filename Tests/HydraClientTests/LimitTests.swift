import HydraClient
import OAuthModel
import Testing

@Suite("Limits of a call")
struct LimitTests {
    @Test(
        "an answer that is longer than allowed is cut",
        arguments: [
            ScriptedHydra.Reaction.endlessBody, .unfinished("HTTP/1.1 200 OK\r\nContent-Length: 1025\r\n\r\n"),
            .answer(404, body: String(repeating: "x", count: 1_025)),
        ])
    func cuts(reaction: ScriptedHydra.Reaction) async throws {
        try await withHydra {
            $0.responseBytesMax = 1_024
        } answering: { _ in
            reaction
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect(error?.stage == .transport)
            #expect(error?.code == .responseTooLarge)
        }
    }

    @Test(
        "the limit of time covers the head, the body and every try",
        arguments: [
            ScriptedHydra.Reaction.unfinished(""), .unfinished("HTTP/1.1 200 OK\r\n"),
            .unfinished("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{"),
        ])
    func timesOut(reaction: ScriptedHydra.Reaction) async throws {
        try await withHydra {
            $0.timeout = .milliseconds(200)
        } answering: { _ in
            reaction
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect(error?.stage == .transport)
            #expect(error?.code == .timedOut)
        }
    }

    @Test("a redirect is not followed, with whatever status", arguments: [301, 302, 303, 307, 308])
    func staysHere(status: Int) async throws {
        try await withHydra { request in
            request.target == "/elsewhere" ? .json("{}") : .answer(status, [("Location", "/elsewhere")])
        } _: { server, hydra in
            let error = await failure { () throws(HydraClientError) in
                _ = try await hydra.exchangeToken(.clientCredentials(), as: .none(clientID: "c"))
            }
            #expect(error?.code == .redirected)
            #expect(error?.status == status)
            #expect(server.requests.map(\.target) == ["/oauth2/token"])
        }
    }

    @Test(
        "what is not HTTP is an error of the transport, and stops nothing else",
        arguments: ["garbage\r\n\r\n", "HTTP/1.1 099 Low\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 999 High\r\n\r\n"])
    func survivesNonsense(text: String) async throws {
        try await withHydra {
            $0.retriesMax = 0
        } answering: { _ in
            .raw(text)
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect(error?.stage == .transport)
            #expect(error?.code == .malformedResponse)
        }
    }

    @Test(
        "what never ends but is no body ends the call as well: it is refused, or its time is up",
        arguments: [
            ScriptedHydra.Reaction.endless("HTTP/1.1 200 OK\r\nX: ", again: String(repeating: "a", count: 4_096)),
            .endless("HTTP/1.1 200 OK\r\n", again: "X: y\r\n"),
            .endless("", again: "HTTP/1.1 100 Continue\r\n\r\n"),
            .endless("HTTP/1.1 ", again: String(repeating: "2", count: 4_096)),
            .endless(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
                again: String(repeating: "a", count: 4_096)),
            .endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", again: "X: y\r\n"),
            .unfinished("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
        ])
    func endsFloods(reaction: ScriptedHydra.Reaction) async throws {
        try await withHydra {
            $0.timeout = .milliseconds(500)
        } answering: { _ in
            reaction
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect([.malformedResponse, .timedOut, .unreachable, .unexpectedStatus].contains(error?.code))
        }
    }

    @Test("a body in a coding that was not asked for is no JSON (RFC 9110 §12.5.3)")
    func refusesCoding() async throws {
        // `{"client_id":"a"}`, gzipped.
        let gzip: [UInt8] = [
            0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xAB, 0x56, 0x4A, 0xCE, 0xC9, 0x4C, 0xCD, 0x2B,
            0x89, 0xCF, 0x4C, 0x51, 0xB2, 0x52, 0x4A, 0x54, 0xAA, 0x05, 0x00, 0xFE, 0xC3, 0xD9, 0xCF, 0x11, 0x00, 0x00,
            0x00,
        ]
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(gzip.count)\r\n\r\n"
        try await withHydra { _ in
            .rawBytes(Array(head.utf8) + gzip)
        } _: { server, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect(error?.code == .notJSON)
            #expect(server.requests.first?.values("accept-encoding") == [])
        }
    }

    @Test("an answer that ends too early is no answer")
    func noticesCut() async throws {
        try await withHydra {
            $0.retriesMax = 0
        } answering: { _ in
            .raw("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}")
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect(error?.stage == .transport)
            #expect(error?.code == .unreachable)
        }
    }

    @Test("nobody there is an error of the transport")
    func nobodyThere() async throws {
        let server = ScriptedHydra { _ in .end }
        try await server.start()
        let origin = server.origin
        await server.stop()
        var configuration = HydraClient.Configuration(adminURL: origin)
        configuration.retriesMax = 1
        let hydra = try HydraClient(configuration)
        let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
        #expect(error?.stage == .transport)
        #expect(error?.code == .unreachable)
        await hydra.shutdown()
    }

    @Test("a client that was shut down says so, twice over")
    func isShutDown() async throws {
        try await withHydra { _ in
            .json("{}")
        } _: { _, hydra in
            await hydra.shutdown()
            await hydra.shutdown()
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect(error?.code == .cancelled)
        }
    }

    @Test("a shutdown ends the calls that are under way, and says so")
    func endsCalls() async throws {
        try await withHydra { _ in
            .unfinished("")
        } _: { server, hydra in
            let calls = (0..<4).map { _ in
                Task { await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") } }
            }
            for _ in calls { _ = await server.nextRequest() }
            await hydra.shutdown()
            for call in calls { #expect(await call.value?.code == .cancelled) }
        }
    }

    @Test("many calls at once each get their own answer")
    func isConcurrent() async throws {
        try await withHydra { request in
            .json(#"{"client_id":"\#(request.target.split(separator: "/").last ?? "")"}"#)
        } _: { _, hydra in
            let mixedUp = try await withThrowingTaskGroup(of: Bool.self) { group in
                for id in 0..<300 {
                    group.addTask { try await hydra.client(id: "\(id)").clientID != "\(id)" }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(mixedUp == 0)
        }
    }

    @Test("a limit of time without end is none that stops anything")
    func takesEndlessTimeout() async throws {
        try await withHydra {
            $0.timeout = .seconds(Int64.max)
        } answering: { _ in
            .json(#"{"client_id":"a"}"#)
        } _: { _, hydra in
            let client = try await hydra.client(id: "a")
            #expect(client.clientID == "a")
        }
    }
}
