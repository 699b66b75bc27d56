import Glibc
import Reactor
import ReactorTesting
import Testing

/// A loop with a network around it: the machine's own, or a scripted one.
protocol World: AnyObject {
    var loop: Loop { get }
    func listen(_ count: Int) throws -> [ListeningSocket]
    func connectClient(to address: SocketAddress) throws -> any Peer
    /// Turns the loop until `condition` holds.
    func run(_ what: Comment, until condition: () -> Bool) throws
    /// An address where nobody listens.
    func deserted() throws -> SocketAddress
    /// An address where the test plays the server; the closure takes the loop's next connection.
    func serve() throws -> (address: SocketAddress, take: () throws -> any Peer)
}

/// The other end of a connection, played by the test.
protocol Peer: AnyObject {
    func send(_ bytes: [UInt8])
    func finish()
    func reset()
    /// Takes what has arrived so far.
    func take() -> [UInt8]
    var sawEnd: Bool { get }
    var sawReset: Bool { get }
    func close()
}

enum WorldKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case scripted, scriptedInPieces, linuxTCP, linuxUnix
    var testDescription: String { self.rawValue }

    func make() throws -> any World {
        switch self {
        case .scripted: return try ScriptedWorld(.whole)
        case .scriptedInPieces: return try ScriptedWorld(.random)
        case .linuxTCP: return try LinuxWorld(isUnix: false)
        case .linuxUnix: return try LinuxWorld(isUnix: true)
        }
    }
}

final class ScriptedWorld: World {
    let kernel = ScriptedKernel(seed: 42)
    let loop: Loop
    private let address = SocketAddress.inet4(.loopback, port: 8080)

    init(_ transfer: ScriptedKernel.Transfer) throws {
        self.kernel.receiveTransfer = transfer
        self.kernel.sendTransfer = transfer
        self.loop = try Loop(kernel: self.kernel)
    }

    deinit {
        self.loop.shutdown()
        #expect(self.kernel.misuses == [])
    }

    func listen(_ count: Int) throws -> [ListeningSocket] {
        try ListeningSocket.open(at: self.address, count: count, kernel: self.kernel)
    }

