import CLinux
import Synchronization

package enum ResolverError: Error, Sendable, Hashable {
    case noSuchName
    /// No answer now, but later there may be one: the name servers said nothing, or nobody was there to ask them.
    case temporary
    /// Another `EAI_` code of getaddrinfo (3).
    case failed(code: Int32)
    /// The resolver was stopped before it came to this name.
    case stopped
}

/// Addresses of names, asked for off the loops: getaddrinfo blocks for as long as name servers take.
///
/// A name is looked up once at a time, whoever wants to know: all loops want the same names at the same moment. One whose
/// name servers hang holds up one thread; others go on as long as a thread is left.
package final class Resolver: Sendable {
    package typealias Answer = Result<[SocketAddress], ResolverError>
    package typealias Completion = @Sendable (Loop, Answer) -> Void
    /// Looks a name up on the caller's thread; the port of its addresses is of no account.
    package typealias LookUp = @Sendable (_ host: String) -> Answer

    /// Why a name is asked for.
    package enum Occasion: Sendable {
        /// Its time has come.
        case due
        /// Somebody fails for want of its present addresses, now by the loop's clock.
        case urgent(at: UInt64)
    }

    /// Names hang one or two at a time: with a thread for each of them, there are others left for all the rest.
    ///
    /// They are started when there is something to ask and end when there is nothing more.
    package static let threadsMax = 4
    /// Names under way or waiting: as many as two configurations can hold, each 4,096 upstreams and 256 authorization
    /// servers, because a reload asks for its own while those of before may still hang.
    package static let namesMax = 2 * (4_096 + 256)
    /// How long an answer to an urgent question serves those that come behind it.
    ///
    /// A service that is down makes every request for it urgent, and the DNS counts in seconds how long an answer holds
    /// (RFC 1035 §3.2.1).
    package static let urgentPause: UInt64 = 1_000_000_000
    /// Addresses kept of one name: all are tried in turn within one connect timeout, so more would never be reached.
    package static let addressesMax = 32

    private let threadLimit: Int
    private let lookUp: LookUp
    private let state = Mutex(State())

    package init(threads: Int = Resolver.threadsMax, lookUp: @escaping LookUp = Resolver.askSystem) {
        self.threadLimit = threads
        self.lookUp = lookUp
    }

    /// Answers through `mailbox` in a later turn, also for an IP address.
    ///
    /// `false`: too many names wait, and there will be no answer.
    package func resolve(
        _ host: String, port: UInt16, because occasion: Occasion = .due, replyTo mailbox: Mailbox,
        _ done: @escaping Completion
    ) -> Bool {
        let asker = Asker(port: port, mailbox: mailbox, done: done)
        if let address = SocketAddress(literalHost: host, port: port) { return asker.tell(.success([address])) }
        switch self.state.withLock({ $0.admit(asker, for: host, because: occasion, threadsMax: self.threadLimit) }) {
        case .refused: return false
        case .known(let answer): return asker.tell(answer)
        case .waits: return true
        case .needsThread:
            self.startThread()
            return true
        }
    }

    /// Asks on the caller's thread, which must not be a loop's.
    package func resolveBlocking(_ host: String, port: UInt16) -> Answer {
        if let address = SocketAddress(literalHost: host, port: port) { return .success([address]) }
        return Self.put(port, in: self.lookUp(host))
    }

    /// Names that still wait are answered `stopped`; a question that is under way ends by itself.
    package func stop() {
        let dropped = self.state.withLock { state in
            state.isStopped = true
            return state.takeWaiting()
        }
        for asker in dropped { asker.tell(.failure(.stopped)) }
    }

    /// Looks up the name that has waited longest on the caller's thread, for a test that lets no thread of ours do it.
    ///
    /// `false`: no name waits.
    package func answerNext() -> Bool {
        guard let host = self.state.withLock({ $0.waiting.popFirst() }) else { return false }
        self.answer(host)
        return true
    }

    // MARK: Threads

    private func startThread() {
        do throws(SystemError) {
            try SystemThread.start(name: "resolver") {
                while let host = self.nextOrEnd() { self.answer(host) }
            }.detach()
        } catch {
            self.threadIsMissing()
        }
    }

    /// The name that has waited longest; with none, the thread that asks is over.
    private func nextOrEnd() -> String? {
        self.state.withLock { state in
            let host = state.waiting.popFirst()
            if host == nil { state.threads -= 1 }
            return host
        }
    }

    private func answer(_ host: String) {
        let answer = self.lookUp(host)
        let askers = self.state.withLock { state in
            state.urgent[host]?.answer = answer
            return state.askers.removeValue(forKey: host)
        }
        for asker in askers ?? [] { asker.tell(answer) }
    }

    /// The machine has no thread left for us: where no other is at work, what waits would wait for nobody.
    private func threadIsMissing() {
        let dropped = self.state.withLock { state in
            state.threads -= 1
            return state.threads == 0 ? state.takeWaiting() : []
        }
        for asker in dropped { asker.tell(.failure(.temporary)) }
    }

    // MARK: Looking up

    /// Asks the C library, which asks as this machine is set up to: files, the DNS, or others.
    package static func askSystem(_ host: String) -> Answer {
        guard !host.isEmpty, !host.utf8.contains(0) else { return .failure(.noSuchName) }
        let record = Int(CLINUX_ADDRESS_RECORD)
        var records = [UInt8](repeating: 0, count: record * Self.addressesMax)
        let count = unsafe records.withUnsafeMutableBufferPointer { records in
            // Room for addressesMax records, which is what C is told.
            unsafe host.withCString { unsafe clinux_resolve($0, records.baseAddress, Int32(Self.addressesMax)) }
        }
        guard count >= 0 else { return .failure(ResolverError(code: count)) }
        let addresses = (0..<Int(count)).compactMap { index in
            SocketAddress(decoding: records.span.extracting(index * record..<(index + 1) * record))
        }
        return addresses.isEmpty ? .failure(.noSuchName) : .success(addresses)
    }

    /// A name has addresses; who asks for it has a port.
    private static func put(_ port: UInt16, in answer: Answer) -> Answer {
        answer.map { addresses in addresses.map { $0.withPort(port) } }
    }

    // MARK: Who waits for what

    /// One who wants to know, on its own loop.
    private struct Asker: Sendable {
        let port: UInt16
        let mailbox: Mailbox
        let done: Completion

        /// `false`: its loop has ended.
        @discardableResult
        func tell(_ answer: Answer) -> Bool {
            let (done, whole) = (self.done, Resolver.put(self.port, in: answer))
            return self.mailbox.post { loop in done(loop, whole) }
        }
    }

    private enum Admission {
        case refused
        /// It has been answered a moment ago.
        case known(Answer)
        case waits
        /// It waits, and there may be one thread more to come to it.
        case needsThread
    }

    /// The last urgent question for a name, and its answer when there is one.
    private struct Urgent {
        let askedAt: UInt64
        var answer: Answer?
    }

    private struct State {
        /// Who is to be told, by name: names under way and names that wait.
        ///
        /// Askers have no limit of their own: who has asked for a name does not ask again before the answer.
        var askers: [String: [Asker]] = [:]
        /// Names that no thread has come to, in the order they came in.
        var waiting: ArraySlice<String> = []
        var urgent: [String: Urgent] = [:]
        var threads = 0
        var isStopped = false

        mutating func admit(
            _ asker: Asker, for host: String, because occasion: Occasion, threadsMax: Int
        ) -> Admission {
            guard !self.isStopped else { return .refused }
            if case .urgent(let now) = occasion, let last = self.urgent[host], let answer = last.answer,
                now < last.askedAt + Resolver.urgentPause
            {
                return .known(answer)
            }
            let isAsked = self.askers[host] != nil
            guard isAsked || self.askers.count < Resolver.namesMax else { return .refused }
            self.askers[host, default: []].append(asker)
            if case .urgent(let now) = occasion { self.noteUrgent(host, at: now) }
            guard !isAsked else { return .waits }
            self.waiting.append(host)
            guard self.threads < threadsMax else { return .waits }
            self.threads += 1
            return .needsThread
        }

        /// Forgotten names cost a question more; remembering those of every configuration there ever was has no bound.
        private mutating func noteUrgent(_ host: String, at now: UInt64) {
            if self.urgent.count >= Resolver.namesMax { self.urgent = [:] }
            self.urgent[host] = Urgent(askedAt: now)
        }

        /// All who wait for names that nobody has come to, and nobody will.
        mutating func takeWaiting() -> [Asker] {
            let names = self.waiting
            self.waiting = []
            return names.flatMap { self.askers.removeValue(forKey: $0) ?? [] }
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

extension ResolverError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noSuchName: "no such name"
        case .temporary: "no answer for now"
        case .failed(let code): "getaddrinfo: \(code)"
        case .stopped: "stopped"
        }
    }
}
