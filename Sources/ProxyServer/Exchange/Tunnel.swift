import HTTPWire
import ProxyCore
import Reactor

/// Two connections glued together behind a 101 (RFC 6455 §4): bytes go both ways as they come, each side only as fast as
/// the other takes them.
final class Tunnel {
    private unowned let owner: DownstreamConnection
    private let client: Endpoint
    private let connection: ServiceConnection
    private let upstream: Endpoint
    private var clientIsDone = false
    private var upstreamIsDone = false

    init(owner: DownstreamConnection, connection: ServiceConnection, upstream: Endpoint) {
        self.owner = owner
        self.client = owner.endpoint
        self.connection = connection
        self.upstream = upstream
    }

    /// What lies in the buffers already belongs to the tunnel.
    func begin() {
        self.client.wantsReading = true
        self.upstream.wantsReading = true
        self.move(from: self.client, to: self.upstream)
        guard !self.client.isClosed else { return }
        self.move(from: self.upstream, to: self.client)
    }

    func clientReadable() { self.read(self.client, to: self.upstream) }
    func upstreamReadable() { self.read(self.upstream, to: self.client) }
    func clientWritable() { self.roomAgain(in: self.client, from: self.upstream) }
    func upstreamWritable() { self.roomAgain(in: self.upstream, from: self.client) }
    func upstreamGone() { self.owner.tunnelIsOver() }

    private func read(_ source: Endpoint, to sink: Endpoint) {
        switch source.receive(upTo: ReadBuffer.readChunk * 4) {
        case .bytes:
            self.progressed()
            self.move(from: source, to: sink)
        case .wouldBlock, .full: break
        case .endOfStream: self.ended(source, sink)
        case .failed: self.owner.tunnelIsOver()
        }
    }

    /// Silence is an open tunnel's right; where one side has left, the other may have, too, and nobody would notice.
    private func progressed() {
        // Who does not take what is there has a time of its own, whatever comes the other way.
        guard !self.client.wantsWriting, !self.upstream.wantsWriting else { return }
        self.owner.tunnelProgressed(mayBeSilent: !self.clientIsDone && !self.upstreamIsDone)
    }

    private func move(from source: Endpoint, to sink: Endpoint) {
        guard !source.inbound.isEmpty else { return source.inbound.releaseIfEmpty() }
        let inbound = source.inbound
        switch sink.send(inbound.bytes) {
        case .sent(let count):
            source.inbound.consume(count)
            if sink === self.client { self.owner.exchange?.responseBytes += UInt64(count) }
            if source.inbound.isEmpty {
                source.inbound.releaseIfEmpty()
                source.wantsReading = true
            } else {
                self.pause(source, until: sink)
            }
        case .wouldBlock: self.pause(source, until: sink)
        case .failed: self.owner.tunnelIsOver()
        }
    }

    private func pause(_ source: Endpoint, until sink: Endpoint) {
        source.wantsReading = false
        sink.wantsWriting = true
        self.owner.tunnelStalled()
    }

    private func roomAgain(in sink: Endpoint, from source: Endpoint) {
        sink.wantsWriting = false
        self.progressed()
        if source.reachedEnd { return self.ended(source, sink) }
        self.move(from: source, to: sink)
    }

    /// One side has said all it will; the other may go on until it has, too.
    private func ended(_ source: Endpoint, _ sink: Endpoint) {
        source.wantsReading = false
        if source === self.client { self.clientIsDone = true } else { self.upstreamIsDone = true }
        // The answer to the handshake may still be queued: the end goes behind it.
        guard sink.isFlushed else { return self.pause(source, until: sink) }
        guard self.clientIsDone, self.upstreamIsDone else {
            sink.shutdownWriting()
            return self.progressed()
        }
        guard self.client.isFlushed else { return self.pause(self.upstream, until: self.client) }
        self.owner.tunnelIsOver()
    }
}
