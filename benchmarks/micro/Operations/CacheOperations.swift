import ProxyCore

/// The cache of answers: ten thousand tokens found, one that is not there, and a full cache that makes room.
enum CacheOperations {
    static func all() throws -> [Operation] {
        let answer = try World.introspected("user-00017", from: World.server(.introspect))
        let lifetime = CacheLifetime(accepted: .seconds(60), rejected: .seconds(5))
        let known = (0..<10_000).map { World.fingerprint(World.opaqueToken($0)) }
        let unknown = (20_000..<20_512).map { World.fingerprint(World.opaqueToken($0)) }
        let cache = TokenCache(lifetime: lifetime, bytesMax: 64 << 20, negativeBytesMax: 1 << 20)
        for fingerprint in known { cache.keepVerified(answer, for: fingerprint, keyEpoch: 0, at: World.now) }
        // Room for about a thousand of the ten thousand tokens that come round: each one kept pushes one out.
        let full = TokenCache(lifetime: lifetime, bytesMax: 1 << 20, negativeBytesMax: 1 << 20)
        var next = 0
        return [
            Operation("ProxyCore.cache.hit") { count in
                var good = 0
                var place = 0
                for _ in 0..<count {
                    // A step that shares no factor with the count: every token in turn, none next to the last.
                    place = (place + 7_919) % known.count
                    if case .accepted? = cache.lookup(known[place], at: World.now, notOlderThan: 0) { good += 1 }
                }
                return good
            },
            Operation("ProxyCore.cache.miss") { count in
                var good = 0
                for step in 0..<count
                where cache.lookup(unknown[step & 511], at: World.now, notOlderThan: 0) == nil { good += 1 }
                return good
            },
            Operation("ProxyCore.cache.evict") { count in
                for _ in 0..<count {
                    next = (next + 1) % known.count
                    full.keepVerified(answer, for: known[next], keyEpoch: 0, at: World.now)
                }
                return full.statistics.evictions > 0 || count < known.count ? count : 0
            },
        ]
    }
}
