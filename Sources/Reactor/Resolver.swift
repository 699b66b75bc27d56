import CLinux
import Synchronization

package enum ResolverError: Error, Sendable, Hashable {
    case noSuchName
    /// The name servers did not answer; later they may.
    case temporary
    /// Another `EAI_` code of getaddrinfo (3).
    case failed(code: Int32)
    /// The resolver was stopped before it came to this name.
    case stopped
}

/// Addresses of names, asked for off the loops: getaddrinfo blocks for as long as name servers take.
package final class Resolver: Sendable {
    package typealias Answer = Result<[SocketAddress], ResolverError>
    package typealias Completion = @Sendable (Loop, Answer) -> Void

    /// Names are few (upstreams and servers of the configuration) and each is asked for once at a time, so more than
    /// this waiting means that name servers hang and asking more will not help.
    package static let waitingMax = 256
    /// Addresses kept of one name: all are tried in turn within one connect timeout, so more would never be reached.
    static let addressesMax = 32

    private let queue: Queue

    /// - Parameter threads: one name that hangs should not hold up the others.
    package init(threads: Int = 2) throws(SystemError) {
        let queue = try Queue()
        self.queue = queue
        for _ in 0..<threads {
            try SystemThread.start(name: "resolver") { while queue.answerOne() {} }.detach()
        }
    }

    deinit { self.queue.stop() }

    /// Answers through `mailbox` in a later turn, also for an IP address.
    ///
    /// `false`: too many wait, and there will be no answer.
    package func resolve(
        _ host: String, port: UInt16, replyTo mailbox: Mailbox, _ done: @escaping Completion
    ) -> Bool {
        if let address = SocketAddress(literalHost: host, port: port) {
            return mailbox.post { loop in done(loop, .success([address])) }
        }
        return self.queue.add(Query(host: host, port: port, mailbox: mailbox, done: done))
    }

    /// Asks on the caller's thread, which must not be a loop's.
    package func resolveBlocking(_ host: String, port: UInt16) -> Answer { Self.lookUp(host, port: port) }

    /// Names that still wait are answered `stopped`; a question that is under way ends by itself.
    package func stop() { self.queue.stop() }

    private static func lookUp(_ host: String, port: UInt16) -> Answer {
        if let address = SocketAddress(literalHost: host, port: port) { return .success([address]) }
        guard !host.isEmpty, !host.utf8.contains(0) else { return .failure(.noSuchName) }
        let record = Int(CLINUX_ADDRESS_RECORD)
        var records = [UInt8](repeating: 0, count: record * Self.addressesMax)
        let count = unsafe records.withUnsafeMutableBufferPointer { records in
            // Room for addressesMax records, which is what C is told.
            unsafe host.withCString { unsafe clinux_resolve($0, records.baseAddress, Int32(Self.addressesMax)) }
        }
        guard count >= 0 else { return .failure(ResolverError(code: count)) }
        let addresses = (0..<Int(count)).compactMap { index in
            SocketAddress(decoding: records.span.extracting(index * record..<(index + 1) * record))?.withPort(port)
        }
        return addresses.isEmpty ? .failure(.noSuchName) : .success(addresses)
    }

    private struct Query: Sendable {
        let host: String
        let port: UInt16
        let mailbox: Mailbox
        let done: Completion

        func answer(_ answer: Answer) {
            let done = self.done
            self.mailbox.post { loop in done(loop, answer) }
        }
    }

    /// What waits, and the semaphore that counts it.
    ///
    /// Outlives the resolver until its threads have ended.
    private final class Queue: Sendable {
        private struct State {
            var waiting: [Query] = []
            var isStopped = false
        }

        private let state = Mutex(State())
        private let semaphore: Int32

        init() throws(SystemError) {
            self.semaphore = clinux_semaphore()
            guard self.semaphore >= 0 else { throw SystemError(.eventfd, result: self.semaphore) }
        }

        deinit { _ = clinux_close(self.semaphore) }

        func add(_ query: Query) -> Bool {
            let isAdded = self.state.withLock { state in
                guard !state.isStopped, state.waiting.count < Resolver.waitingMax else { return false }
                state.waiting.append(query)
                return true
            }
            if isAdded { clinux_eventfd_signal(self.semaphore) }
            return isAdded
        }

        /// `false` when there will be nothing more.
        func answerOne() -> Bool {
            clinux_semaphore_wait(self.semaphore)
            let (query, isStopped) = self.state.withLock { state in
                (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.isStopped)
            }
            if let query { query.answer(Resolver.lookUp(query.host, port: query.port)) }
            if isStopped { clinux_eventfd_signal(self.semaphore) }  // for the next thread
            return !isStopped
        }

        func stop() {
            let dropped = self.state.withLock { state in
                let waiting = state.waiting
                state.waiting = []
                state.isStopped = true
                return waiting
            }
            for query in dropped { query.answer(.failure(.stopped)) }
            clinux_eventfd_signal(self.semaphore)
        }
    }
}

extension ResolverError {
    fileprivate init(code: Int32) {
        if clinux_resolve_is_no_name(code) != 0 {
            self = .noSuchName
        } else if clinux_resolve_is_temporary(code) != 0 {
            self = .temporary
        } else {
            self = .failed(code: code)
        }
    }
}
