package import Reactor
import Synchronization

/// Sockets in memory, time moved by hand: a loop on it does the same thing for the same script or seed.
///
/// It answers as Linux does (a contract suite runs against both) and checks its caller: whatever a correct loop never
/// does is kept in ``misuses``.
///
/// Safe: the loop lends it memory as (pointer, count) pairs, and it stays within the count.
@safe package final class ScriptedKernel: Kernel {
    /// How many bytes one receive or send moves.
    package enum Transfer: Sendable {
        /// As many as there are.
        case whole
        /// From the kernel's random numbers, at times none (`EAGAIN`).
        case random
        /// So many at most, call after call; 0 answers `EAGAIN`. Then `whole`.
        case script([Int])
    }

    /// What becomes of connecting to an address.
    package enum ConnectPlan: Sendable {
        /// Connected before the call returns, as Unix sockets are.
        case acceptAtOnce
        /// In progress, and connected at the next wait.
        case accept
        case refuse
        /// In progress until ``finishConnecting(to:_:)``.
        case hang
        /// In progress, and failed at the next wait.
        case fail(SystemError.Code)
        /// The call itself fails.
        case failAtOnce(SystemError.Code)
    }

    package enum Misuse: Error, Hashable, Sendable {
        case unknownDescriptor(String, Int32)
        case notASocket(String, Int32)
        case notAPoller(Int32)
        case watchedTwice(Int32)
        case notWatched(String, Int32)
        case emptyRoom(Int32)
        case emptySend(Int32)
        case sendAfterShutdown(Int32)
        case receiveBeforeConnected(Int32)
        /// The loop was given the same event again and again.
        case spinning(turns: Int)
    }

    package var receiveTransfer = Transfer.whole
    package var sendTransfer = Transfer.whole
    /// Events of one wait come in random order rather than by descriptor.
    package var shufflesEvents = false
    /// A wait that finds nothing ready takes as long as the loop was willing to wait, instead of no time at all.
    package var passesTimeWhileWaiting = false
    package var random: SeededRandom
    /// What connecting does; other addresses refuse.
    package var connectPlans: [SocketAddress: ConnectPlan] = [:]

    package internal(set) var misuses: [Misuse] = []
    /// How often each call was made.
    package internal(set) var calls: [String: Int] = [:]
    /// How long the loop wanted to wait the last time, in milliseconds; -1 without end.
    package internal(set) var lastWait: Int32 = 0

    enum Object {
        case poller([Int32: Watch])
        case waker(Bell)
        case socket(ScriptedSocket)
    }

    struct Watch {
        let readiness: Readiness
        let token: UInt64
        /// The count of changes that was reported last; -1 for a descriptor that was not looked at since it was registered.
        var reported = -1
    }

    final class Bell: Sendable {
        let isRung = Atomic(false)
    }

    var objects: [Int32: Object] = [:]
    var monotonic: UInt64
    var wall: UInt64
    var failures: [String: [SystemError.Code]] = [:]
    var connecting: [(address: SocketAddress, socket: ScriptedSocket, plan: ConnectPlan)] = []
    var upstreams: [SocketAddress: [ScriptedPeer]] = [:]
    var files: [String: FileIdentity] = [:]
    var nextInode: UInt64 = 1
    var nextPort: UInt16 = 40_000
    var turnOfListener = 0

    package init(seed: UInt64 = 1, now: UInt64 = 1_000_000_000_000, wallSeconds: UInt64 = 1_750_000_000) {
        self.random = SeededRandom(seed: seed)
        self.monotonic = now
        self.wall = wallSeconds * 1_000_000_000
    }
}

@available(*, unavailable) extension ScriptedKernel: Sendable {}

// MARK: What a test does

extension ScriptedKernel {
    /// Lets time go by.
    ///
    /// Deadlines fire in the loop's next turn.
    package func advance(by nanoseconds: UInt64) {
        self.monotonic += nanoseconds
        self.wall += nanoseconds
    }

    package func advance(milliseconds: UInt64) { self.advance(by: milliseconds * 1_000_000) }

    /// Steps the wall clock alone, as an administrator does.
    package func stepWallClock(bySeconds seconds: Int64) {
        self.wall = UInt64(Int64(self.wall) + seconds * 1_000_000_000)
    }

    /// Turns the loop until nothing happens any more.
    ///
    /// A loop that never comes to rest spins.
    package func settle(_ loop: Loop, turnsMax: Int = 10_000) throws {
        for _ in 0..<turnsMax where loop.runOnce() == 0 { return }
        throw Misuse.spinning(turns: turnsMax)
    }

    /// A client's connection to a listening socket of the loop; `nil` if nobody listens there.
    ///
    /// Listeners that share an address take turns.
    package func connectClient(to address: SocketAddress, from client: SocketAddress? = nil) -> ScriptedPeer? {
        let listening = self.sockets.filter { $0.value.phase == .listening && $0.value.localAddress == address }
            .sorted { $0.key < $1.key }
        guard !listening.isEmpty else { return nil }
        self.turnOfListener += 1
        let socket = ScriptedSocket(family: address.family)
        socket.phase = .connected
        socket.localAddress = address
        let from = client ?? self.inventedClient(for: address)
        let listener = listening[self.turnOfListener % listening.count].value
        socket.options = listener.options.intersection(ScriptedSocket.inheritedOptions)
        listener.backlog.append((socket, from))
        return ScriptedPeer(socket: socket, address: from)
    }

    /// A connected socket that was never accepted from anywhere, and its other end.
    package func makeConnection() -> (socket: Socket, peer: ScriptedPeer) {
        let socket = ScriptedSocket(family: .inet4)
        socket.phase = .connected
        let peer = ScriptedPeer(socket: socket, address: self.inventedClient(for: .inet4(.any, port: 0)))
        return (Socket(descriptor: self.open(.socket(socket))), peer)
    }

    /// The oldest connection that the loop made to `address` and that has not been taken yet.
    package func takeUpstream(at address: SocketAddress) -> ScriptedPeer? {
        guard let peers = self.upstreams[address], !peers.isEmpty else { return nil }
        self.upstreams[address]?.removeFirst()
        return peers[0]
    }

    /// How many connections to `address` hang.
    package func hanging(at address: SocketAddress) -> Int { self.connecting.count { $0.address == address } }

    /// Ends the connecting of all that hang at `address`.
    package func finishConnecting(to address: SocketAddress, _ plan: ConnectPlan) {
        for index in self.connecting.indices where self.connecting[index].address == address {
            self.connecting[index].plan = plan
        }
    }

    /// Lets the next calls of that name (`"accept"`, `"socket"`, `"receive"`, …) fail.
    package func failNext(_ call: String, _ codes: SystemError.Code...) {
        self.failures[call, default: []].append(contentsOf: codes)
    }

    /// A file of that path exists, such as a Unix socket left by a process that is gone.
    package func leaveFile(at path: String, isSocket: Bool = true) {
        self.files[path] = self.newFile(isSocket: isSocket)
    }

    /// Descriptors that are open, pollers and wakers included.
    package var openDescriptors: Int { self.objects.count }

    private func inventedClient(for address: SocketAddress) -> SocketAddress {
        self.nextPort = self.nextPort == .max ? 40_000 : self.nextPort + 1
        switch address {
        case .inet4: return .inet4(IPv4Address(bits: 0xC000_0201), port: self.nextPort)  // 192.0.2.1
        case .inet6: return .inet6(IPv6Address(high: 0x2001_0db8_0000_0000, low: 1), port: self.nextPort, scope: 0)
        case .unix: return .unix(path: "")
        }
    }
}