    func connectClient(to address: SocketAddress) throws -> any Peer {
        Wrapped(try #require(self.kernel.connectClient(to: address)))
    }

    func run(_ what: Comment, until condition: () -> Bool) throws {
        for _ in 0..<1000 {
            if condition() { return }
            self.loop.runOnce()
        }
        #expect(condition(), what)
    }

    func deserted() throws -> SocketAddress { .inet4(.loopback, port: 9) }

    func serve() throws -> (address: SocketAddress, take: () throws -> any Peer) {
        let address = SocketAddress.inet4(.loopback, port: 8081)
        self.kernel.connectPlans[address] = .accept
        return (address, { Wrapped(try #require(self.kernel.takeUpstream(at: address))) })
    }

    private final class Wrapped: Peer {
        let peer: ScriptedPeer
        init(_ peer: ScriptedPeer) { self.peer = peer }
        func send(_ bytes: [UInt8]) { self.peer.send(bytes) }
        func finish() { self.peer.finish() }
        func reset() { self.peer.reset() }
        func take() -> [UInt8] { self.peer.take() }
        var sawEnd: Bool { self.peer.sawEnd }
        var sawReset: Bool { self.peer.sawReset }
        func close() { self.peer.finish() }
    }
}

final class LinuxWorld: World {
    let loop: Loop
    let directory = Scratch()
    private let isUnix: Bool
    private var names = 0

    init(isUnix: Bool) throws {
        self.isUnix = isUnix
        self.loop = try Loop()
    }

    deinit { self.loop.shutdown() }

    private func newAddress() -> SocketAddress {
        self.names += 1
        return self.isUnix ? .unix(path: self.directory.path("\(self.names).sock")) : .inet4(.loopback, port: 0)
    }

    func listen(_ count: Int) throws -> [ListeningSocket] {
        try ListeningSocket.open(at: self.newAddress(), count: count)
    }

    func connectClient(to address: SocketAddress) throws -> any Peer { try RawPeer.connect(to: address) }

    func run(_ what: Comment, until condition: () -> Bool) throws {
        // Each turn waits for the machine at most a little; a condition that never comes true fails the test.
        for _ in 0..<500 {
            if condition() { return }
            self.loop.runOnce(maximumWait: 10_000_000)
        }
        #expect(condition(), what)
    }

    func deserted() throws -> SocketAddress {
        // A port that was just free again; a path at which there is nothing.
        let socket = try ListeningSocket.open(at: self.newAddress())[0]
        defer { socket.discard() }
        return socket.address
    }

    func serve() throws -> (address: SocketAddress, take: () throws -> any Peer) {
        let server = try RawPeer.listening(at: self.newAddress())
        return (server.address, { try server.peer.accept() })
    }
}

/// A temporary folder, removed with the object.
final class Scratch {
    private let folder: String
    private var files: [String] = []

    init() {
        var template = Array("/tmp/reactor-tests-XXXXXX".utf8CString)
        self.folder =
            mkdtemp(&template) == nil ? "/tmp" : String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
    }

    deinit {
        for file in self.files { unlink(file) }
        rmdir(self.folder)
    }

    func path(_ name: String) -> String {
        let path = "\(self.folder)/\(name)"
        self.files.append(path)
        return path
    }
}

/// A blocking socket of the machine, used without any of the code under test but its addresses.
final class RawPeer: Peer {
    private let descriptor: Int32
    private var isOpen = true
    private(set) var sawEnd = false
    private(set) var sawReset = false

    private init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { self.close() }

    static func connect(to address: SocketAddress) throws -> RawPeer {
        let peer = RawPeer(try Self.socket(address))
        let result = Self.with(address) { Glibc.connect(peer.descriptor, $0, $1) }
        try #require(result == 0, "connect: \(errno)")
        return peer
    }

    static func listening(at address: SocketAddress) throws -> (peer: RawPeer, address: SocketAddress) {
        let peer = RawPeer(try Self.socket(address))
        try #require(Self.with(address) { bind(peer.descriptor, $0, $1) } == 0, "bind: \(errno)")
        try #require(listen(peer.descriptor, 16) == 0)
        guard case .inet4(let host, _) = address else { return (peer, address) }
        var name = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(peer.descriptor, $0, &length) }
        }
        try #require(result == 0)
        return (peer, .inet4(host, port: UInt16(bigEndian: name.sin_port)))
    }

    func accept() throws -> RawPeer {
        let accepted = Glibc.accept(self.descriptor, nil, nil)
        try #require(accepted >= 0)
        return RawPeer(accepted)
    }

    private static func socket(_ address: SocketAddress) throws -> Int32 {
        let descriptor = Glibc.socket(Int32(address.family.rawValue), Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        return descriptor
    }

    private static func with(_ address: SocketAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        switch address {
        case .inet4(let host, let port):
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = host.bits.bigEndian
            return withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .unix(let path):
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
            return withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        case .inet6: return -1
        }
    }

    func send(_ bytes: [UInt8]) {
        // The tests send no more than a socket's buffers hold, or read meanwhile.
        _ = Glibc.send(self.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }

    func finish() { shutdown(self.descriptor, Int32(SHUT_WR)) }

    func reset() {
        var value = linger(l_onoff: 1, l_linger: 0)
        setsockopt(self.descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
        self.close()
    }

    func take() -> [UInt8] {
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(self.descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                all += chunk[..<count]
                continue
            }
            if count == 0 { self.sawEnd = true }
            if count < 0, errno == ECONNRESET { self.sawReset = true }
            return all
        }
    }

    func close() {
        guard self.isOpen else { return }
        self.isOpen = false
        Glibc.close(self.descriptor)
    }
}
