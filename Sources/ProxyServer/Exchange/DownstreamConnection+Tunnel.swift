import HTTPWire
import ProxyCore
import Reactor

extension DownstreamConnection {
    /// The upstream answers 101: a tunnel where the route allows one and the client asked for it, else nonsense.
    func switchProtocols(_ connection: ServiceConnection) {
        guard let exchange, let grant = exchange.grant, let upstream = connection.endpoint else { return }
        let (answer, asked) = (upstream.inbound, self.endpoint.inbound)
        let head = ResponseHead(bytes: answer.bytes, index: connection.parser.index)
        let request = RequestHead(bytes: asked.bytes, index: self.parser.index)
        guard exchange.headByteCount > 0, UpstreamResponseHead.switchesToWebSocket(head),
            UpstreamRequestHead.offersWebSocket(request, on: grant.route)
        else { return self.responseIsBad() }
        exchange.upstreamAnsweredAt = self.context.loop.now
        self.context.writer.reset()
        UpstreamResponseHead.writeSwitchingProtocols(head, into: &self.context.writer)
        upstream.inbound.consume(connection.parser.index.byteCount)
        self.endpoint.inbound.consume(exchange.headByteCount)
        self.exchange?.headByteCount = 0
        self.exchange?.status = 101
        guard self.clientTakes(self.context.writeOut(to: self.endpoint)) else { return }
        upstream.deadline = .max
        let tunnel = Tunnel(owner: self, connection: connection, upstream: upstream)
        self.phase = .tunnelling(tunnel)
        self.context.tunnelBegan()
        self.stallDeadline = .max
        self.bodyRate = nil
        if let end = grant.streamsEndAt { self.watchExpiry(of: end) } else { self.updateDeadline() }
        tunnel.begin()
    }

    func tunnelProgressed(mayBeSilent: Bool) {
        guard mayBeSilent else { return self.limitSilence() }
        guard self.stallDeadline != .max else { return }
        self.stallDeadline = .max
        self.updateDeadline()
    }

    /// A silent tunnel may stay; one whose bytes nobody takes may not.
    func tunnelStalled() {
        guard self.stallDeadline == .max else { return }
        self.limitSilence()
    }

    private func limitSilence() {
        guard let route = self.exchange?.route else { return }
        self.stallDeadline = self.context.loop.now + route.upstream.streamIdleTimeout
        self.updateDeadline()
    }

    func tunnelIsOver() {
        self.record(.forwarded, route: self.exchange?.route)
        self.close()
    }
}
