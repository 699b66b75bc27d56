import Foundation
import OAuthModel
import Synchronization
import Testing

@testable import DevAuthorizationServer

@Suite("Starts that are cancelled")
struct CancelledStartTests {
    /// How far a start has come when its caller goes away.
    enum Stage: CaseIterable, Sendable { case database, listeners, seed, announcement }

    @Test(
        "a start that is cancelled throws CancellationError, and nothing is left that listens",
        arguments: [Stage.database, .listeners, .seed])
    func start(stage: Stage) async throws {
        let options = try await Self.optionsWithPorts()
        let server = Self.server(options, cancelledAt: stage)
        await #expect(throws: CancellationError.self) { _ = try await Task { try await server.start() }.value }
        try await Self.takePorts(options)
    }

    @Test("a run that is cancelled while it starts returns, as one that is cancelled later", arguments: Stage.allCases)
    func run(stage: Stage) async throws {
        let options = try await Self.optionsWithPorts()
        let server = Self.server(options, cancelledAt: stage)
        try await Task { try await server.run(endingWith: []) }.value
        try await Self.takePorts(options)
    }

    private static func server(
        _ options: DevAuthorizationServer.Options, cancelledAt stage: Stage
    ) -> DevAuthorizationServer {
        var options = options
        switch stage {
        case .database:
            options.clock = {
                Self.cancelCurrentTask()
                return Date()
            }
        case .listeners: break
        case .seed:
            options.seed = ["clients": [["client_id": "early", "client_secret": "secret"]]]
            let readings = Readings()
            // The first is for the database.
            options.clock = {
                if readings.next() > 1 { Self.cancelCurrentTask() }
                return Date()
            }
        case .announcement: options.announce = { _ in Self.cancelCurrentTask() }
        }
        var server = DevAuthorizationServer(options)
        if stage == .listeners { server.beforeListening = { Self.cancelCurrentTask() } }
        return server
    }

    private static func cancelCurrentTask() {
        withUnsafeCurrentTask { task in
            guard let task else { return }
            task.cancel()
        }
    }

    /// With ports that a server had, so that one that is left behind is found there.
    ///
    /// Linux hands out none below 32768 by itself: what other tests open meanwhile takes none of these.
    private static func optionsWithPorts() async throws -> DevAuthorizationServer.Options {
        var options = DevAuthorizationServer.Options.forTests
        var attempts = 0
        while true {
            options.publicPort = Int.random(in: 20_000..<25_000)
            options.adminPort = Int.random(in: 25_000..<30_000)
            do {
                try await self.takePorts(options)
                return options
            } catch {
                attempts += 1
                guard attempts < 20 else { throw error }
            }
        }
    }

    /// Throws unless both can be had.
    private static func takePorts(_ options: DevAuthorizationServer.Options) async throws {
        let server = try await DevAuthorizationServer(options).start()
        await server.stop()
    }
}

/// How often the clock was read.
private final class Readings: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        self.count.withLock { count in
            count += 1
            return count
        }
    }
}
