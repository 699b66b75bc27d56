import HydraClient
import OAuthModel
import Synchronization
import Testing

@Suite("Trying again")
struct RetryTests {
    @Test(
        "what is not idempotent is asked once, whatever befalls it",
        arguments: Operation.all.filter { !$0.isRepeatable })
    func asksOnce(operation: Operation) async throws {
        for reaction in [ScriptedHydra.Reaction.end, .json("{}", 503)] {
            try await withHydra { _ in
                reaction
            } _: { server, hydra in
                let error = await failure { () throws(HydraClientError) in try await operation.call(hydra) }
                #expect(error != nil)
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test("what is idempotent is tried again, but no more often than configured", arguments: [0, 1, 2])
    func isBounded(retriesMax: Int) async throws {
        try await withHydra {
            $0.retriesMax = retriesMax
        } answering: { _ in
            .json(#"{"error":"temporarily_unavailable"}"#, 503)
        } _: { server, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect(error?.code == .temporarilyUnavailable)
            #expect(server.requests.count == retriesMax + 1)
        }
    }

    @Test(
        "an idempotent operation outlives one failure", arguments: Operation.all.filter { $0.isRepeatable })
    func outlivesFailure(operation: Operation) async throws {
        let first = FirstTime()
        try await withHydra { _ in
            first.isNow() ? .end : operation.reaction
        } _: { server, hydra in
            try await operation.call(hydra)
            #expect(server.requests.count == 2)
        }
    }

    @Test("an answer that will stay the same is not asked for again", arguments: [400, 401, 404, 409, 500, 501, 301])
    func keepsAnswer(status: Int) async throws {
        try await withHydra { _ in
            .json("{}", status)
        } _: { server, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect(error?.status == status)
            #expect(server.requests.count == 1)
        }
    }

    @Test("whoever says to wait longer than the call may last is not waited for")
    func heedsRetryAfter() async throws {
        try await withHydra { _ in
            .answer(503, [("Retry-After", "3600")])
        } _: { server, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect(error?.retryAfter == .seconds(3_600))
            #expect(server.requests.count == 1)
        }
    }

    @Test(
        "a server that always says to come back at once is asked no more often than configured, however often that is")
    func staysBounded() async throws {
        try await withHydra {
            $0.retriesMax = 150
        } answering: { _ in
            .answer(503, [("Retry-After", "0")])
        } _: { server, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect(error?.status == 503)
            #expect(server.requests.count == 151)
        }
    }

    @Test("a revocation that a signed assertion authenticates is sent once: the assertion works once")
    func spendsAssertionOnce() async throws {
        let signer = try HydraClient.AssertionSigner(generatingFor: .es256, keyID: nil)
        try await withHydra { _ in
            .end
        } _: { server, hydra in
            let error = await failure { () throws(HydraClientError) in
                try await hydra.revokeToken(SecretBytes("t"), as: .privateKeyJWT(clientID: "c", signer: signer))
            }
            #expect(error?.code == .unreachable)
            #expect(server.requests.count == 1)
        }
    }

    @Test(
        "a cancelled call ends at once, and says so: before the head, within the body, and between two tries",
        arguments: [
            ScriptedHydra.Reaction.unfinished(""), .unfinished("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
            .answer(503, [("Retry-After", "50")]),
        ])
    func isCancelled(reaction: ScriptedHydra.Reaction) async throws {
        try await withHydra { _ in
            reaction
        } _: { server, hydra in
            let task = Task { await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") } }
            _ = await server.nextRequest()
            task.cancel()
            #expect(await task.value?.code == .cancelled)
            #expect(server.requests.count == 1)
        }
    }

    @Test("a task that is over asks nothing", arguments: Operation.all)
    func asksNothing(operation: Operation) async throws {
        try await withHydra { _ in
            operation.reaction
        } _: { server, hydra in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await failure { () throws(HydraClientError) in try await operation.call(hydra) }
            }
            #expect(await task.value?.code == .cancelled)
            #expect(server.requests.isEmpty)
        }
    }
}

/// True once.
private final class FirstTime: Sendable {
    private let isAhead = Mutex(true)

    func isNow() -> Bool {
        self.isAhead.withLock { isAhead in
            defer { isAhead = false }
            return isAhead
        }
    }
}
