import Glibc

/// Where a stub listens.
package enum TestAddress: Sendable, Hashable {
    /// On 127.0.0.1; 0 lets the system choose.
    case port(UInt16)
    case unix(path: String)

    /// As the proxy's configuration names it.
    package var url: String {
        switch self {
        case .port(let port): "http://127.0.0.1:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// The same as the beginning of a URL with a path.
    package var urlBeforePath: String {
        switch self {
        case .port: self.url
        case .unix: "\(self.url):"
        }
    }
}

package struct SocketProblem: Error, CustomStringConvertible {
    let call: String
    let code: Int32
    package var description: String { "\(self.call): \(String(cString: strerror(self.code)))" }
}

/// A socket of the machine, used without any of the code under test.
///
/// Unchecked: the descriptor never changes, and whoever closes it is the one thread that reads and writes it.
package final class RawSocket: @unchecked Sendable {
    package enum Received: Sendable, Equatable {
        case bytes([UInt8])
        case end
        case reset
        case timedOut
    }

    package let descriptor: Int32
    private let isOpen = Monitor(true)

    init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { self.close() }

    // MARK: Making

    package static func connected(to address: TestAddress) throws -> RawSocket {
        let socket = try Self.make(address)
        let result = Self.with(address) { Glibc.connect(socket.descriptor, $0, $1) }
        guard result == 0 else { throw SocketProblem(call: "connect", code: errno) }
        return socket
    }

    static func listening(at address: TestAddress, backlog: Int32 = 4_096) throws -> (RawSocket, TestAddress) {
        let socket = try Self.make(address)
        var on: Int32 = 1
        setsockopt(socket.descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard Self.with(address, { bind(socket.descriptor, $0, $1) }) == 0 else {
            throw SocketProblem(call: "bind", code: errno)
        }
        guard listen(socket.descriptor, backlog) == 0 else { throw SocketProblem(call: "listen", code: errno) }
        guard case .port = address else { return (socket, address) }
        var name = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &name) { pointer in
            _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(socket.descriptor, $0, &length)
            }
        }
        return (socket, .port(UInt16(bigEndian: name.sin_port)))
    }

    func accept() -> RawSocket? {
        while true {
            let accepted = Glibc.accept(self.descriptor, nil, nil)
            if accepted < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard accepted >= 0 else { return nil }
            let socket = RawSocket(accepted)
            socket.disableDelay()
            return socket
        }
    }

    private static func make(_ address: TestAddress) throws -> RawSocket {
        let family: Int32 = if case .port = address { AF_INET } else { AF_UNIX }
        let descriptor = Glibc.socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SocketProblem(call: "socket", code: errno) }
        let socket = RawSocket(descriptor)
        if family == AF_INET { socket.disableDelay() }
        return socket
    }

    private func disableDelay() {
        var on: Int32 = 1
        // Unix sockets have no such option, and need none.
        setsockopt(self.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func with(
        _ address: TestAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        switch address {
        case .port(let port):
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .unix(let path):
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
            return withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
    }

    // MARK: Moving bytes

    package func receive(atMost count: Int = 65_536, until deadline: Deadline = .patient) -> Received {
        guard self.wait(for: POLLIN, until: deadline) != 0 else { return .timedOut }
        return self.receiveNow(atMost: count)
    }

    private func receiveNow(atMost count: Int) -> Received {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let result = recv(self.descriptor, buffer.baseAddress, count, Int32(MSG_DONTWAIT))
            failure = result < 0 ? errno : 0
            filled = max(0, result)
        }
        if failure == EAGAIN || failure == EINTR { return .timedOut }
        if failure != 0 { return .reset }
        return bytes.isEmpty ? .end : .bytes(bytes)
    }

    /// Sends everything; what comes meanwhile goes to `incoming`, so that two sides that both send never block each other.
    ///
    /// - Returns: how many bytes were taken before the connection failed or the deadline passed.
    @discardableResult
    package func send(
        _ bytes: some Collection<UInt8>, until deadline: Deadline = .patient, incoming: ((Received) -> Void)? = nil
    ) -> Int {
        let all = Array(bytes)
        var sent = 0
        var isReading = incoming != nil
        while sent < all.count {
            let ready = self.wait(for: isReading ? POLLIN | POLLOUT : POLLOUT, until: deadline)
            if ready == 0 { return sent }
            if isReading, ready & Int16(POLLIN) != 0, let incoming {
                let received = self.receiveNow(atMost: 65_536)
                switch received {
                case .bytes: incoming(received)
                case .end, .reset:
                    incoming(received)
                    isReading = false
                case .timedOut: break
                }
            }
            guard ready & Int16(POLLOUT | POLLERR | POLLHUP) != 0 else { continue }
            let result = all.withUnsafeBytes {
                Glibc.send(
                    self.descriptor, $0.baseAddress.map { $0 + sent }, all.count - sent,
                    Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if result >= 0 {
                sent += result
            } else if errno != EAGAIN, errno != EINTR {
                return sent
            }
        }
        return sent
    }

    /// Which of `events` (and errors) the socket is ready for; 0 when the deadline passed.
    private func wait(for events: Int32, until deadline: Deadline) -> Int16 {
        while true {
            var entry = pollfd(fd: self.descriptor, events: Int16(events), revents: 0)
            let count = poll(&entry, 1, deadline.millisecondsLeft)
            if count > 0 { return entry.revents }
            if count == 0 || errno != EINTR { return 0 }
        }
    }

    // MARK: Ending

    package func finishWriting() { shutdown(self.descriptor, Int32(SHUT_WR)) }

    /// Wakes the thread that works on this socket; it sees the end.
    func interrupt() { self.isOpen.withLock { if $0 { shutdown(self.descriptor, Int32(SHUT_RDWR)) } } }

    package func reset() {
        var value = linger(l_onoff: 1, l_linger: 0)
        setsockopt(self.descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
        self.close()
    }

    package func close() {
        self.isOpen.withLock { isOpen in
            if isOpen { _ = Glibc.close(self.descriptor) }
            isOpen = false
        }
    }
}
