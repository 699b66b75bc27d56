import CLinux

/// The real system calls.
///
/// Safe although it passes pointers to C: each goes with the count of bytes it may reach, and no call keeps one.
@safe package final class LinuxKernel: Kernel {
    package init() {
        // `wait` lends Swift's array of ReadyEvent to C, so the two must lie in memory alike.
        precondition(
            MemoryLayout<ReadyEvent>.stride == MemoryLayout<clinux_event>.stride
                && MemoryLayout<ReadyEvent>.offset(of: \.readiness) == MemoryLayout<clinux_event>.offset(of: \.events),
            "ReadyEvent must have the layout of clinux_event")
    }

    package func now() -> UInt64 { clinux_monotonic_ns() }
    package func wallClock() -> UInt64 { clinux_wall_ns() }

    package func makePoller() -> Int32 { clinux_epoll_create() }

    package func add(_ descriptor: Int32, to poller: Int32, for readiness: Readiness, token: UInt64) -> Int32 {
        clinux_epoll_add(poller, descriptor, readiness.rawValue, token)
    }

    package func modify(_ descriptor: Int32, in poller: Int32, for readiness: Readiness, token: UInt64) -> Int32 {
        clinux_epoll_modify(poller, descriptor, readiness.rawValue, token)
    }

    package func remove(_ descriptor: Int32, from poller: Int32) -> Int32 { clinux_epoll_remove(poller, descriptor) }

    package func wait(_ poller: Int32, into events: UnsafeMutableBufferPointer<ReadyEvent>, milliseconds: Int32) -> Int
    {
        // Same layout (checked in init); the memory is bound to ReadyEvent again when the call returns.
        let count = unsafe events.baseAddress?.withMemoryRebound(to: clinux_event.self, capacity: events.count) {
            unsafe clinux_epoll_wait(poller, $0, Int32(events.count), milliseconds)
        }
        return Int(count ?? SystemError.Code.invalidArgument.result)
    }

    package func makeWaker() -> Int32 { clinux_eventfd() }
    package func wakingUp(_ waker: Int32) -> @Sendable () -> Void { { clinux_eventfd_signal(waker) } }
    package func drainWaker(_ waker: Int32) { clinux_eventfd_drain(waker) }

    package func makeSocket(_ family: SocketAddress.Family) -> Int32 { clinux_socket(Int32(family.rawValue)) }

    package func set(_ option: SocketOption, on descriptor: Int32) -> Int32 {
        switch option {
        case .noDelay: clinux_set_no_delay(descriptor)
        case .reuseAddress: clinux_set_reuse_address(descriptor)
        case .reusePort: clinux_set_reuse_port(descriptor)
        case .ipv6Only: clinux_set_ipv6_only(descriptor)
        case .lingerZero: clinux_set_linger_zero(descriptor)
        case .keepAlive:
            clinux_set_keep_alive(
                descriptor, KeepAlive.idleSeconds, KeepAlive.intervalSeconds, KeepAlive.probesMax)
        }
    }

    package func bind(_ descriptor: Int32, to address: SocketAddress) -> Int32 {
        unsafe address.encoded.withUnsafeBytes { unsafe clinux_bind(descriptor, $0.baseAddress, UInt32($0.count)) }
    }

    package func listen(_ descriptor: Int32, backlog: Int32) -> Int32 { clinux_listen(descriptor, backlog) }

    package func accept(_ descriptor: Int32, peer: inout SocketAddress) -> Int32 {
        unsafe Self.readingAddress(into: &peer) { unsafe clinux_accept(descriptor, $0, $1) }
    }

    package func connect(_ descriptor: Int32, to address: SocketAddress) -> Int32 {
        unsafe address.encoded.withUnsafeBytes { unsafe clinux_connect(descriptor, $0.baseAddress, UInt32($0.count)) }
    }

    package func localAddress(of descriptor: Int32, _ address: inout SocketAddress) -> Int32 {
        unsafe Self.readingAddress(into: &address) { unsafe clinux_local_address(descriptor, $0, $1) }
    }

    package func duplicate(_ descriptor: Int32) -> Int32 { clinux_duplicate(descriptor) }
    package func takePendingError(of descriptor: Int32) -> Int32 { clinux_pending_error(descriptor) }

    package func receive(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        unsafe clinux_receive(descriptor, bytes.baseAddress, bytes.count)
    }

    package func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        unsafe clinux_send(descriptor, bytes.baseAddress, bytes.count)
    }

    package func send(_ descriptor: Int32, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int {
        unsafe clinux_send2(descriptor, first.baseAddress, first.count, second.baseAddress, second.count)
    }

    package func shutdownWriting(_ descriptor: Int32) -> Int32 { clinux_shutdown_writing(descriptor) }
    package func close(_ descriptor: Int32) { _ = clinux_close(descriptor) }

    package func fileIdentity(_ path: String) -> FileIdentity? {
        var file = clinux_file()
        let result = unsafe path.withCString { unsafe clinux_file_identity($0, &file) }
        return result == 0 ? FileIdentity(device: file.device, inode: file.inode, isSocket: file.is_socket != 0) : nil
    }

    package func setMode(_ mode: UInt16, ofFile path: String) -> Int32 {
        unsafe path.withCString { unsafe clinux_set_mode($0, UInt32(mode)) }
    }

    package func removeFile(_ path: String) -> Int32 { unsafe path.withCString { unsafe clinux_remove($0) } }

    /// Lends room for an address to `call` and decodes what it left there.
    private static func readingAddress(
        into address: inout SocketAddress,
        _ call: (UnsafeMutableRawPointer, UnsafeMutablePointer<UInt32>) -> Int32
    ) -> Int32 {
        unsafe withUnsafeTemporaryAllocation(byteCount: SocketAddress.encodedMax, alignment: 8) { room in
            var length = UInt32(room.count)
            guard let start = room.baseAddress else { return SystemError.Code.invalidArgument.result }
            let result = unsafe call(start, &length)
            if result >= 0 {
                // Initialised by the kernel up to `length`, which it may report larger than the room it was given.
                let written = unsafe UnsafeRawBufferPointer(rebasing: room[..<min(Int(length), room.count)])
                let bytes = unsafe Span<UInt8>(_bytes: written.bytes)
                if let decoded = SocketAddress(decoding: bytes) { address = decoded }
            }
            return result
        }
    }
}
