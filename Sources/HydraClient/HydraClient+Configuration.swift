public import AsyncHTTPClient
public import FoundationEssentials
public import OAuthModel

extension HydraClient {
    /// Where Hydra is, and how long to be patient with it.
    public struct Configuration: Sendable {
        /// Where tokens and authorizations are asked for, such as `https://auth.example.com`.
        ///
        /// The URL the server announces as its issuer, as browsers reach it.
        public var publicURL: String?
        /// Where everything else is, such as `http://hydra-admin:4445`; without the `/admin` of the paths.
        public var adminURL: String?
        /// What a gateway before the admin side wants to see; Hydra itself asks for nothing.
        public var adminToken: BearerToken?
        /// The whole of a call: connecting, every try, the last byte of the answer.
        public var timeout = Duration.seconds(10)
        /// How often an idempotent call is tried again.
        ///
        /// A delete whose first answer was lost is then answered 404.
        public var retriesMax = 2
        /// A page of a thousand clients is about two million bytes.
        public var responseBytesMax = 8 << 20
        /// The time, for assertions.
        public var clock: @Sendable () -> Date = { Date() }
        /// Told the settings of the connections before they are made: certificates to trust, a proxy, the size of the pool.
        ///
        /// Redirects, retries and the HTTP version are not for it to change.
        public var adjustConnections: (@Sendable (inout HTTPClient.Configuration) -> Void)?
        /// Told of every answer: the operation's id and the status.
        ///
        /// For the contract suite, which counts.
        package var observer: (@Sendable (_ operation: String, _ status: Int) -> Void)?

        public init(publicURL: String? = nil, adminURL: String? = nil) {
            self.publicURL = publicURL
            self.adminURL = adminURL
        }
    }
}
