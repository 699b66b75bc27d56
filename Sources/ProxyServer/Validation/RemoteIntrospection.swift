package import OAuthModel
package import ProxyCore

/// Introspection that the loop cannot perform itself: an `https` endpoint, or one that discovery has yet to name.
///
/// Implementations call `completion` exactly once, from any thread, within the server's timeout.
package protocol RemoteIntrospection: Sendable {
    func introspect(
        _ token: BearerToken, at server: AuthorizationServer,
        completion: @escaping @Sendable (IntrospectionOutcome) -> Void)
}
