import Foundation
import JOSE
import OAuthModel
import Synchronization

/// What every endpoint works with.
///
/// One a running server.
final class ServerCore: Sendable {
    let clients: ClientStore
    let accessTokens: AccessTokenStore
    let authentication: ClientAuthentication
    let mint: AccessTokenMint
    let browser: BrowserFlows
    /// All that are published.
    let signingKeys: [SigningKey]
    /// The same, to verify what comes back.
    let keySet: JSONWebKeySet
    let accessTokenLifespan: GoDuration
    private let storage: Storage
    private let clock: @Sendable () -> Date
    private let address: Mutex<String>

    /// Opens the database; keys and the system secret are made if it is new.
    init(_ options: DevAuthorizationServer.Options) async throws {
        let now = Moment(options.clock())
        self.storage = try Storage(options.database)
        let keys = KeyStore(storage: self.storage)
        let key = try await keys.signingKey(for: .accessToken, now: now)
        self.signingKeys = [key]
        self.keySet = try SigningKey.verifiers(of: self.signingKeys)
        let secret = try await keys.systemSecret(now: now)
        self.clients = ClientStore(storage: self.storage)
        self.accessTokens = AccessTokenStore(storage: self.storage)
        self.authentication = ClientAuthentication(clients: self.clients)
        self.mint = AccessTokenMint(
            tokens: OpaqueTokens(secret: secret), key: key, store: self.accessTokens,
            defaultStrategy: options.tokenStrategy)
        self.browser = BrowserFlows(options, storage: self.storage, systemSecret: secret)
        self.accessTokenLifespan = GoDuration.seconds(options.accessTokenLifespan.components.seconds)
        self.clock = options.clock
        self.address = Mutex(options.issuer ?? "")
    }

    func now() -> Moment { Moment(self.clock()) }

    /// The issuer exactly as configured, or the address that was bound.
    var issuer: String { self.address.withLock { $0 } }

    /// Under which the public endpoints are found: the issuer without a slash at its end.
    var publicURL: String {
        let issuer = self.issuer
        return issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
    }

    /// Called once the public listener has its port, before a request is served.
    func publicListenerBound(at url: String) {
        self.address.withLock { if $0.isEmpty { $0 = url } }
    }

    func checkDatabase() async throws {
        try await self.storage.check()
    }

    func close() throws {
        try self.storage.close()
    }
}
