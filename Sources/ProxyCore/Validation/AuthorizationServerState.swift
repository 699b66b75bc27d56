package import JOSE
package import OAuthModel
import Synchronization

/// What an authorization server's tokens share across loops and reloads: cache, guard, keys.
package final class AuthorizationServerState: Sendable {
    package init(settings: AuthorizationServer.Settings, jitter: UInt64) {}
}
