package import JOSE
import Synchronization

/// The answers about one authorization server's tokens, shared by all loops: sixteen shards, a lock each.
///
/// Sixteen: with as many loops as a sidecar has, two seldom want the same lock, and a lock is held for well under a
/// microsecond.
package final class TokenCache: Sendable {
    private let shards: InlineArray<16, Mutex<CacheShard>>

    package init(lifetime: CacheLifetime, bytesMax: Int, negativeBytesMax: Int, waitersPerFlight: Int = 4_096) {
        let limits = CacheShard.Limits(
            acceptedBytes: bytesMax / Self.shardCount, rejectedBytes: negativeBytesMax / Self.shardCount,
            waitersPerFlight: waitersPerFlight)
        self.shards = InlineArray { index in
            Mutex(CacheShard(lifetime: lifetime, limits: limits, index: index, shards: Self.shardCount))
        }
    }

    @inline(__always)
    package func lookup(_ fingerprint: TokenFingerprint, at now: Instant, notOlderThan: UInt64) -> CacheShard.Lookup? {
        self.shards[Self.shard(of: fingerprint)].withLock {
            $0.lookup(fingerprint, at: now, notOlderThan: notOlderThan)
        }
    }

    @inline(__always)
    package func lookupOrJoin(
        _ fingerprint: TokenFingerprint, waiter: WaiterID, at now: Instant, notOlderThan: UInt64,
        joinableSince: UInt64
    ) -> CacheShard.Lookup {
        self.shards[Self.shard(of: fingerprint)].withLock {
            $0.lookupOrJoin(
                fingerprint, waiter: waiter, at: now, notOlderThan: notOlderThan, joinableSince: joinableSince)
        }
    }

    /// Decided under the lock; telling the waiters, each on its own loop, is the caller's.
    package func land(_ flight: FlightID, verdict: FlightVerdict, at now: Instant) -> Landed {
        self.shards[Self.shard(of: flight)].withLock { $0.land(flight, verdict: verdict, at: now) }
    }

    @discardableResult
    package func abandon(_ flight: FlightID, waiter: WaiterID) -> Bool {
        self.shards[Self.shard(of: flight)].withLock { $0.abandon(flight, waiter: waiter) }
    }

    package func countMiss(of fingerprint: TokenFingerprint) {
        self.shards[Self.shard(of: fingerprint)].withLock { $0.countMiss() }
    }

    package func keepVerified(
        _ token: ValidatedToken, for fingerprint: TokenFingerprint, keyEpoch: UInt64, at now: Instant
    ) {
        self.shards[Self.shard(of: fingerprint)].withLock {
            $0.keepVerified(token, for: fingerprint, keyEpoch: keyEpoch, at: now)
        }
    }

    @discardableResult
    package func adoptKeys(_ remaining: Set<KeyThumbprint>, epoch: UInt64) -> Int {
        var removed = 0
        for index in 0..<Self.shardCount {
            removed += self.shards[index].withLock { $0.adoptKeys(remaining, epoch: epoch) }
        }
        return removed
    }

    package func remove(_ fingerprint: TokenFingerprint) {
        self.shards[Self.shard(of: fingerprint)].withLock { $0.remove(fingerprint) }
    }

    package var statistics: CacheStatistics {
        var sum = CacheStatistics()
        for index in 0..<Self.shardCount { sum += self.shards[index].withLock { $0.statistics } }
        return sum
    }

    private static let shardCount = 16
    /// With this much each shard has room for an answer of the greatest length that is read, if it is made of text and not
    /// of thousands of numbers.
    package static let bytesForLongAnswers = 2 << 20

    /// Another word of the digest than the one the shard hashes with, or its buckets would fill unevenly.
    @inline(__always)
    private static func shard(of fingerprint: TokenFingerprint) -> Int {
        Int(truncatingIfNeeded: fingerprint.digest.words.1) & (self.shardCount - 1)
    }

    private static func shard(of flight: FlightID) -> Int {
        Int(truncatingIfNeeded: flight.number) & (self.shardCount - 1)
    }
}
