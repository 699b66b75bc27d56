public import Foundation
public import OAuthModel

extension DevAuthorizationServer {
    /// How to start the server.
    ///
    /// Everything has a default that suits a laptop.
    public struct Options: Sendable {
        /// Where clients and tokens are kept.
        public enum Database: Sendable, Hashable {
            /// Gone when the server stops.
            case memory
            /// An SQLite file, made when it is not there, readable by its owner only.
            case file(String)
        }

        /// What access tokens look like, unless the client says otherwise (`access_token_strategy`).
        public enum TokenStrategy: String, Sendable, Hashable, CaseIterable {
            /// `ory_at_…`: only introspection can tell what it is worth.
            case opaque
            /// A signed JWT (RS256), to be verified with the server's key set.
            case jwt
        }

        /// Where both listeners bind.
        ///
        /// Loopback unless told: the admin API asks nobody who they are. It refuses (403) what a page of another origin has a
        /// browser send, told by `Origin` or `Sec-Fetch-Site`; on loopback also every `Host` but this one, `localhost` and
        /// loopback addresses, which is how DNS rebinding shows. Bound elsewhere, it answers to any `Host`.
        public var host = "127.0.0.1"
        /// The port of `/oauth2/token` and its like; 0 takes a free one.
        public var publicPort = 4444
        /// The port of `/admin/…`; 0 takes a free one.
        public var adminPort = 4445
        public var database = Database.memory
        /// The issuer, byte for byte as tokens will name it, and the public URL of the endpoints.
        ///
        /// Nil: `http://HOST:PORT` as bound.
        public var issuer: String?
        public var tokenStrategy = TokenStrategy.opaque
        /// How long access tokens live, unless the client says otherwise.
        ///
        /// At least a second.
        public var accessTokenLifespan = Duration.seconds(3_600)
        /// Who may log in at the built-in page; nobody has a password.
        public var users = [User("alice"), User("bob")]
        /// Clients and trusted issuers to begin with; see ``RunningAuthorizationServer/seed(_:)``.
        public var seed = JSONObject()
        /// A login page of somebody else's, which speaks to the admin API; the built-in one is closed then.
        public var loginURL: String?
        /// A consent page of somebody else's; the built-in one is closed then.
        public var consentURL: String?
        /// A logout page of somebody else's; the built-in one is closed then.
        public var logoutURL: String?
        /// The time.
        ///
        /// A test moves it by hand.
        public var clock: @Sendable () -> Date = { Date() }
        /// Told what the server has to say of itself, such as that it is not for production.
        ///
        /// Standard error by default.
        public var announce: @Sendable (String) -> Void = Self.writeToStandardError

        /// How long a connection may take for the head of a request, for its body, and for taking the answer.
        ///
        /// Longer than clients keep a connection that they may use again (AsyncHTTPClient: 60 s), so that it is they who
        /// close it, and far longer than anything that is asked or answered here takes.
        package var stepLimit = Duration.seconds(75)
        /// How many connections a listener has at a time; more wait to be taken.
        ///
        /// Both listeners, the database and what is fetched stay within the 1,024 files that a process may have open.
        package var connectionsMax = 448
        /// How long a call waits for another process that writes to the same file; longer than that it is not writing but
        /// stuck.
        package var lockWait = Duration.seconds(5)
        /// How long an answer to `/health/ready` stands: probes do not wear the disk out.
        package var readinessLifespan = Duration.seconds(1)

        /// The private keys (PEM) that a new database begins with; nil: made when it is opened.
        ///
        /// Making two takes most of what a server's start does, which counts for whoever starts hundreds.
        package var signingKeys: (accessToken: String, idToken: String)?

        public init() {}

        private static let writeToStandardError: @Sendable (String) -> Void = { line in
            // Nobody may be reading any more.
            try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
        }
    }
}

extension DevAuthorizationServer {
    /// Somebody to log in as.
    public struct User: Sendable, Hashable {
        /// The subject of their tokens, and the name on the login page.
        public var name: String
        /// What ID tokens say of them when the client may know: `email…` with the scope `email`, all else with `profile`.
        public var claims: JSONObject

        public init(_ name: String, claims: JSONObject = [:]) {
            self.name = name
            self.claims = claims
        }
    }
}
