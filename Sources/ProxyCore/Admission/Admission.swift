package import HTTPWire
import JOSE

/// May this request pass, and as whom? The whole question, in one straight line.
///
/// Every door asks here: the proxy, later the decision API and `explain`. Pure but for the caches it is given: no socket,
/// no clock, no log.
package enum Admission {
    /// A request as it came: refused, forwarded, or to wait for an answer about its token.
    ///
    /// - Parameter use: what is learnt of the token, for the log.
    package static func decide(
        _ head: borrowing RequestHead, from peer: PeerIdentity, in generation: ProxyGeneration, keys: FingerprintKey,
        waiter: WaiterID, at now: Instant, noting use: inout TokenUse
    ) -> Decision {
        guard head.method != .connect, head.method != .trace else { return .refuse(.methodRefused, nil) }
        let target: RequestTarget
        do throws(TargetProblem) {
            target = try RequestTarget.parse(head, from: peer)
        } catch {
            return .refuse(.target(error), nil)
        }
        let hit: RouteHit
        do throws(RouteMiss) {
            hit = try generation.table.match(target, head)
        } catch {
            switch error {
            case .noRoute: return .refuse(.noRoute, nil)
            case .methodNotAllowed(let allow): return .refuse(.methodNotAllowed(allow: allow), nil)
            case .ambiguousRoute: return .refuse(.target(.ambiguousRoute), nil)
            }
        }
        let route = hit.route
        guard !target.hasPathParameters || route.allowsPathParameters else { return .refuse(.pathParameters, route) }
        if let grant = PolicyEvaluation.anonymous(hit, target: target, head: head, presented: nil) {
            return .forward(grant)
        }
        let presented: TokenExtractor.Presented
        do throws(CredentialProblem) {
            presented = try TokenExtractor.extract(
                from: head, at: route.tokenSources, tokenBytesMax: generation.limits.token)
        } catch {
            return .refuse(.invalidRequest(error), route)
        }
        guard case .token(let range) = presented, let server = route.authorizationServer else {
            if let grant = PolicyEvaluation.anonymous(hit, target: target, head: head, presented: presented) {
                return .forward(grant)
            }
            return self.refuse(.noCredentials, hit, target)
        }
        let question = Question(
            tokenRange: range, fingerprint: keys.fingerprint(of: head.bytes.slice(range), identity: server.identity),
            waiter: waiter)
        use.fingerprint = question.fingerprint.truncated
        return self.validate(question, hit, target, server, head, at: now, &use)
    }

    /// The flight that a request waited for has landed.
    package static func resume(
        _ pending: PendingValidation, with verdict: FlightVerdict, head: borrowing RequestHead, at now: Instant,
        noting use: inout TokenUse
    ) -> Decision {
        switch verdict {
        case .accepted(let token): self.evaluate(token, pending.hit, pending.target, head, at: now, &use)
        case .rejected(let rejection): self.refuse(.tokenRejected(rejection), pending.hit, pending.target)
        case .failed(let failure): .refuse(failure.refusal, pending.route)
        }
    }

    /// The keys that a request waited for are there, or will not come in time.
    ///
    /// What the shelf holds now is final, unless the fetch that the request joined was not made for an unknown key: it may
    /// have begun before the server had this one, and another fetch is made if one is due.
    package static func resumeWithKeys(
        _ pending: PendingValidation, head: borrowing RequestHead, at now: Instant, noting use: inout TokenUse
    ) -> Decision {
        self.verify(
            Question(
                tokenRange: pending.tokenRange, fingerprint: pending.fingerprint, waiter: pending.waiter,
                keyWaits: pending.keyWaits),
            pending.hit, pending.target, pending.server, head, at: now, &use)
    }

    // MARK: The token

    /// What is asked about a token, without a reference: what refers to others is handed beside it, because a request on
    /// a hot token should not count references for a wait that does not come.
    private struct Question {
        let tokenRange: ByteRange
        let fingerprint: TokenFingerprint
        let waiter: WaiterID
        /// How often it has waited for keys.
        var keyWaits = 0

        /// Enough for the keys that were on their way, and for those that are fetched because they were not among them.
        static let keyWaitsMax = 2

        func pending(
            _ hit: RouteHit, _ target: RequestTarget, _ server: AuthorizationServer, flight: FlightID? = nil,
            since now: Instant
        ) -> PendingValidation {
            PendingValidation(
                hit: hit, target: target, server: server, tokenRange: self.tokenRange, fingerprint: self.fingerprint,
                flight: flight, waiter: self.waiter, keyWaits: flight == nil ? self.keyWaits + 1 : self.keyWaits,
                since: now)
        }
    }

    @inline(__always)
    private static func validate(
        _ question: Question, _ hit: RouteHit, _ target: RequestTarget, _ server: AuthorizationServer,
        _ head: borrowing RequestHead, at now: Instant, _ use: inout TokenUse
    ) -> Decision {
        let cache = server.state.cache
        let fingerprint = question.fingerprint
        // An answer counts as old as its question: what was asked at this time or later is fresh enough.
        let notOlderThan = hit.route.maxAnswerAge.map { now.monotonic.subtractingClamped($0) } ?? 0
        if server.strategy != .introspect {
            if let kept = cache.lookup(fingerprint, at: now, notOlderThan: notOlderThan) {
                return self.follow(kept, question, hit, target, server, head, at: now, &use)
            }
            if server.strategy == .verify || self.claimsToBeJWT(question, head) {
                use.cache = .miss
                cache.countMiss(of: fingerprint)
                return self.verify(question, hit, target, server, head, at: now, &use)
            }
        }
        let lookup = cache.lookupOrJoin(
            fingerprint, waiter: question.waiter, at: now, notOlderThan: notOlderThan,
            joinableSince: now.monotonic.subtractingClamped(server.callTimeout))
        return self.follow(lookup, question, hit, target, server, head, at: now, &use)
    }

    @inline(__always)
    private static func follow(
        _ lookup: consuming CacheShard.Lookup, _ question: Question, _ hit: RouteHit, _ target: RequestTarget,
        _ server: AuthorizationServer, _ head: borrowing RequestHead, at now: Instant, _ use: inout TokenUse
    ) -> Decision {
        switch lookup {
        case .accepted(let token):
            use.cache = .hit
            return self.evaluate(token, hit, target, head, at: now, &use)
        case .rejected(let rejection):
            use.cache = .negativeHit
            return self.refuse(.tokenRejected(rejection), hit, target)
        case .depart(let flight):
            use.cache = .miss
            return .introspect(question.pending(hit, target, server, flight: flight, since: now))
        case .wait(let flight):
            use.cache = .joined
            return .wait(question.pending(hit, target, server, flight: flight, since: now))
        case .crowded:
            return .refuse(.authorizationServerBusy, hit.route)
        }
    }

    /// Such a token is verified and only verified: a refusal there is final, not a reason to ask somebody else.
    private static func claimsToBeJWT(_ question: Question, _ head: borrowing RequestHead) -> Bool {
        CompactJWS.isClaimed(by: head.bytes.slice(question.tokenRange), byteCountMax: question.tokenRange.count)
    }

    private static func verify(
        _ question: Question, _ hit: RouteHit, _ target: RequestTarget, _ server: AuthorizationServer,
        _ head: borrowing RequestHead, at now: Instant, _ use: inout TokenUse
    ) -> Decision {
        guard let profile = server.jwtProfile else { return .refuse(.internalError, hit.route) }
        // Twice at most: a newer set may have come between looking and asking.
        for _ in 0..<2 {
            let patience: KeySetShelf.Patience
            let otherwise: Refusal
            if let snapshot = server.state.keySnapshot(at: now.monotonic) {
                do throws(JWTRejection) {
                    let token = ValidatedToken(
                        try JWTValidation.verify(
                            head.bytes.slice(question.tokenRange), keys: snapshot.keys, profile: profile))
                    server.state.cache.keepVerified(
                        token, for: question.fingerprint, keyEpoch: snapshot.epoch, at: now)
                    return self.evaluate(token, hit, target, head, at: now, &use)
                } catch {
                    guard case .unknownKey = error else {
                        return self.refuse(.tokenRejected(TokenRejection(error)), hit, target)
                    }
                    // As long as the server cannot be asked, or names no key that can be used, whether it has such a
                    // key is not known: not the token's fault.
                    otherwise = snapshot.knowsEveryKey ? .tokenRejected(.unknownKey) : .keysUnavailable
                    guard question.keyWaits < Question.keyWaitsMax else { return self.refuse(otherwise, hit, target) }
                    patience = server.state.unknownKey(
                        epoch: snapshot.epoch, waiter: question.waiter, at: now.monotonic)
                }
            } else {
                otherwise = .keysUnavailable
                guard question.keyWaits == 0 else { break }
                patience = server.state.noKeys(waiter: question.waiter, at: now.monotonic)
            }
            switch patience {
            case .wait: return .awaitKeys(question.pending(hit, target, server, since: now))
            case .retry: continue
            case .settled: return self.refuse(otherwise, hit, target)
            case .crowded: return .refuse(.authorizationServerBusy, hit.route)
            }
        }
        return .refuse(.keysUnavailable, hit.route)
    }

    // MARK: The verdict

    @inline(__always)
    private static func evaluate(
        _ token: ValidatedToken, _ hit: RouteHit, _ target: RequestTarget, _ head: borrowing RequestHead,
        at now: Instant, _ use: inout TokenUse
    ) -> Decision {
        do throws(Refusal) {
            return .forward(try PolicyEvaluation.evaluate(token, for: hit, target: target, head: head, at: now))
        } catch {
            use.token = token
            return self.refuse(error, hit, target)
        }
    }

    private static func refuse(_ refusal: Refusal, _ hit: RouteHit, _ target: RequestTarget) -> Decision {
        if let grant = PolicyEvaluation.reported(refusal, for: hit, target: target) { return .forward(grant) }
        return .refuse(refusal, hit.route)
    }
}
