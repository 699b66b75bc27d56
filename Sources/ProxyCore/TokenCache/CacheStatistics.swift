/// What a cache has done and holds, summed over its shards when somebody asks.
package struct CacheStatistics: Sendable, Hashable {
    package var hits: UInt64 = 0
    package var negativeHits: UInt64 = 0
    /// Lookups that began a flight or a verification of their own.
    package var misses: UInt64 = 0
    /// Lookups that joined a flight.
    package var joined: UInt64 = 0
    /// Lookups turned away because too many wait on that token.
    package var crowded: UInt64 = 0
    /// Entries that had to go before their time to keep the cap.
    package var evictions: UInt64 = 0
    package var acceptedEntries: UInt64 = 0
    package var rejectedEntries: UInt64 = 0
    package var acceptedBytes: UInt64 = 0
    package var rejectedBytes: UInt64 = 0
    /// Questions on their way right now.
    package var flights: UInt64 = 0
    package var waiters: UInt64 = 0

    package init() {}

    /// What was counted, without what is held: the part that outlives the cache.
    package var countsAlone: CacheStatistics {
        var counts = CacheStatistics()
        counts.hits = self.hits
        counts.negativeHits = self.negativeHits
        counts.misses = self.misses
        counts.joined = self.joined
        counts.crowded = self.crowded
        counts.evictions = self.evictions
        return counts
    }

    package static func += (sum: inout Self, other: Self) {
        sum.hits &+= other.hits
        sum.negativeHits &+= other.negativeHits
        sum.misses &+= other.misses
        sum.joined &+= other.joined
        sum.crowded &+= other.crowded
        sum.evictions &+= other.evictions
        sum.acceptedEntries &+= other.acceptedEntries
        sum.rejectedEntries &+= other.rejectedEntries
        sum.acceptedBytes &+= other.acceptedBytes
        sum.rejectedBytes &+= other.rejectedBytes
        sum.flights &+= other.flights
        sum.waiters &+= other.waiters
    }
}
