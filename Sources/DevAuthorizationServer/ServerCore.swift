import BoundedHTTPClient
import Foundation
import JOSE
import NIOCore
import OAuthModel
import Synchronization

/// What every endpoint works with.
///
/// One a running server.
final class ServerCore: Sendable {
    let clients: ClientStore
    let accessTokens: AccessTokenStore
    let grants: GrantStore
    let trustedIssuers: TrustedIssuerStore
    let authentication: ClientAuthentication
    let mint: AccessTokenMint
    let browser: BrowserFlows
    /// All that are published.
    let signingKeys: [SigningKey]
    /// To verify ID tokens that come back; an access token is signed with another key and is none.
    let idTokenKeys: JSONWebKeySet
    let idTokenKey: SigningKey
    let lifespans: TokenLifespans
    /// For asking and telling clients' own servers.
    let http: BoundedHTTPClient
    private let storage: Storage
    private let readiness: Readiness
    private let clock: @Sendable () -> Date
    private let address: Mutex<String>
    private let adminHost: String
    private let adminIsOnLoopback = Mutex(true)
    private let secretHashCost: PasswordHash.Cost

    /// Opens the database; keys and the system secret are made if it is new.
    init(_ options: DevAuthorizationServer.Options) async throws {
        let now = Moment(options.clock())
        self.storage = try Storage(options.database, lockWait: options.lockWait)
        let keys = KeyStore(storage: self.storage)
        let given = options.signingKeys
        let key = try await keys.signingKey(for: .accessToken, given: given?.accessToken, now: now)
        self.idTokenKey = try await keys.signingKey(for: .idToken, given: given?.idToken, now: now)
        self.signingKeys = [key, self.idTokenKey]
        self.idTokenKeys = try SigningKey.verifiers(of: [self.idTokenKey])
        let secret = try await keys.systemSecret(now: now)
        self.clients = ClientStore(storage: self.storage)
        self.accessTokens = AccessTokenStore(storage: self.storage)
        self.grants = GrantStore(storage: self.storage)
        self.trustedIssuers = TrustedIssuerStore(storage: self.storage)
        // Nothing that throws comes after it, so `close` is always its end.
        self.http = BoundedHTTPClient(headTimeout: Self.headTimeout) { _ in }
        self.authentication = ClientAuthentication(
            clients: self.clients, assertions: self.trustedIssuers, keySets: ClientKeySets(http: self.http))
        self.mint = AccessTokenMint(
            tokens: OpaqueTokens(secret: secret), key: key, store: self.accessTokens,
            defaultStrategy: options.tokenStrategy)
        self.browser = BrowserFlows(options, storage: self.storage, systemSecret: secret)
        self.lifespans = TokenLifespans(accessToken: .seconds(options.accessTokenLifespan.components.seconds))
        self.readiness = Readiness(storage: self.storage, answerLifespan: options.readinessLifespan)
        self.clock = options.clock
        self.address = Mutex(options.issuer ?? "")
        self.adminHost = options.host
        self.secretHashCost = options.database == .memory ? .transient : .interactive
    }

    func now() -> Moment { Moment(self.clock()) }

    /// What is stored of a client's secret.
    ///
    /// The work that a guess costs protects a file that was copied. What lies in memory is gone with the process, and a test
    /// suite that makes a server for each of its tests does not pay for it.
    func secretHash(of secret: String) -> String {
        PasswordHash.make(Array(secret.utf8), cost: self.secretHashCost)
    }

    /// The issuer exactly as configured, or the address that was bound.
    var issuer: String { self.address.withLock { $0 } }

    /// Under which the public endpoints are found: the issuer without a slash at its end.
    var publicURL: String {
        let issuer = self.issuer
        return issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
    }

    /// What assertions are meant for.
    var tokenURL: String { self.publicURL + "/oauth2/token" }

    /// Called once the public listener has its port, before a request is served.
    func publicListenerBound(at url: String) {
        self.address.withLock { if $0.isEmpty { $0 = url } }
    }

    /// Called once the admin listener has its port, before a request is served.
    func adminListenerBound(isOnLoopback: Bool) {
        self.adminIsOnLoopback.withLock { $0 = isOnLoopback }
    }

    var adminCallers: AdminCallers {
        AdminCallers(isOnLoopback: self.adminIsOnLoopback.withLock { $0 }, host: self.adminHost)
    }

    var tokenIssuer: TokenIssuer {
        TokenIssuer(mint: self.mint, idTokenKey: self.idTokenKey, issuer: self.issuer, defaults: self.lifespans)
    }

    /// Whether clients and tokens can be kept.
    func isReady() async -> Bool { await self.readiness.isReady(at: .now) }

    /// Removes what is over; how many rows that were.
    func sweepExpired(batchRows: Int = Storage.batchRows) async throws -> Int {
        try await self.storage.sweepExpired(now: self.now(), batchRows: batchRows)
    }

    /// Whether the server has stopped, for whatever reason: nothing more is kept.
    var isClosed: Bool { self.storage.isClosed }

    func close() async throws {
        await self.http.shutdown()
        try self.storage.close()
    }

    /// Longer than any limit that is given.
    private static let headTimeout = TimeAmount.seconds(30)
}
