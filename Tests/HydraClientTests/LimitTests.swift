import HydraClient
import OAuthModel
import Testing

@Suite("Limits of a call")
struct LimitTests {
    @Test(
        "an answer that is longer than allowed is cut",
        arguments: [
            ScriptedHydra.Reaction.endless, .unfinished("HTTP/1.1 200 OK\r\nContent-Length: 1025\r\n\r\n"),
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
}
