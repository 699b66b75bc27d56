/// What a descriptor is ready for, or is watched for: the bits of epoll (7) as they are.
package struct Readiness: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let read = Readiness(rawValue: 0x001)
    package static let write = Readiness(rawValue: 0x004)
    /// An error waits on the socket.
    ///
    /// Reported whether watched for or not.
    package static let error = Readiness(rawValue: 0x008)
    /// Both directions are shut down.
    ///
    /// Reported whether watched for or not.
    package static let hangUp = Readiness(rawValue: 0x010)
    /// The peer has shut down its writing.
    package static let peerClosed = Readiness(rawValue: 0x2000)
    /// Of several pollers that watch one listening socket only one is woken.
    package static let exclusive = Readiness(rawValue: 1 << 28)
    /// Report changes only: not again what was reported before and is still so.
    package static let edges = Readiness(rawValue: 1 << 31)
}

/// One line of a poller's answer.
package struct ReadyEvent: Sendable {
    /// The token given when the descriptor was registered.
    package var token: UInt64
    package var readiness: UInt32
    package var unused: UInt32

    package init(token: UInt64 = 0, readiness: Readiness = []) {
        self.token = token
        self.readiness = readiness.rawValue
        self.unused = 0
    }
}

package enum SocketOption: Sendable, Hashable {
    case noDelay, reuseAddress, reusePort, ipv6Only
    /// `SO_LINGER` with zero seconds: closing sends a reset.
    case lingerZero
    /// TCP asks a silent peer whether it is still there, as ``KeepAlive`` says; accepted sockets inherit it.
    case keepAlive
}

/// Which file a path named when it was looked at.
package struct FileIdentity: Sendable, Hashable {
    package let device: UInt64
    package let inode: UInt64
    package let isSocket: Bool

    package init(device: UInt64, inode: UInt64, isSocket: Bool) {
        self.device = device
        self.inode = inode
        self.isSocket = isSocket
    }
}

/// The system calls of the loop as a seam: ``LinuxKernel`` is the real one, `ScriptedKernel` a test's.
///
/// Answers are the kernel's own: a count, a descriptor or 0, and the negated `errno` on failure. Nothing here is
/// interpreted, so that a fake decides the same things the real one does. A kernel belongs to one loop's thread,
/// but for `wakingUp`, whose closure any thread may call.
package protocol Kernel: AnyObject {
    /// The monotonic clock.
    func now() -> UInt64
    /// Nanoseconds since 1970.
    func wallClock() -> UInt64

    func makePoller() -> Int32
    func add(_ descriptor: Int32, to poller: Int32, for readiness: Readiness, token: UInt64) -> Int32
    func modify(_ descriptor: Int32, in poller: Int32, for readiness: Readiness, token: UInt64) -> Int32
    func remove(_ descriptor: Int32, from poller: Int32) -> Int32
    /// - Parameter milliseconds: how long to wait for the first event; -1 without end.
    func wait(_ poller: Int32, into events: UnsafeMutableBufferPointer<ReadyEvent>, milliseconds: Int32) -> Int

    /// A descriptor that becomes readable when the closure of `wakingUp` is called.
    func makeWaker() -> Int32
    func wakingUp(_ waker: Int32) -> @Sendable () -> Void
    func drainWaker(_ waker: Int32)

    /// A stream socket, non-blocking and close-on-exec.
    func makeSocket(_ family: SocketAddress.Family) -> Int32
    func set(_ option: SocketOption, on descriptor: Int32) -> Int32
    func bind(_ descriptor: Int32, to address: SocketAddress) -> Int32
    func listen(_ descriptor: Int32, backlog: Int32) -> Int32
    func accept(_ descriptor: Int32, peer: inout SocketAddress) -> Int32
    func connect(_ descriptor: Int32, to address: SocketAddress) -> Int32
    func localAddress(of descriptor: Int32, _ address: inout SocketAddress) -> Int32
    func duplicate(_ descriptor: Int32) -> Int32
    /// The error that waits on the socket, as a positive `errno`, taken off it; 0 for none.
    func takePendingError(of descriptor: Int32) -> Int32
    func receive(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> Int
    func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int
    func send(_ descriptor: Int32, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int
    func shutdownWriting(_ descriptor: Int32) -> Int32
    func close(_ descriptor: Int32)

    /// The file at `path` itself (a link is not followed), or `nil` if there is none.
    func fileIdentity(_ path: String) -> FileIdentity?
    func setMode(_ mode: UInt16, ofFile path: String) -> Int32
    func removeFile(_ path: String) -> Int32
}
