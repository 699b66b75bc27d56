package import OAuthModel
package import ProxyCore

/// Finds out where an authorization server's endpoints are (RFC 8414 §3, OpenID Connect Discovery 1.0 §4).
///
/// What the document says is believed only if it speaks for the very issuer that is configured.
package struct MetadataDiscovery: Sendable {
    private let connections: AuthorizationServerConnections
    /// Endpoints beyond loopback may be named that are not `https` (`plaintext: allow`).
    private let allowsPlaintext: Bool

    package init(connections: AuthorizationServerConnections, allowsPlaintext: Bool = false) {
        self.connections = connections
        self.allowsPlaintext = allowsPlaintext
    }

    /// Fetches the document: from RFC 8414's place, and from OpenID Connect's when nothing lies there.
    package func metadata(
        of issuer: IssuerIdentifier?, within limit: Nanoseconds
    ) async throws(AuthorizationServerError) -> AuthorizationServerMetadata {
        guard let issuer else { throw .issuerNotConfigured }
        let deadline = Deadline(after: limit)
        do throws(AuthorizationServerError) {
            return try await self.fetch(issuer.authorizationServerMetadataURL, for: issuer, within: deadline.left)
        } catch {
            // A document that is there and wrong is no reason to believe another one.
            guard case .refused = error else { throw error }
            return try await self.fetch(issuer.openIDConfigurationURL, for: issuer, within: deadline.left)
        }
    }

    package func introspectionEndpoint(
        in metadata: AuthorizationServerMetadata
    ) throws(AuthorizationServerError) -> ServiceEndpoint {
        try self.endpoint(metadata.introspectionEndpoint, .introspectionEndpoint)
    }

    package func jwksURI(in metadata: AuthorizationServerMetadata) throws(AuthorizationServerError) -> String {
        EndpointURL.text(try self.endpoint(metadata.jwksURI, .jwksURI))
    }

    private func endpoint(
        _ text: String?, _ member: DiscoveredMember
    ) throws(AuthorizationServerError) -> ServiceEndpoint {
        guard let text else { throw .endpointMissing(member) }
        guard let endpoint = EndpointURL.endpoint(text) else { throw .endpointMalformed(member) }
        guard endpoint.isTLS || self.allowsPlaintext || EndpointURL.isPrivate(endpoint) else {
            throw .endpointPlaintext(member)
        }
        return endpoint
    }

    private func fetch(
        _ url: String, for issuer: IssuerIdentifier, within limit: Nanoseconds
    ) async throws(AuthorizationServerError) -> AuthorizationServerMetadata {
        let question = AuthorizationServerConnections.Question(url: url, fields: [("Accept", "application/json")])
        let answer = try await self.connections.ask(question, bytesMax: Self.bytesMax, within: limit)
        try answer.requireOK()
        do throws(AuthorizationServerMetadata.Failure) {
            return try AuthorizationServerMetadata(
                parsing: answer.body.span, for: issuer, limits: JSONLimits(bytes: Self.bytesMax))
        } catch {
            throw .metadata(error)
        }
    }

    /// Real documents have a few kilobytes.
    private static let bytesMax = 131_072
}

extension AuthorizationServerConnections.Answer {
    /// A document comes with 200, and as it is, since no coding is asked for; a redirect is told apart, since it is
    /// answered by writing another address.
    func requireOK() throws(AuthorizationServerError) {
        switch self.status {
        case 200: guard IntrospectionReply.isPlain(self.contentEncodings) else { throw .answerEncoded }
        case 300..<400: throw .redirected(status: self.status)
        default: throw .refused(status: self.status)
        }
    }
}

/// A moment by which several questions together must be answered.
struct Deadline: Sendable {
    private let end: ContinuousClock.Instant

    init(after limit: Nanoseconds) {
        self.end = ContinuousClock.now + .nanoseconds(Int64(clamping: min(limit, Self.longest)))
    }

    /// What is left of it; zero once it has passed.
    var left: Nanoseconds {
        let (seconds, attoseconds) = (self.end - ContinuousClock.now).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return .seconds(UInt64(seconds)) + UInt64(attoseconds) / 1_000_000_000
    }

    /// Far beyond every timeout that can be configured, far below what a clock can hold.
    private static let longest: Nanoseconds = .seconds(86_400)
}
