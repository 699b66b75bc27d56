import HTTPWire
import ProxyCore

/// A good token against a route's policy, and the heads that go on.
enum ForwardingOperations {
    static func all() throws -> [Operation] {
        let server = World.server(.introspect)
        let route = try World.route("/orders/**", server)
        let generation = try World.generation([route], [server])
        let token = try World.introspected("user-00017", from: server)
        let request = try World.request(token: World.opaqueToken(17))
        let target = try RequestTarget.parse(request.head, from: World.peer)
        let hit = try generation.table.match(target, request.head)
        let grant = try PolicyEvaluation.evaluate(token, for: hit, target: target, head: request.head, at: World.now)
        let outgoing = Writing()
        return [
            Operation("ProxyCore.policy") { count in
                var good = 0
                for _ in 0..<count
                where try PolicyEvaluation.evaluate(
                    token, for: hit, target: target, head: request.head, at: World.now
                ).token === token { good += 1 }
                return good
            },
            Operation("ProxyCore.requestHead") { count in
                var good = 0
                for _ in 0..<count {
                    outgoing.writer.reset()
                    try UpstreamRequestHead.write(
                        request.head, grant: grant, peer: World.peer, requestID: .made(high: 1, low: 2),
                        framing: .none, generation: generation, into: &outgoing.writer)
                    if outgoing.writer.count > 0 { good += 1 }
                }
                return good
            },
            try Self.responseHead(grant),
        ]
    }

    private static func responseHead(_ grant: AccessGrant) throws -> Operation {
        let bytes = [UInt8](
            "HTTP/1.1 200 OK\r\nServer: upstream\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n".utf8)
        var parser = ResponseHeadParser(limits: HeadLimits())
        guard try parser.parse(bytes.span) == .complete else { throw Unusable("the response head is not complete") }
        let index = parser.index
        let outgoing = Writing()
        return Operation("ProxyCore.responseHead") { count in
            var good = 0
            for _ in 0..<count {
                outgoing.writer.reset()
                let head = ResponseHead(bytes: bytes.span, index: index)
                let framing = UpstreamResponseHead.write(
                    head, framing: .length(1_024), grant: grant, minorVersion: 1, closes: false,
                    into: &outgoing.writer)
                if framing == .length(1_024) { good += 1 }
            }
            return good
        }
    }

    /// A writer that closures can share; as a connection, it is used again for each message.
    private final class Writing { var writer = HeadWriter(reserving: 4_096) }
}
