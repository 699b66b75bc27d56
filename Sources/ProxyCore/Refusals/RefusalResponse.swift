package import HTTPWire
import OAuthModel

/// Writes our own answers: the only place that knows how a refusal looks in HTTP (ARCHITECTURE §7).
package enum RefusalResponse {
    /// Writes a whole answer, its body included unless the request was HEAD, and says how many bytes of it are content.
    ///
    /// - Parameters:
    ///   - route: whose realm the challenge names; nil when none was found.
    ///   - minorVersion: the client's; HTTP/1.0 must be told that its connection stays.
    ///   - closes: whether the connection ends with this answer.
    ///   - date: the formatted `Date`.
    @discardableResult
    package static func write(
        _ refusal: Refusal, route: Route?, isHead: Bool, minorVersion: UInt8 = 1, closes: Bool, date: [UInt8],
        requestID: RequestID, into writer: inout HeadWriter
    ) -> Int {
        let status = refusal.status
        writer.append("HTTP/1.1 ")
        writer.appendDecimal(UInt64(status))
        writer.append(byte: 0x20)
        writer.append(Self.reason(status))
        writer.append("\r\nDate: ")
        writer.append(date)
        writer.append("\r\nCache-Control: no-store\r\nContent-Type: application/json\r\n")
        let answer = Answer(refusal)
        if let challenge = answer.challenge {
            writer.append("WWW-Authenticate: ")
            Self.write(challenge, of: answer, route: route, into: &writer)
            writer.appendCRLF()
        }
        if let allow = answer.allow {
            writer.append("Allow: ")
            writer.append(utf8: allow)
            writer.appendCRLF()
        }
        if let seconds = answer.retryAfter { writer.appendField("Retry-After", decimal: UInt64(seconds)) }
        writer.append("X-Request-Id: ")
        requestID.write(into: &writer)
        writer.append("\r\nContent-Length: ")
        let body = Self.body(answer)
        writer.appendDecimal(UInt64(body))
        if closes {
            writer.append("\r\nConnection: close")
        } else if minorVersion == 0 {
            writer.append("\r\nConnection: keep-alive")
        }
        writer.append("\r\n\r\n")
        guard !isHead else { return 0 }
        writer.append(Self.beforeCode)
        writer.append(answer.code)
        writer.append(Self.beforeDescription)
        writer.append(answer.description)
        writer.append(Self.behindDescription)
        return body
    }

    /// The field value as `BearerChallenge` has it, from pieces.
    ///
    /// A flood of bad tokens should cost less than good ones, and building it as text took more than the rest of such an
    /// answer. A test holds the two together.
    private static func write(
        _ challenge: Challenge, of answer: Answer, route: Route?, into writer: inout HeadWriter
    ) {
        if let route { writer.append(route.bareChallenge) } else { writer.append("Bearer realm=\"bearergate\"") }
        if case .bare = challenge { return }
        writer.append(", error=\"")
        writer.append(answer.code)
        writer.append("\", error_description=\"")
        writer.append(answer.description)
        writer.append("\"")
        if case .scope(let required) = challenge, !required.isEmpty {
            writer.append(", scope=\"")
            writer.append(utf8: required.joined(separator: " "))
            writer.append("\"")
        }
    }

    private static func body(_ answer: Answer) -> Int {
        Self.beforeCode.utf8CodeUnitCount + answer.code.utf8CodeUnitCount + Self.beforeDescription.utf8CodeUnitCount
            + answer.description.utf8CodeUnitCount + Self.behindDescription.utf8CodeUnitCount
    }

    private static let beforeCode: StaticString = "{\"error\":\""
    private static let beforeDescription: StaticString = "\",\"error_description\":\""
    private static let behindDescription: StaticString = "\"}\n"

    /// The reason phrase (RFC 9110 §15); it means nothing to a program.
    private static func reason(_ status: UInt16) -> StaticString {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 417: "Expectation Failed"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}

/// `WWW-Authenticate` of a refusal (RFC 6750 §3): code and description are the answer's.
private enum Challenge {
    case bare
    case error
    case scope([String])
}

/// What a refusal says beyond its status; every text is fixed and holds neither `"` nor `\`.
private struct Answer {
    var code: StaticString
    var description: StaticString
    var challenge: Challenge?
    var allow: String?
    var retryAfter: Int?

    init(_ code: StaticString, _ description: StaticString) {
        self.code = code
        self.description = description
    }

    init(_ refusal: Refusal) {
        switch refusal {
        case .wire(let error): self.init(error.label, "The message is malformed or over a limit")
        case .target(let problem): self.init(problem.label, "The request target is malformed or ambiguous")
        case .pathParameters: self.init("path_parameters", "Path parameters are not accepted here")
        case .methodRefused:
            self.init("method_not_allowed", "The method is not served")
            self.allow = MethodSet.anyButConnectAndTrace.allowValue
        case .headTooSlow: self.init("request_timeout", "The request took too long to arrive")
        case .bodyTooSlow: self.init("request_timeout", "The content took too long to arrive")
        case .bodyTooLarge: self.init("content_too_large", "The content is over the limit")
        case .clientGone: self.init("client_gone", "The client closed the connection")
        case .tooManyConnectionOptions:
            self.init("too_many_connection_options", "Connection names too many fields")
        case .noRoute: self.init("not_found", "Nothing is served here")
        case .methodNotAllowed(let allow):
            self.init("method_not_allowed", "The method is not served here")
            self.allow = allow
        case .noCredentials:
            self.init("unauthorized", "An access token is required")
            self.challenge = .bare
        case .invalidRequest(let problem):
            self.init("invalid_request", problem.summary)
            self.challenge = .error
        case .tokenRejected(let rejection):
            self.init("invalid_token", rejection.summary)
            self.challenge = .error
        case .insufficientScope(let required):
            self.init("insufficient_scope", "The access token does not have the scope that is asked for")
            self.challenge = .scope(required)
        case .claimNotMet: self.init("forbidden", "The access token does not meet the conditions of this resource")
        case .authorizationServerUnavailable(let seconds):
            self.init("temporarily_unavailable", "The authorization server cannot be reached")
            self.retryAfter = min(max(seconds ?? Self.retryAfterDefault, 1), Self.retryAfterMax)
        case .authorizationServerBusy:
            self.init("temporarily_unavailable", "Too many requests wait for the authorization server")
            self.retryAfter = Self.retryAfterDefault
        case .authorizationServerMisconfigured:
            self.init("server_error", "The authorization server refused to answer")
        case .authorizationServerMalformed:
            self.init("bad_gateway", "The authorization server gave an answer that cannot be used")
        case .keysUnavailable:
            self.init("temporarily_unavailable", "The keys of the authorization server cannot be reached")
            self.retryAfter = Self.retryAfterDefault
        case .subjectUnsendable:
            self.init("bad_gateway", "The authorization server named a subject that cannot be used")
        case .upstreamUnreachable: self.init("bad_gateway", "The service cannot be reached")
        case .upstreamMalformed: self.init("bad_gateway", "The service gave an answer that cannot be used")
        case .upstreamTimeout: self.init("gateway_timeout", "The service did not answer in time")
        case .upstreamBusy:
            self.init("temporarily_unavailable", "The service has too many requests")
            self.retryAfter = Self.retryAfterDefault
        case .draining:
            self.init("temporarily_unavailable", "The proxy is shutting down")
            self.retryAfter = Self.retryAfterDefault
        case .rewriteRefused: self.init("path_rewrite", "The rewritten path cannot be forwarded")
        case .internalError: self.init("server_error", "The request could not be served")
        }
    }

    /// Long enough for a breaker to look again, short enough for a person to wait.
    private static let retryAfterDefault = 1
    /// Whatever an authorization server asks for, clients of ours come back within a minute.
    private static let retryAfterMax = 60
}
