import Foundation
import JOSE
import ProxyCore
import Synchronization
import Testing

@testable import AuthorizationServerClient

@Suite("Keeping keys fresh (SPEC §4 Key sets)") struct KeySetRefresherTests {
    /// A stub, a server that verifies with its keys, and a refresher at work, all on one hand-moved clock.
    private func withRefresher<Value>(
        _ react: @escaping @Sendable (StubAuthorizationServer.Request) -> StubAuthorizationServer.Reaction,
        lifetime: Nanoseconds = .seconds(300), staleLimit: Nanoseconds = .seconds(86_400),
        _ body: (World) async throws -> Value
    ) async throws -> Value {
        try await withStub(react) { stub, connections in
            let server = try Servers.verifying(
                .endpoint(stub.origin + "/keys"), lifetime: lifetime, staleLimit: staleLimit)
            let world = World(stub: stub, server: server, connections: connections)
            world.refreshers.adopt([server])
            do {
                let value = try await body(world)
                await world.refreshers.stop()
                return value
            } catch {
                await world.refreshers.stop()
                throw error
            }
        }
    }

    @Test("PB-10: requests that come while the first fetch is under way share it, and each is told once")
    func singleFlight() async throws {
        let gate = Gate()
        try await self.withRefresher({ _ in .held(gate, .json(KeySets.first)) }) { world in
            _ = await world.stub.nextRequest()
            let waiters = (0..<200).map(Servers.waiter)
            await withTaskGroup(of: Void.self) { group in
                for waiter in waiters {
                    group.addTask {
                        #expect(world.state.noKeys(waiter: waiter, at: world.now) == .wait(wakes: false))
                    }
                }
            }
            gate.open()
            #expect(await world.around.nextEnd() == .keysFetched(server: "hydra", usable: 1))
            #expect(Set(world.around.wokenWaiters) == Set(waiters))
            #expect(world.around.wokenWaiters.count == 200)
            #expect(world.stub.requests.count == 1)
            #expect(world.state.keySnapshot(at: world.now)?.keys.keys.count == 1)
        }
    }

    @Test("PB-11: one fetch a lifetime, whatever is asked of the set meanwhile")
    func oneFetchALifetime() async throws {
        try await self.withRefresher({ _ in .json(KeySets.first) }) { world in
            _ = await world.around.nextEnd()
            for _ in 0..<1_000 { #expect(world.state.keySnapshot(at: world.now) != nil) }
            #expect(world.stub.requests.count == 1)
            world.around.clock.advance(by: .seconds(240))
            _ = await world.around.nextEnd()
            #expect(world.stub.requests.count == 2)
        }
    }

    @Test("PB-12: the set is refreshed before it is old, and the old one serves meanwhile")
    func refreshAhead() async throws {
        let gate = Gate()
        try await self.withRefresher({ _ in .json(KeySets.first) }) { world in
            _ = await world.around.nextEnd()
            _ = await world.stub.nextRequest()
            world.stub.react { _ in .held(gate, .json(KeySets.rotated)) }
            world.around.clock.advance(by: .seconds(240))
            _ = await world.stub.nextRequest()
            // Past the lifetime, with the answer still out: nobody waits.
            world.around.clock.advance(by: .seconds(120))
            let old = try #require(world.state.keySnapshot(at: world.now))
            #expect(old.keys.keys.map(\.keyIdentifier) == [KeyIdentifier("first")])
            gate.open()
            _ = await world.around.nextEnd()
            let new = try #require(world.state.keySnapshot(at: world.now))
            #expect(new.keys.keys.map(\.keyIdentifier) == [KeyIdentifier("second")])
        }
    }

    @Test("PB-13: a key that is unknown is fetched at once, before the set is due")
    func rotation() async throws {
        try await self.withRefresher({ _ in .json(KeySets.first) }) { world in
            _ = await world.around.nextEnd()
            world.stub.react { _ in .json(KeySets.rotated) }
            let old = try #require(world.state.keySnapshot(at: world.now))
            let waiter = Servers.waiter(7)
            #expect(
                world.state.unknownKey(epoch: old.epoch, waiter: waiter, at: world.now) == .wait(wakes: true))
            _ = await world.around.nextEnd()
            #expect(world.around.wokenWaiters == [waiter])
            let new = try #require(world.state.keySnapshot(at: world.now))
            #expect(new.keys.keys.map(\.keyIdentifier) == [KeyIdentifier("second")])
            #expect(new.epoch > old.epoch)
        }
    }

    @Test("PB-14: any number of unknown keys is one fetch a cool-down")
    func unknownKeys() async throws {
        try await self.withRefresher({ _ in .json(KeySets.first) }) { world in
            _ = await world.around.nextEnd()
            for round in 0..<2 {
                let epoch = try #require(world.state.keySnapshot(at: world.now)).epoch
                #expect(
                    world.state.unknownKey(epoch: epoch, waiter: Servers.waiter(0), at: world.now)
                        == .wait(wakes: true))
                _ = await world.around.nextEnd()
                let newer = try #require(world.state.keySnapshot(at: world.now)).epoch
                for number in 1..<500 {
                    #expect(
                        world.state.unknownKey(epoch: newer, waiter: Servers.waiter(number), at: world.now) == .settled)
                }
                #expect(world.stub.requests.count == 2 + round)
                world.around.clock.advance(by: .seconds(30))
            }
        }
    }

    @Test("PB-16, PB-17: a server that is down at start is asked again soon, and those who wait are told at once")
    func downAtStart() async throws {
        try await self.withRefresher({ _ in .reset }) { world in
            guard case .keysFailed("hydra", .unreachable) = await world.around.nextEnd() else {
                Issue.record("the first fetch fails")
                return
            }
            let figures = world.state.keyFigures(at: world.now)
            #expect(figures.hasBeenAnswered && !figures.isUsable && figures.age == nil)
            // Nothing is due: the request is refused now, not after the next try.
            #expect(world.state.noKeys(waiter: Servers.waiter(1), at: world.now) == .settled)
            world.stub.react { _ in .json(KeySets.first) }
            world.around.clock.advance(by: .seconds(1))
            #expect(await world.around.nextEnd() == .keysFetched(server: "hydra", usable: 1))
            #expect(world.state.keyFigures(at: world.now).isUsable)
        }
    }

    @Test("PB-17: those who wait for a fetch that fails are told, and no key comes of it")
    func failureTellsWaiters() async throws {
        let gate = Gate()
        try await self.withRefresher({ _ in .held(gate, .answer(500, body: "")) }) { world in
            _ = await world.stub.nextRequest()
            #expect(world.state.noKeys(waiter: Servers.waiter(3), at: world.now) == .wait(wakes: false))
            gate.open()
            #expect(await world.around.nextEnd() == .keysFailed(server: "hydra", .refused(status: 500)))
            #expect(world.around.wokenWaiters == [Servers.waiter(3)])
            #expect(world.state.keySnapshot(at: world.now) == nil)
        }
    }

    @Test("PB-18: the old set serves while its server fails, at most until the stale limit")
    func oldSetKept() async throws {
        try await self.withRefresher({ _ in .json(KeySets.first) }, staleLimit: .seconds(600)) { world in
            _ = await world.around.nextEnd()
            world.stub.react { _ in .answer(500, body: "") }
            world.around.clock.advance(by: .seconds(240))
            #expect(await world.around.nextEnd() == .keysFailed(server: "hydra", .refused(status: 500)))
            #expect(world.state.keySnapshot(at: world.now) != nil)
            world.around.clock.advance(by: .seconds(359))
            #expect(world.state.keySnapshot(at: world.now) != nil)
            world.around.clock.advance(by: .seconds(1))
            #expect(world.state.keySnapshot(at: world.now) == nil)
            #expect(!world.state.keyFigures(at: world.now).isUsable)
        }
    }

    @Test("Tries at a server that is away are spaced: 1, 2, 4, … at most 30 s")
    func backOff() async throws {
        try await self.withRefresher({ _ in .answer(503, body: "") }) { world in
            _ = await world.around.nextEnd()
            for (index, seconds) in [1, 2, 4, 8, 16, 30, 30].enumerated() {
                world.around.clock.advance(by: .seconds(UInt64(seconds)))
                _ = await world.around.nextEnd()
                #expect(world.stub.requests.count == index + 2)
            }
            let counts = world.counts.outcomes(of: "hydra").filter { $0.count > 0 }
            #expect(counts.map(\.outcome) == ["refused"])
            #expect(counts.map(\.count) == [8])
        }
    }

    @Test("PB-15: a server that fails does not hold up the keys of another")
    func independence() async throws {
        try await withStub({ request in
            request.target == "/bad" ? .silence : .json(KeySets.first)
        }) { stub, connections in
            let bad = try Servers.verifying(.endpoint(stub.origin + "/bad"), name: "bad")
            let good = try Servers.verifying(.endpoint(stub.origin + "/good"), name: "good")
            let around = Surroundings()
            let refreshers = Refreshers(
                connections: connections, counts: KeySetRefreshCounts(), surroundings: around.values)
            refreshers.adopt([bad, good])
            #expect(await around.nextEnd() == .keysFetched(server: "good", usable: 1))
            stub.react { request in request.target == "/bad" ? .silence : .json(KeySets.rotated) }
            around.clock.advance(by: .seconds(240))
            #expect(await around.nextEnd() == .keysFetched(server: "good", usable: 1))
            let keys = good.state.keySnapshot(at: around.clock.now)?.keys.keys.map(\.keyIdentifier)
            #expect(keys == [KeyIdentifier("second")])
            await refreshers.stop()
        }
    }

    @Test("PB-19: a reload while a fetch is under way lets it end, and tells those who wait")
    func reloadDuringFetch() async throws {
        let gate = Gate()
        try await self.withRefresher({ _ in .held(gate, .json(KeySets.first)) }) { world in
            _ = await world.stub.nextRequest()
            #expect(world.state.noKeys(waiter: Servers.waiter(5), at: world.now) == .wait(wakes: false))
            world.refreshers.adopt([])
            gate.open()
            #expect(await world.around.nextEnd() == .keysFetched(server: "hydra", usable: 1))
            #expect(world.around.wokenWaiters == [Servers.waiter(5)])
        }
    }

    @Test("PB-19: whoever still wants keys of a server that has left the configuration is told, not left waiting")
    func wantedAfterRetirement() async throws {
        try await self.withRefresher({ _ in .answer(500, body: "") }) { world in
            _ = await world.around.nextEnd()
            await world.refreshers.stop()
            world.around.clock.advance(by: .seconds(60))
            #expect(world.state.noKeys(waiter: Servers.waiter(9), at: world.now) == .wait(wakes: true))
            #expect(world.around.wokenWaiters == [Servers.waiter(9)])
            #expect(world.stub.requests.count == 1)
        }
    }

    @Test("The end of the process tells those who wait for a fetch that never came back")
    func stopDuringFetch() async throws {
        try await self.withRefresher({ _ in .silence }) { world in
            _ = await world.stub.nextRequest()
            #expect(world.state.noKeys(waiter: Servers.waiter(5), at: world.now) == .wait(wakes: false))
            await world.refreshers.stop()
            #expect(world.around.wokenWaiters == [Servers.waiter(5)])
            #expect(world.around.allEvents == [.keysFailed(server: "hydra", .cancelled)])
        }
    }

    @Test("A reload that leaves a server as it was leaves its keys and its refresher alone")
    func keptAcrossReload() async throws {
        try await self.withRefresher({ _ in .json(KeySets.first) }) { world in
            _ = await world.around.nextEnd()
            let same = AuthorizationServer(index: 3, settings: world.server.settings, state: world.state)
            let refresher = try #require(world.refreshers.keyRefresher(of: world.server))
            world.refreshers.adopt([same])
            #expect(world.refreshers.keyRefresher(of: same) === refresher)
            world.around.clock.advance(by: .seconds(240))
            _ = await world.around.nextEnd()
            #expect(world.stub.requests.count == 2)
        }
    }

    @Test("A server that has left the configuration is let go, its cache with it")
    func letsGo() async throws {
        let around = Surroundings()
        let connections = AuthorizationServerConnections()
        let refreshers = Refreshers(
            connections: connections, counts: KeySetRefreshCounts(), surroundings: around.values)
        weak var state: AuthorizationServerState?
        do {
            let server = try Servers.verifying(.file("/nowhere"))
            state = server.state
            refreshers.adopt([server])
            _ = await around.nextEnd()
            refreshers.adopt([])
        }
        await refreshers.stop()
        #expect(state == nil)
        await connections.shutdown()
    }

    @Test(
        "what a reload finds in a key file is in force when the reload is over, whether it changed the server or not",
        arguments: [true, false])
    func readsFileOnReload(isChanged: Bool) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(KeySets.first.utf8).write(to: URL(filePath: path))
        let server = try Servers.verifying(.file(path))
        let around = Surroundings()
        let connections = AuthorizationServerConnections()
        let refreshers = Refreshers(
            connections: connections, counts: KeySetRefreshCounts(), surroundings: around.values)
        refreshers.adopt([server])
        _ = await around.nextEnd()
        try Data(KeySets.rotated.utf8).write(to: URL(filePath: path))
        let settings = try Servers.verifying(.file(path), lifetime: .seconds(400)).settings
        let changed = AuthorizationServer(
            index: 0, settings: settings,
            state: AuthorizationServerState(settings: settings, jitter: 0, succeeding: server))
        let adopted = isChanged ? changed : server
        refreshers.adopt([adopted])
        let keys = adopted.state.keySnapshot(at: around.clock.now)?.keys.keys ?? []
        #expect(keys.map(\.keyIdentifier?.text) == ["second"])
        await refreshers.stop()
        await connections.shutdown()
    }

    @Test("SPEC §4: each key that is left out is reported, and not again while nothing changes")
    func leftOut() async throws {
        let faulty = #"{"keys":[\#(KeySets.key("good")),{"kty":"oct","k":"AA","kid":"s"},{"kty":"x"}]}"#
        try await self.withRefresher({ _ in .json(faulty) }) { world in
            #expect(await world.around.nextEnd() == .keysFetched(server: "hydra", usable: 1))
            world.around.clock.advance(by: .seconds(240))
            _ = await world.around.nextEnd()
            world.stub.react { _ in .json(KeySets.first) }
            world.around.clock.advance(by: .seconds(240))
            _ = await world.around.nextEnd()
            let problems = world.around.allEvents.compactMap { event in
                if case .keyLeftOut("hydra", let key) = event { key.problem } else { nil }
            }
            #expect(problems == [.symmetricKey, .unknownKeyType])
        }
    }
}

/// What the tests of refreshers work on.
struct World: Sendable {
    let stub: StubAuthorizationServer
    let server: AuthorizationServer
    let around = Surroundings()
    let counts = KeySetRefreshCounts()
    let refreshers: Refreshers

    init(stub: StubAuthorizationServer, server: AuthorizationServer, connections: AuthorizationServerConnections) {
        self.stub = stub
        self.server = server
        self.refreshers = Refreshers(connections: connections, counts: self.counts, surroundings: self.around.values)
    }

    var state: AuthorizationServerState { self.server.state }
    var now: UInt64 { self.around.clock.now }
}
