import JOSE
import OAuthModel
import ProxyCore
import Testing

@Suite("A token cache shared by loops")
struct TokenCacheTests {
    @Test("of many loops that want one cold token at once exactly one asks, and all are told once")
    func oneAsks() async throws {
        let cache = TokenCache(
            lifetime: CacheLifetime(accepted: .seconds(60), rejected: .seconds(5)), bytesMax: 1 << 20,
            negativeBytesMax: 1 << 20)
        let token = try Tokens.introspected(#"{"active":true,"sub":"a"}"#)
        for round in 0..<50 as Range<UInt8> {
            let print = TokenFingerprint.chosen(round, round)
            let flights = await withTaskGroup(of: [FlightID].self) { group in
                for loop in 0..<8 as Range<UInt16> {
                    group.addTask {
                        (0..<100 as Range<UInt32>).compactMap { slot in
                            let waiter = WaiterID(loop: loop, slot: slot, generation: 0)
                            let lookup = cache.lookupOrJoin(
                                print, waiter: waiter, at: .second(0), notOlderThan: 0, joinableSince: 0)
                            return if case .depart(let flight) = lookup { flight } else { nil }
                        }
                    }
                }
                return await group.reduce(into: []) { $0 += $1 }
            }
            #expect(flights.count == 1)
            guard let flight = flights.first else { return }
            let told = cache.land(flight, verdict: .accepted(token), at: .second(0)).waiters
            #expect(told.count == 800)
            #expect(Set(told).count == 800)
            #expect(cache.land(flight, verdict: .accepted(token), at: .second(0)).waiters.isEmpty)
        }
        let statistics = cache.statistics
        #expect(statistics.misses == 50)
        #expect(statistics.joined == 50 * 799)
        #expect(statistics.acceptedEntries == 50)
    }

    @Test("an answer larger than its shard's share is used but not kept, and counts as pushed out")
    func oversized() throws {
        let cache = TokenCache(
            lifetime: CacheLifetime(accepted: .seconds(60), rejected: .seconds(5)), bytesMax: 1_024,
            negativeBytesMax: 1_024)
        let token = try Tokens.introspected(#"{"active":true,"sub":"a"}"#)
        let waiter = WaiterID(loop: 0, slot: 0, generation: 0)
        guard
            case .depart(let flight) = cache.lookupOrJoin(
                .chosen(1), waiter: waiter, at: .second(0), notOlderThan: 0, joinableSince: 0)
        else {
            Issue.record("a cold token departs")
            return
        }
        #expect(cache.land(flight, verdict: .accepted(token), at: .second(0)).waiters == [waiter])
        #expect(cache.statistics.acceptedBytes == 0)
        #expect(cache.statistics.evictions == 1)
    }

    @Test("a cache of the smallest size without a warning keeps an answer of the greatest length")
    func largestAnswer() throws {
        let cache = TokenCache(
            lifetime: CacheLifetime(accepted: .seconds(60), rejected: .seconds(5)),
            bytesMax: TokenCache.bytesForLongAnswers, negativeBytesMax: 0)
        let frame = #"{"active":true,"sub":"a","x":""}"#
        let text = String(repeating: "x", count: IntrospectionReply.bodyBytesMax - frame.utf8.count)
        let token = try Tokens.introspected(#"{"active":true,"sub":"a","x":"\#(text)"}"#)
        cache.keepVerified(token, for: .chosen(1), keyEpoch: 0, at: .second(0))
        #expect(cache.statistics.acceptedEntries == 1)
    }

    @Test("a clock set forward ends a token's life at once; one set back does not lengthen it")
    func clockJumps() throws {
        var shard = CacheShard(
            lifetime: CacheLifetime(accepted: .seconds(60), rejected: .seconds(5)),
            limits: CacheShard.Limits(acceptedBytes: 1 << 20, rejectedBytes: 1 << 20))
        let token = try Tokens.introspected(#"{"active":true,"sub":"a","exp":1800000030}"#)
        let begin = Instant.second(0)
        shard.keepVerified(token, for: .chosen(1), keyEpoch: 0, at: begin)
        shard.keepVerified(token, for: .chosen(2), keyEpoch: 0, at: begin)
        let forward = Instant(monotonic: begin.monotonic + 1, wall: NumericDate(seconds: 1_800_000_030))
        let back = Instant(monotonic: begin.monotonic + .seconds(30), wall: NumericDate(seconds: 1_799_999_000))
        let forwardHit = shard.lookup(.chosen(1), at: forward, notOlderThan: 0) != nil
        #expect(!forwardHit)
        let backHit = shard.lookup(.chosen(2), at: back, notOlderThan: 0) != nil
        #expect(!backHit)
    }

    @Test("SPEC §4: a lifetime passes while the machine is suspended, and the monotonic clock with it")
    func suspension() throws {
        var shard = CacheShard(
            lifetime: CacheLifetime(accepted: .seconds(60), rejected: .milliseconds(4_500)),
            limits: CacheShard.Limits(acceptedBytes: 1 << 20, rejectedBytes: 1 << 20))
        let begin = Instant.second(0)
        let endless = try Tokens.introspected(#"{"active":true,"sub":"a"}"#)
        let later = try Tokens.introspected(#"{"active":true,"sub":"a","exp":1800003600}"#)
        let sooner = try Tokens.introspected(#"{"active":true,"sub":"a","exp":1800000030}"#)
        for (number, token) in [(1, endless), (2, later), (3, sooner)] as [(UInt8, ValidatedToken)] {
            shard.keepVerified(token, for: .chosen(number), keyEpoch: 0, at: begin)
        }
        let waiter = WaiterID(loop: 0, slot: 0, generation: 0)
        guard
            case .depart(let flight) = shard.lookupOrJoin(
                .chosen(4), waiter: waiter, at: begin, notOlderThan: 0, joinableSince: 0)
        else {
            Issue.record("a cold token departs")
            return
        }
        _ = shard.land(flight, verdict: .rejected(.inactive), at: begin)
        for (slept, left) in [
            (5, [1, 2, 3, 4]), (6, [1, 2, 3]), (29, [1, 2, 3]), (30, [1, 2]), (60, [1, 2]), (61, []),
        ] as [(Int64, [UInt8])] {
            let now = Instant(monotonic: begin.monotonic + 1, wall: begin.wall.advanced(bySeconds: slept))
            let kept = (1...4 as ClosedRange<UInt8>).filter { number in
                shard.lookup(.chosen(number), at: now, notOlderThan: 0) != nil
            }
            #expect(kept == left, "after \(slept) seconds")
        }
    }

    @Test("a lifetime as long as can be said ends on neither clock")
    func endlessLifetime() throws {
        var shard = CacheShard(
            lifetime: CacheLifetime(accepted: .max, rejected: .max),
            limits: CacheShard.Limits(acceptedBytes: 1 << 20, rejectedBytes: 1 << 20))
        let token = try Tokens.introspected(#"{"active":true,"sub":"a"}"#)
        shard.keepVerified(token, for: .chosen(1), keyEpoch: 0, at: .second(0))
        let isThere = shard.lookup(.chosen(1), at: .second(3_600_000), notOlderThan: 0) != nil
        #expect(isThere)
    }

    @Test("a token in use outlasts any number of new ones, and where all are in use a new one still finds room")
    func secondChances() throws {
        let token = try Tokens.introspected(#"{"active":true,"sub":"a"}"#)
        var shard = CacheShard(
            lifetime: CacheLifetime(accepted: .seconds(60), rejected: .seconds(5)),
            limits: CacheShard.Limits(acceptedBytes: (token.weight + 200) * 100, rejectedBytes: 0))
        let keys = FingerprintKey(bytes: [9])
        let identity = AuthorizationServerIdentity(server: [1], client: [])
        func print(_ number: Int) -> TokenFingerprint {
            keys.fingerprint(of: "token \(number)".utf8.span, identity: identity)
        }
        for number in 0..<1_000 {
            shard.keepVerified(token, for: print(number), keyEpoch: 0, at: .second(0))
            let isThere = shard.lookup(print(0), at: .second(1), notOlderThan: 0) != nil
            #expect(isThere, "after \(number)")
        }
        let kept = (0..<1_000).filter { shard.lookup(print($0), at: .second(1), notOlderThan: 0) != nil }
        #expect(kept.count >= 90 && kept.count <= 100 && kept.dropFirst().allSatisfy { $0 >= 900 })
        for number in 1_000..<1_300 {
            shard.keepVerified(token, for: print(number), keyEpoch: 0, at: .second(1))
            let isThere = shard.lookup(print(number), at: .second(1), notOlderThan: 0) != nil
            #expect(isThere, "\(number) among the used")
        }
        let statistics = shard.statistics
        #expect(statistics.acceptedEntries == UInt64(kept.count))
        #expect(statistics.evictions == 1_300 - UInt64(kept.count))
    }

    @Test(
        "what nobody used makes room; where all were used, it is who has stood in line longest",
        arguments: [([1], [1, 3, 4]), ([3, 2, 1], [2, 3, 4])] as [([UInt8], [UInt8])])
    func recency(used: [UInt8], left: [UInt8]) throws {
        let token = try Tokens.introspected(#"{"active":true,"sub":"a"}"#)
        var shard = CacheShard(
            lifetime: CacheLifetime(accepted: .seconds(60), rejected: .seconds(5)),
            limits: CacheShard.Limits(acceptedBytes: (token.weight + 200) * 3, rejectedBytes: 0))
        for number in 1...3 as ClosedRange<UInt8> {
            shard.keepVerified(token, for: .chosen(number), keyEpoch: 0, at: .second(0))
        }
        for number in used { _ = shard.lookup(.chosen(number), at: .second(1), notOlderThan: 0) }
        shard.keepVerified(token, for: .chosen(4), keyEpoch: 0, at: .second(1))
        let kept = (1...4 as ClosedRange<UInt8>).filter { number in
            shard.lookup(.chosen(number), at: .second(1), notOlderThan: 0) != nil
        }
        #expect(kept == left)
        #expect(shard.statistics.evictions == 1)
    }

    @Test("thousands of entries in one shard are all found, also when many share a bucket")
    func manyEntries() throws {
        let token = try Tokens.introspected(#"{"active":true,"sub":"a"}"#)
        var shard = CacheShard(
            lifetime: CacheLifetime(accepted: .seconds(60), rejected: .seconds(5)),
            limits: CacheShard.Limits(acceptedBytes: 1 << 30, rejectedBytes: 0))
        let keys = FingerprintKey(bytes: [9])
        let identity = AuthorizationServerIdentity(server: [1], client: [2])
        let prints = (0..<5_000).map { keys.fingerprint(of: "\($0)".utf8.span, identity: identity) }
        for print in prints { shard.keepVerified(token, for: print, keyEpoch: 0, at: .second(0)) }
        for print in prints.shuffled().prefix(2_500) { shard.remove(print) }
        let found = prints.filter { shard.lookup($0, at: .second(1), notOlderThan: 0) != nil }
        #expect(found.count == 2_500)
        #expect(shard.statistics.acceptedEntries == 2_500)
    }
}

@Suite("Fingerprints")
struct TokenFingerprintTests {
    @Test("server, client and token each have their length in front: no two triples meet")
    func partsAreApart() {
        let key = FingerprintKey(bytes: [1, 2, 3])
        let triples = [
            ("ab", "c", "d"), ("a", "bc", "d"), ("a", "b", "cd"), ("abc", "", "d"), ("", "abc", "d"), ("", "", "abcd"),
        ]
        let prints = triples.map { server, client, token in
            key.fingerprint(
                of: token.utf8.span,
                identity: AuthorizationServerIdentity(server: [UInt8](server.utf8), client: [UInt8](client.utf8)))
        }
        #expect(Set(prints).count == triples.count)
    }

    @Test("another process's key makes other fingerprints of the same token")
    func keysDiffer() {
        let identity = AuthorizationServerIdentity(server: [1], client: [])
        let token = "token"
        let one = FingerprintKey.random().fingerprint(of: token.utf8.span, identity: identity)
        let other = FingerprintKey.random().fingerprint(of: token.utf8.span, identity: identity)
        #expect(one != other)
    }

    @Test("two clients of one server are two identities; a changed secret is not")
    func identities() {
        func server(_ authentication: ClientAuthentication) -> AuthorizationServer {
            var settings = AdmissionWorld.settings()
            settings.introspection?.clientAuthentication = authentication
            return AuthorizationServer(
                index: 0, settings: settings, state: AuthorizationServerState(settings: settings, jitter: 0))
        }
        let one = server(.clientSecretBasic(ClientCredentials(clientID: "a", secret: SecretBytes("x"))))
        let other = server(.clientSecretBasic(ClientCredentials(clientID: "b", secret: SecretBytes("x"))))
        let again = server(.clientSecretBasic(ClientCredentials(clientID: "a", secret: SecretBytes("y"))))
        #expect(one.identity != other.identity)
        #expect(one.identity == again.identity)
        #expect(one.settings != again.settings)
    }
}
