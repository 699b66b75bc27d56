package import OAuthModel
package import ProxyCore

/// Introspection that the loop cannot perform itself: an `https` endpoint, or one that discovery has yet to name.
///
/// Implementations call `completion` exactly once, from any thread, within the limit.
package protocol RemoteIntrospection: Sendable {
    /// - Parameter limit: what the question's time has left.
    /// - Returns: gives the question up, with whatever it has under way; harmless when it is over.
    func introspect(
        _ token: BearerToken, at server: AuthorizationServer, within limit: Nanoseconds,
        completion: @escaping @Sendable (IntrospectionOutcome) -> Void
    ) -> @Sendable () -> Void
}
