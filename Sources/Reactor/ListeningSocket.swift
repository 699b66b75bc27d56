import Synchronization

package struct ListenOptions: Sendable {
    /// Connections that wait to be accepted; the kernel caps it at `net.core.somaxconn`.
    package var backlog: Int32 = 4096
    /// The permissions of a Unix socket's file; `nil` leaves them to the process's mask.
    package var unixMode: UInt16?

    package init(backlog: Int32 = 4096, unixMode: UInt16? = nil) {
        self.backlog = backlog
        self.unixMode = unixMode
    }
}

/// A socket that listens and that no loop accepts from yet; may be sent to a loop's thread.
package final class ListeningSocket: Sendable {
    /// As bound: with the port the kernel chose, if it was asked to.
    package let address: SocketAddress
    let descriptor: Int32
    private let file: UnixSocketFile?

    fileprivate init(descriptor: Int32, address: SocketAddress, file: UnixSocketFile? = nil) {
        self.descriptor = descriptor
        self.address = address
        self.file = file
    }

    /// Closes it and removes its file.
    ///
    /// For a socket that was never given to a loop.
    package func discard(kernel: any Kernel = LinuxKernel()) {
        self.file?.remove(kernel: kernel)
        kernel.close(self.descriptor)
    }

    /// Opens `count` sockets for one address, so that each loop has its own.
    ///
    /// TCP: the first is bound without `SO_REUSEPORT`, or another process's sockets would share the port silently; it
    /// then allows the others beside it. Unix: one socket under several descriptors. A file left by a process that is
    /// gone is taken over; one that still answers is `addressInUse`, and a file that is no socket `notASocket`.
    package static func open(
        at address: SocketAddress, count: Int = 1, options: ListenOptions = ListenOptions(),
        kernel: any Kernel = LinuxKernel()
    ) throws(SystemError) -> [ListeningSocket] {
        precondition(count >= 1, "at least one loop listens")
        return address.isUnix
            ? try self.openUnix(at: address, count: count, options: options, kernel: kernel)
            : try self.openTCP(at: address, count: count, options: options, kernel: kernel)
    }

    private static func openTCP(
        at address: SocketAddress, count: Int, options: ListenOptions, kernel: any Kernel
    ) throws(SystemError) -> [ListeningSocket] {
        var sockets: [ListeningSocket] = []
        do throws(SystemError) {
            for index in 0..<count {
                let opening = try Opening(address.family, kernel: kernel)
                try opening.set(.reuseAddress)
                // Otherwise [::] would also take the IPv4 port, and 0.0.0.0 beside it would be in use.
                if case .inet6 = address { try opening.set(.ipv6Only) }
                // Of those that are accepted: they inherit it, so it costs no call of their own.
                opening.setIfPossible(.keepAlive)
                if index == 0 {
                    try opening.bind(to: address)
                    // From now on others of this process may join.
                    if count > 1 { try opening.set(.reusePort) }
                } else {
                    try opening.set(.reusePort)
                    try opening.bind(to: sockets[0].address)
                }
                try opening.listen(backlog: options.backlog)
                sockets.append(
                    ListeningSocket(descriptor: opening.descriptor, address: try opening.localAddress(address)))
            }
        } catch {
            for socket in sockets { socket.discard(kernel: kernel) }
            throw error
        }
        return sockets
    }

    private static func openUnix(
        at address: SocketAddress, count: Int, options: ListenOptions, kernel: any Kernel
    ) throws(SystemError) -> [ListeningSocket] {
        guard case .unix(let path) = address, SocketAddress.isUsable(path: path) else {
            throw SystemError(.bind, .nameTooLong)
        }
        let opening = try Opening(.unix, kernel: kernel)
        do throws(SystemError) {
            try opening.bind(to: address)
        } catch  where error.code == .addressInUse {
            try Self.removeAbandonedSocket(at: path, kernel: kernel)
            let again = try Opening(.unix, kernel: kernel)
            try again.bind(to: address)
            return try Self.finishUnix(again, path: path, count: count, options: options, kernel: kernel)
        }
        return try Self.finishUnix(opening, path: path, count: count, options: options, kernel: kernel)
    }

    private static func finishUnix(
        _ opening: Opening, path: String, count: Int, options: ListenOptions, kernel: any Kernel
    ) throws(SystemError) -> [ListeningSocket] {
        guard let identity = kernel.fileIdentity(path) else { throw opening.failing(SystemError(.file, .notFound)) }
        let file = UnixSocketFile(path: path, identity: identity)
        var sockets = [ListeningSocket(descriptor: opening.descriptor, address: .unix(path: path), file: file)]
        do throws(SystemError) {
            // Before listen: until then nobody can connect, whatever the process's mask allowed.
            if let mode = options.unixMode {
                let result = kernel.setMode(mode, ofFile: path)
                guard result >= 0 else { throw SystemError(.file, result: result) }
            }
            let result = kernel.listen(opening.descriptor, backlog: options.backlog)
            guard result >= 0 else { throw SystemError(.listen, result: result) }
            for _ in 1..<count {
                let copy = kernel.duplicate(opening.descriptor)
                guard copy >= 0 else { throw SystemError(.socket, result: copy) }
                sockets.append(ListeningSocket(descriptor: copy, address: .unix(path: path), file: file))
            }
        } catch {
            for socket in sockets { socket.discard(kernel: kernel) }
            throw error
        }
        return sockets
    }

    /// Removes the file of a socket that refuses connections: its process is gone.
    private static func removeAbandonedSocket(at path: String, kernel: any Kernel) throws(SystemError) {
        let inUse = SystemError(.bind, .addressInUse)
        guard let before = kernel.fileIdentity(path) else { return }
        guard before.isSocket else { throw SystemError(.bind, .notASocket) }
        let probe = kernel.makeSocket(.unix)
        guard probe >= 0 else { throw SystemError(.socket, result: probe) }
        let result = kernel.connect(probe, to: .unix(path: path))
        kernel.close(probe)
        guard result == SystemError.Code.connectionRefused.result else {
            if result == SystemError.Code.notFound.result { return }
            throw inUse
        }
        // Another process may have taken it over since.
        guard kernel.fileIdentity(path) == before else { throw inUse }
        let removal = kernel.removeFile(path)
        guard removal >= 0 || removal == SystemError.Code.notFound.result else {
            throw SystemError(.file, result: removal)
        }
    }
}

