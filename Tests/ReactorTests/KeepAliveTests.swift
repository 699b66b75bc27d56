import Glibc
import Reactor
import ReactorTesting
import Testing

@Suite("A peer that has vanished is found out (RFC 9293 §3.8.4)") struct KeepAliveTests {
    private static let listening = SocketAddress.inet4(.loopback, port: 80)
    private static let wanted = [1, KeepAlive.idleSeconds, KeepAlive.intervalSeconds, KeepAlive.probesMax]

    @Test("TCP connections are kept alive; one that is accepted costs no call for that, and a Unix socket needs none")
    func connections() throws {
        let kernel = ScriptedKernel()
        let loop = try Loop(kernel: kernel)
        let acceptor = Acceptor(loop: loop)
        _ = try loop.accept(from: ListeningSocket.open(at: Self.listening, kernel: kernel)[0], handler: acceptor)
        let before = kernel.calls["set"] ?? 0
        let client = try #require(kernel.connectClient(to: Self.listening))
        try kernel.settle(loop)
        #expect(acceptor.accepted.count == 1 && client.isKeptAlive)
        #expect(kernel.calls["set"] == before + 1, "TCP_NODELAY")
        for address in [SocketAddress.inet4(.loopback, port: 81), .unix(path: "/run/service.sock")] {
            kernel.connectPlans[address] = .acceptAtOnce
            _ = loop.connect(to: address, handler: Recorder())
            try kernel.settle(loop)
            let service = try #require(kernel.takeUpstream(at: address))
            #expect(service.isKeptAlive != address.isUnix)
        }
        loop.shutdown()
        #expect(kernel.misuses == [])
    }

    @Test("Linux is told the times, and an accepted socket has them of the listening one")
    func linux() throws {
        let kernel = LinuxKernel()
        let descriptor = kernel.makeSocket(.inet4)
        #expect(kernel.set(.keepAlive, on: descriptor) == 0)
        #expect(Self.options(of: descriptor) == Self.wanted)
        kernel.close(descriptor)
        let loop = try Loop()
        let inspector = Inspector(loop: loop)
        let socket = try ListeningSocket.open(at: .inet4(.loopback, port: 0))[0]
        _ = try loop.accept(from: socket, handler: inspector)
        let client = try RawPeer.connect(to: socket.address)
        for _ in 0..<500 where inspector.options.isEmpty { loop.runOnce(maximumWait: 10_000_000) }
        #expect(inspector.options == Self.wanted)
        client.close()
        loop.shutdown()
    }

    /// Looks at the socket that comes.
    private final class Inspector: ListenerHandler {
        private(set) var options: [Int32] = []
        private let loop: Loop

        init(loop: Loop) { self.loop = loop }

        func listenerAccepted(_ listener: Listener, socket: Socket, peer: SocketAddress) {
            self.options = KeepAliveTests.options(of: socket.descriptor)
            self.loop.discard(socket)
        }

        func listenerRests(_ listener: Listener, because error: SystemError) {}
    }

    private static func options(of descriptor: Int32) -> [Int32] {
        let tcp = Int32(IPPROTO_TCP)
        let names = [(SOL_SOCKET, SO_KEEPALIVE), (tcp, TCP_KEEPIDLE), (tcp, TCP_KEEPINTVL), (tcp, TCP_KEEPCNT)]
        return names.map { (level: Int32, name: Int32) -> Int32 in
            var value: Int32 = -1
            var length = socklen_t(MemoryLayout<Int32>.size)
            return getsockopt(descriptor, level, name, &value, &length) == 0 ? value : -1
        }
    }
}
