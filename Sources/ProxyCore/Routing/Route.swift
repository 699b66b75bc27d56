import OAuthModel

/// One compiled route: what it matches, whom it lets pass and where the request goes.
///
/// Immutable and shared by every loop; a reload makes new ones.
package final class Route: Sendable {
    /// Position in the generation's list of routes; instruments are kept under it.
    package let index: Int
    package let name: String
    /// Empty: any host.
    package let hosts: [HostPattern]
    package let paths: [RoutePattern]
    package let methods: MethodSet
    package let access: Access
    /// `realm` of challenges (RFC 9110 §11.5).
    package let realm: String
    /// The challenge with nothing but the realm, ready to be written (RFC 6750 §3).
    let bareChallenge: [UInt8]
    package let tokenSources: TokenSources
    /// Who answers for this route's tokens; nil only on public routes.
    package let authorizationServer: AuthorizationServer?
    package let policy: AccessPolicy
    package let upstream: Upstream
    package let host: HostRewrite
    package let pathRewrite: PathRewrite
    package let allowsPathParameters: Bool
    /// An answer older than this is asked for anew, whatever the cache's ttl.
    package let maxAnswerAge: Nanoseconds?
    package let allowsWebSocket: Bool
    /// Tunnels and responses still streaming are cut when the token expires.
    package let endsStreamsAtExpiry: Bool
    package let passesCORSPreflight: Bool
    package let subjectFields: SubjectFieldSet
    /// Folded names of client override fields (SPEC §5) that this route passes on.
    package let keptFields: [FoldedFieldName]
    package let forwardsToken: Bool
    package let isReportOnly: Bool

    package enum Access: Sendable, Hashable { case required, optional, `public` }

    package enum HostRewrite: Sendable, Hashable {
        case keep
        case upstream
        case name([UInt8])
    }

    /// Cuts and adds whole segments: `/v1` never cuts `/v10`.
    package struct PathRewrite: Sendable, Hashable {
        /// Starts with `/`, does not end with one; empty: nothing is cut.
        package var stripPrefix: [UInt8]
        package var addPrefix: [UInt8]
        package init(stripPrefix: [UInt8] = [], addPrefix: [UInt8] = []) {
            self.stripPrefix = stripPrefix
            self.addPrefix = addPrefix
        }
        package var isIdentity: Bool { self.stripPrefix.isEmpty && self.addPrefix.isEmpty }
    }

    package init(
        index: Int,
        name: String,
        hosts: [HostPattern] = [],
        paths: [RoutePattern],
        methods: MethodSet = .anyButConnectAndTrace,
        access: Access = .required,
        realm: String = "bearergate",
        tokenSources: TokenSources = .authorization,
        authorizationServer: AuthorizationServer?,
        policy: AccessPolicy = AccessPolicy(),
        upstream: Upstream,
        host: HostRewrite = .keep,
        pathRewrite: PathRewrite = PathRewrite(),
        allowsPathParameters: Bool = false,
        maxAnswerAge: Nanoseconds? = nil,
        allowsWebSocket: Bool = false,
        endsStreamsAtExpiry: Bool = true,
        passesCORSPreflight: Bool = false,
        subjectFields: SubjectFieldSet = .standard,
        keptFields: [FoldedFieldName] = [],
        forwardsToken: Bool = false,
        isReportOnly: Bool = false
    ) {
        precondition(
            access == .public || authorizationServer != nil,
            "a route that reads tokens names an authorization server")
        self.index = index
        self.name = name
        self.hosts = hosts
        self.paths = paths
        self.methods = methods
        self.access = access
        self.realm = realm
        self.bareChallenge = [UInt8](BearerChallenge(realm: realm).fieldValue.utf8)
        self.tokenSources = tokenSources
        self.authorizationServer = authorizationServer
        self.policy = policy
        self.upstream = upstream
        self.host = host
        self.pathRewrite = pathRewrite
        self.allowsPathParameters = allowsPathParameters
        self.maxAnswerAge = maxAnswerAge
        self.allowsWebSocket = allowsWebSocket
        self.endsStreamsAtExpiry = endsStreamsAtExpiry
        self.passesCORSPreflight = passesCORSPreflight
        self.subjectFields = subjectFields
        self.keptFields = keptFields
        self.forwardsToken = forwardsToken
        self.isReportOnly = isReportOnly
    }
}