/// A socket on its way to listening; closed when a step fails.
private struct Opening {
    let descriptor: Int32
    private let kernel: any Kernel

    init(_ family: SocketAddress.Family, kernel: any Kernel) throws(SystemError) {
        let descriptor = kernel.makeSocket(family)
        guard descriptor >= 0 else { throw SystemError(.socket, result: descriptor) }
        self.descriptor = descriptor
        self.kernel = kernel
    }

    /// For what is good to have: a sandbox that refuses it must not keep us from serving.
    func setIfPossible(_ option: SocketOption) { _ = self.kernel.set(option, on: self.descriptor) }

    func set(_ option: SocketOption) throws(SystemError) {
        try self.check(self.kernel.set(option, on: self.descriptor), .option)
    }

    func bind(to address: SocketAddress) throws(SystemError) {
        try self.check(self.kernel.bind(self.descriptor, to: address), .bind)
    }

    func listen(backlog: Int32) throws(SystemError) {
        try self.check(self.kernel.listen(self.descriptor, backlog: backlog), .listen)
    }

    func localAddress(_ asked: SocketAddress) throws(SystemError) -> SocketAddress {
        var address = asked
        try self.check(self.kernel.localAddress(of: self.descriptor, &address), .name)
        return address
    }

    func failing(_ error: SystemError) -> SystemError {
        self.kernel.close(self.descriptor)
        return error
    }

    private func check(_ result: Int32, _ call: SystemError.Call) throws(SystemError) {
        guard result < 0 else { return }
        throw self.failing(SystemError(call, result: result))
    }
}

/// The file of a Unix socket we listen on, removed once by whoever closes first.
///
/// Only once, because a later socket of another process may get the same inode number.
private final class UnixSocketFile: Sendable {
    private let path: String
    private let identity: FileIdentity
    private let isRemoved = Atomic(false)

    init(path: String, identity: FileIdentity) {
        self.path = path
        self.identity = identity
    }

    func remove(kernel: any Kernel) {
        guard !self.isRemoved.exchange(true, ordering: .relaxed) else { return }
        if kernel.fileIdentity(self.path) == self.identity { _ = kernel.removeFile(self.path) }
    }
}
