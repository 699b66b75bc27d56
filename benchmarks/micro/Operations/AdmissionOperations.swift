import HTTPWire
import JOSE
import OAuthModel
import ProxyCore

/// The whole question, may this request pass and as whom: everything between two heads.
enum AdmissionOperations {
    static func all() throws -> [Operation] {
        try self.opaque() + self.jwt()
    }

    private static func opaque() throws -> [Operation] {
        let server = World.server(.introspect)
        let generation = try World.generation([World.route("/orders/**", server)], [server])
        let requests = try (0..<1_000).map { try World.request(token: World.opaqueToken($0)) }
        for number in requests.indices {
            let fingerprint = World.keys.fingerprint(
                of: [UInt8](World.opaqueToken(number).utf8).span, identity: server.identity)
            server.state.cache.keepVerified(
                try World.introspected("user-\(number)", from: server), for: fingerprint, keyEpoch: 0, at: World.now)
        }
        let hot = requests[17]
        let without = try World.request(token: nil)
        return [
            Operation("ProxyCore.admission.opaque.hot") { count in
                var good = 0
                for _ in 0..<count where Self.passes(hot, generation, at: World.now) { good += 1 }
                return good
            },
            Operation("ProxyCore.admission.opaque.1000") { count in
                var good = 0
                for step in 0..<count
                where Self.passes(requests[step * 389 % 1_000], generation, at: World.now) { good += 1 }
                return good
            },
            Operation("ProxyCore.admission.noToken") { count in
                var good = 0
                for _ in 0..<count where !Self.passes(without, generation, at: World.now) { good += 1 }
                return good
            },
        ]
    }

    private static func jwt() throws -> [Operation] {
        let server = World.server(.verify)
        let generation = try World.generation([World.route("/orders/**", server)], [server])
        let token = try SignedToken(key: OpenSSLPrivateKey(generating: .rsa(bits: 2_048)), algorithm: .rs256)
        guard case .start = server.state.nextKeyFetch(at: World.now.monotonic) else {
            throw Unusable("the server wants no keys")
        }
        _ = server.state.keysFetched(token.keys, at: World.now.monotonic)
        let request = try World.request(token: token.text)
        var later = World.now
        return [
            Operation("ProxyCore.admission.jwt.hot") { count in
                var good = 0
                for _ in 0..<count where Self.passes(request, generation, at: World.now) { good += 1 }
                return good
            },
            // The answer of the round before is over each time, so the token is verified and kept as if never seen.
            Operation("ProxyCore.admission.jwt.first.RS256") { count in
                var good = 0
                for _ in 0..<count {
                    later.monotonic += .seconds(61)
                    if Self.passes(request, generation, at: later) { good += 1 }
                }
                return good
            },
        ]
    }

    private static func passes(_ request: ParsedRequest, _ generation: ProxyGeneration, at now: Instant) -> Bool {
        var use = TokenUse()
        let decision = Admission.decide(
            request.head, from: World.peer, in: generation, keys: World.keys, waiter: World.waiter, at: now,
            noting: &use)
        if case .forward = decision { return true } else { return false }
    }
}
