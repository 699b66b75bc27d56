package import JOSE
package import OAuthModel

/// An authorization server that routes trust: how its tokens are checked and how answers are kept.
///
/// The settings are immutable; `state` outlives reloads that leave the settings as they were, and what is still good of
/// it those that do not.
package final class AuthorizationServer: Sendable {
    /// Position in the generation's list; instruments are kept under it.
    package let index: Int
    package let settings: Settings
    /// Of the settings; asked on every request.
    let strategy: ValidationStrategy
    /// How long a call may take, by these settings: one that was begun before a reload shortened it may go on for longer
    /// than anybody waits now.
    let callTimeout: Nanoseconds
    package let state: AuthorizationServerState
    /// This server, and us as it knows us, in every fingerprint of its tokens.
    package let identity: AuthorizationServerIdentity
    /// What JWTs are held against; `sub` is left to the routes, since one may do without.
    package let jwtProfile: JWTProfile?

    package init(index: Int, settings: Settings, state: AuthorizationServerState) {
        self.index = index
        self.settings = settings
        self.strategy = settings.strategy
        self.callTimeout = settings.introspection?.timeout ?? 0
        self.state = state
        self.identity = AuthorizationServerIdentity(
            server: [UInt8](settings.name.utf8), client: settings.introspection?.clientAuthentication.identity ?? [])
        var profile = settings.jwt?.profile
        profile?.requiresSubject = false
        self.jwtProfile = profile
    }

    package struct Settings: Sendable, Equatable {
        package var name: String
        package var issuer: IssuerIdentifier?
        package var strategy: ValidationStrategy
        package var introspection: Introspection?
        package var jwt: JWT?
        package var cache: Cache
        /// What discovery finds may be `http` beyond this machine.
        package var allowsPlaintext: Bool

        package init(
            name: String, issuer: IssuerIdentifier? = nil, strategy: ValidationStrategy,
            introspection: Introspection? = nil, jwt: JWT? = nil, cache: Cache = Cache(), allowsPlaintext: Bool = false
        ) {
            self.name = name
            self.issuer = issuer
            self.strategy = strategy
            self.introspection = introspection
            self.jwt = jwt
            self.cache = cache
            self.allowsPlaintext = allowsPlaintext
        }
    }

    package struct Introspection: Sendable, Equatable {
        /// Nil until discovery has answered (`discover: true`).
        package var endpoint: ServiceEndpoint?
        package var discovers: Bool
        /// An answer may leave `iss` out even though an issuer is configured.
        package var isIssuerOptional: Bool
        package var clientAuthentication: ClientAuthentication
        package var timeout: Nanoseconds
        package var retriesMax: Int
        package var concurrencyMax: Int
        package var waitingMax: Int
        package var waitMax: Nanoseconds
        package var breakerFailures: Int
        package var breakerOpen: Nanoseconds

        package init(
            endpoint: ServiceEndpoint?, discovers: Bool = false, isIssuerOptional: Bool = false,
            clientAuthentication: ClientAuthentication = .none, timeout: Nanoseconds = .seconds(1), retriesMax: Int = 1,
            concurrencyMax: Int = 256, waitingMax: Int = 1_024, waitMax: Nanoseconds = .milliseconds(500),
            breakerFailures: Int = 5, breakerOpen: Nanoseconds = .seconds(1)
        ) {
            self.endpoint = endpoint
            self.discovers = discovers
            self.isIssuerOptional = isIssuerOptional
            self.clientAuthentication = clientAuthentication
            self.timeout = timeout
            self.retriesMax = retriesMax
            self.concurrencyMax = concurrencyMax
            self.waitingMax = waitingMax
            self.waitMax = waitMax
            self.breakerFailures = breakerFailures
            self.breakerOpen = breakerOpen
        }
    }

    package struct JWT: Sendable, Equatable {
        package var source: KeySource
        package var profile: JWTProfile
        package var keyPolicy: KeyPolicy
        package var lifetime: Nanoseconds
        package var cooldown: Nanoseconds
        package var timeout: Nanoseconds
        package var staleLimit: Nanoseconds

        package enum KeySource: Sendable, Equatable {
            case endpoint(String)
            case file(String)
            case discovery
        }

        package init(
            source: KeySource, profile: JWTProfile, keyPolicy: KeyPolicy, lifetime: Nanoseconds = .seconds(300),
            cooldown: Nanoseconds = .seconds(30), timeout: Nanoseconds = .seconds(5),
            staleLimit: Nanoseconds = .seconds(86_400)
        ) {
            self.source = source
            self.profile = profile
            self.keyPolicy = keyPolicy
            self.lifetime = lifetime
            self.cooldown = cooldown
            self.timeout = timeout
            self.staleLimit = staleLimit
        }
    }

    package struct Cache: Sendable, Equatable {
        /// Zero: answers are not reused (waiters of one flight still share it).
        package var lifetime: Nanoseconds
        package var negativeLifetime: Nanoseconds
        package var bytesMax: Int
        package var negativeBytesMax: Int

        package init(
            lifetime: Nanoseconds = .seconds(60), negativeLifetime: Nanoseconds = .seconds(5),
            bytesMax: Int = 64 << 20, negativeBytesMax: Int = 8 << 20
        ) {
            self.lifetime = lifetime
            self.negativeLifetime = negativeLifetime
            self.bytesMax = bytesMax
            self.negativeBytesMax = negativeBytesMax
        }
    }
}

/// How a server's tokens are checked (SPEC §4).
package enum ValidationStrategy: String, Sendable, Hashable, CaseIterable {
    case introspect
    case verify
    /// Three segments with a JSON header that holds `alg`, however carelessly spelt, are verified and only verified;
    /// all else is introspected.
    case verifyOrIntrospect = "verify_or_introspect"
}
