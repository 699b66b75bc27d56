package import JOSE
package import OAuthModel

/// Why an authorization server, or a file in its place, did not give what was asked of it.
///
/// Closed: each has a label for metrics and a sentence for the log. Neither ever holds a token, a secret or an address
/// with credentials.
package enum AuthorizationServerError: Error, Sendable, Hashable {
    /// No connection came about: nobody listens there, or the name is not known.
    case notConnected(reason: String)
    /// A connection that died, or could not be trusted; the reason in the words of the network or of TLS.
    case unreachable(reason: String)
    case timedOut
    /// Given up by us: the server left the configuration, or the process ends.
    case cancelled
    case answerTooLong(bytesMax: Int)
    /// Not HTTP.
    case answerMalformed
    /// In a content coding that nobody asked for.
    case answerEncoded
    /// Redirects are not followed: whoever answers them would get what is meant for this server.
    case redirected(status: Int)
    case refused(status: Int)
    case notAKeySet(JSONWebKeySetError)
    case fileUnreadable
    /// Discovery begins with the issuer (RFC 8414 §3), and none is configured.
    case issuerNotConfigured
    case metadata(AuthorizationServerMetadata.Failure)
    /// The document lacks an endpoint that we need.
    case endpointMissing(DiscoveredMember)
    /// The document names one that is no `http` or `https` URL.
    case endpointMalformed(DiscoveredMember)
    /// The document names one beyond loopback that is not `https`.
    case endpointPlaintext(DiscoveredMember)

    /// One word of `labels`, for metrics.
    package var label: StaticString {
        switch self {
        case .notConnected, .unreachable: "unreachable"
        case .timedOut: "timeout"
        case .cancelled: "cancelled"
        case .answerTooLong, .answerMalformed, .answerEncoded, .notAKeySet: "malformed"
        case .redirected, .refused: "refused"
        case .fileUnreadable: "unreadable"
        case .issuerNotConfigured, .metadata, .endpointMissing, .endpointMalformed, .endpointPlaintext: "discovery"
        }
    }

    /// Every label there is.
    package static let labels: [StaticString] = [
        "unreachable", "timeout", "cancelled", "malformed", "refused", "unreadable", "discovery",
    ]
}

extension AuthorizationServerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notConnected(let reason), .unreachable(let reason): "it cannot be reached: \(reason)"
        case .timedOut: "it did not answer in time"
        case .cancelled: "the question was given up"
        case .answerTooLong(let bytesMax): "its answer is longer than \(bytesMax) bytes"
        case .answerMalformed: "its answer is not HTTP"
        case .answerEncoded: "its answer has a `Content-Encoding`, and none was asked for"
        case .redirected(let status): "it answered \(status), and redirects are not followed (write the final address)"
        case .refused(let status): "it answered \(status)"
        case .notAKeySet(let problem): "its answer is no key set (\(problem.label))"
        case .fileUnreadable: "the file cannot be read, or is no regular file"
        case .issuerNotConfigured: "discovery needs `issuer`"
        case .metadata(let failure): "its discovery document cannot be used: \(Self.words(for: failure))"
        case .endpointMissing(let member):
            "its discovery document has no `\(member.rawValue)` (write `\(member.configurationKey)`)"
        case .endpointMalformed(let member):
            "`\(member.rawValue)` of its discovery document is no http or https URL"
                + " (write `\(member.configurationKey)`)"
        case .endpointPlaintext(let member):
            "`\(member.rawValue)` of its discovery document is not https"
                + " (write `plaintext: allow`, or an https `\(member.configurationKey)`)"
        }
    }

    private static func words(for failure: AuthorizationServerMetadata.Failure) -> String {
        switch failure {
        case .notJSON: "it is not JSON"
        case .notAnObject: "it is no JSON object"
        case .issuerMissing: "it names no issuer"
        case .issuerDiffers: "it names another issuer (RFC 8414 §3.3; `issuer` must be equal, the last `/` included)"
        case .wrongKind(let member): "`\(member)` is of the wrong kind"
        }
    }
}

/// The members of a discovery document that we act on (RFC 8414 §2).
package enum DiscoveredMember: String, Sendable, Hashable, CaseIterable {
    case introspectionEndpoint = "introspection_endpoint"
    case jwksURI = "jwks_uri"

    /// What to write when the document does not say it.
    package var configurationKey: String {
        switch self {
        case .introspectionEndpoint: "introspection.endpoint"
        case .jwksURI: "jwt.jwks_uri"
        }
    }
}
