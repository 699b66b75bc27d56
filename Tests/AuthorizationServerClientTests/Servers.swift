import AuthorizationServerClient
import JOSE
import OAuthModel
import ProxyCore
import Testing

/// Authorization servers as tests configure them.
enum Servers {
    static func introspecting(
        at url: String, as authentication: ClientAuthentication = .none, timeout: Nanoseconds = .seconds(60),
        retriesMax: Int = 1
    ) throws -> AuthorizationServer {
        let settings = AuthorizationServer.Settings(
            name: "hydra", strategy: .introspect,
            introspection: AuthorizationServer.Introspection(
                endpoint: try Self.endpoint(url), clientAuthentication: authentication,
                timeout: timeout, retriesMax: retriesMax))
        return self.server(settings)
    }

    static func verifying(
        _ source: AuthorizationServer.JWT.KeySource, name: String = "hydra", lifetime: Nanoseconds = .seconds(300),
        staleLimit: Nanoseconds = .seconds(86_400)
    ) throws -> AuthorizationServer {
        self.server(
            AuthorizationServer.Settings(
                name: name, issuer: IssuerIdentifier("https://as.example"), strategy: .verify,
                jwt: AuthorizationServer.JWT(
                    source: source,
                    profile: JWTProfile(issuer: "https://as.example", audiences: nil, algorithms: [.es256]),
                    keyPolicy: KeyPolicy(), lifetime: lifetime, timeout: .seconds(60), staleLimit: staleLimit)))
    }

    static func server(_ settings: AuthorizationServer.Settings) -> AuthorizationServer {
        AuthorizationServer(
            index: 0, settings: settings, state: AuthorizationServerState(settings: settings, jitter: 0))
    }

    static func endpoint(_ url: String) throws -> ServiceEndpoint { try #require(EndpointURL.endpoint(url)) }

    static func waiter(_ number: Int) -> WaiterID {
        WaiterID(loop: UInt16(number % 4), slot: UInt32(number), generation: 1)
    }
}

/// Key sets as an authorization server publishes them.
enum KeySets {
    /// RFC 7517 Appendix A.1: a P-256 key.
    static let first = #"{"keys":[\#(key("first"))]}"#
    static let rotated = #"{"keys":[\#(key("second", other))]}"#

    static func key(_ identifier: String, _ point: (x: String, y: String) = appendixA1) -> String {
        #"{"kty":"EC","crv":"P-256","x":"\#(point.x)","y":"\#(point.y)","kid":"\#(identifier)","alg":"ES256"}"#
    }

    /// RFC 7517 Appendix A.1.
    static let appendixA1 = (
        x: "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", y: "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
    )
    /// RFC 7515 Appendix A.3.
    static let other = (
        x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    )
}
