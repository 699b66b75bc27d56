/// What becomes of a request; the exchange performs it, one line a case.
///
/// What waits is boxed: it is large, and the usual decision should not carry its room along.
package enum Decision: Sendable {
    case forward(AccessGrant)
    /// Ask the authorization server, then land the flight; this request waits like the others of the flight.
    indirect case introspect(PendingValidation)
    /// Another request is asking the same; this one is told when the answer lands.
    indirect case wait(PendingValidation)
    /// Keys are being fetched; this request is told when they are there or the fetch failed.
    indirect case awaitKeys(PendingValidation)
    /// The route is nil when none was found yet.
    case refuse(Refusal, Route?)
}
