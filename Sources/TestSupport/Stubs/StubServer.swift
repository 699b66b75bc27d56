/// Accepts connections and serves each on a thread of its own, until it is stopped.
package final class StubServer: Sendable {
    private struct State {
        var connections: [ObjectIdentifier: RawSocket] = [:]
        var accepted = 0
        var isStopped = false
        var threads = 0
    }

    package let address: TestAddress
    private let socket: RawSocket
    private let state = Monitor(State())

    package init(at address: TestAddress = .port(0), serve: @escaping @Sendable (RawSocket) -> Void) throws {
        let (socket, address) = try RawSocket.listening(at: address)
        self.socket = socket
        self.address = address
        let state = self.state
        state.withLock { $0.threads = 1 }
        TestThread.start {
            while let connection = socket.accept() { Self.begin(connection, state, serve) }
            socket.close()
            state.withLock { $0.threads -= 1 }
        }
    }

    private static func begin(
        _ connection: RawSocket, _ state: Monitor<State>, _ serve: @escaping @Sendable (RawSocket) -> Void
    ) {
        let isWelcome = state.withLock { state -> Bool in
            guard !state.isStopped else { return false }
            state.accepted += 1
            state.threads += 1
            state.connections[ObjectIdentifier(connection)] = connection
            return true
        }
        guard isWelcome else { return connection.close() }
        TestThread.start {
            serve(connection)
            connection.close()
            state.withLock {
                $0.connections[ObjectIdentifier(connection)] = nil
                $0.threads -= 1
            }
        }
    }

    package var acceptedCount: Int { self.state.withLock { $0.accepted } }
    package var openCount: Int { self.state.withLock { $0.connections.count } }

    /// Waits until nobody is connected any more.
    package func waitUntilIdle(_ deadline: Deadline = .patient) throws {
        try self.state.wait(for: "the stub's connections to close", until: deadline) { !$0.connections.isEmpty }
    }

    package func waitForConnections(_ count: Int, until deadline: Deadline = .patient) throws {
        try self.state.wait(for: "\(count) connections", until: deadline) { $0.accepted < count }
    }

    /// Ends every connection under way; the listener stays.
    package func dropConnections() {
        self.state.withLock { for connection in $0.connections.values { connection.interrupt() } }
    }

    /// Closes everything; from now on connecting is refused.
    ///
    /// Idempotent.
    package func stop() {
        self.state.withLock { state in
            state.isStopped = true
            for connection in state.connections.values { connection.interrupt() }
        }
        self.socket.interrupt()
        // Threads that will not end are the test's to find out about.
        try? self.state.wait(for: "the stub's threads") { $0.threads > 0 }
    }
}
