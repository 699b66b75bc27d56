package import HTTPWire

/// A request whose token is being asked about: all that resuming needs, so that nothing is parsed twice.
///
/// The head itself stays in the connection's buffer; ranges here are offsets into it.
package struct PendingValidation: Sendable {
    package let hit: RouteHit
    package let target: RequestTarget
    package let server: AuthorizationServer
    package let tokenRange: ByteRange
    package let fingerprint: TokenFingerprint
    /// Nil while waiting for keys: there is no flight then.
    package let flight: FlightID?
    package let waiter: WaiterID
    /// How often it has waited for keys, this time included: a fetch that it joined may have begun before its key was
    /// there, and then it waits for another one, once.
    package let keyWaits: Int
    /// When the request was decided first; its answer is fresh enough or not as of then.
    package let since: Instant

    package var route: Route { self.hit.route }
}
