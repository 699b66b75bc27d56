package import OAuthModel
package import ProxyCore

/// Asks an introspection endpoint that the loops cannot ask themselves: one behind TLS, or one that discovery found
/// (RFC 7662 §2.1).
///
/// Nothing of a client's request travels along but the token. How many ask at once is for the guard before it to say.
package struct IntrospectionEndpoint: Sendable {
    private let connections: AuthorizationServerConnections

    package init(connections: AuthorizationServerConnections) {
        self.connections = connections
    }

    /// Calls `completion` exactly once, from any thread, within the limit.
    ///
    /// - Returns: gives the question up, with whatever it has under way.
    package func introspect(
        _ token: BearerToken, at server: AuthorizationServer, within limit: Nanoseconds,
        completion: @escaping @Sendable (IntrospectionOutcome) -> Void
    ) -> @Sendable () -> Void {
        let question = Task { completion(await self.introspect(token, at: server, within: limit)) }
        return { question.cancel() }
    }

    /// The same for callers that can wait.
    package func introspect(
        _ token: BearerToken, at server: AuthorizationServer, within limit: Nanoseconds
    ) async -> IntrospectionOutcome {
        guard let introspection = server.settings.introspection else { return .misconfigured }
        // Discovery has not found it yet: the server is as good as away, and is asked as soon as it is found.
        guard let endpoint = server.state.introspectionEndpoint(of: server.settings) else {
            return .unreachable
        }
        let question = ClientAuthenticator.question(
            about: token, to: EndpointURL.text(endpoint), as: introspection.clientAuthentication)
        let deadline = Deadline(after: limit)
        var pause = Self.firstPause
        var hasConnected = false
        for retriesLeft in stride(from: introspection.retriesMax, through: 0, by: -1) {
            do throws(AuthorizationServerError) {
                let answer = try await self.connections.ask(
                    question, bytesMax: IntrospectionReply.bodyBytesMax, within: deadline.left,
                    connectTimeout: introspection.timeout)
                let contentType = IntrospectionReply.contentType(
                    answer.contentTypes, encodings: answer.contentEncodings)
                return IntrospectionReply.classify(
                    status: answer.status, contentType: contentType?.span, retryAfter: answer.retryAfter?.span,
                    body: answer.body)
            } catch {
                switch error {
                case .answerTooLong, .answerMalformed: return .malformed
                case .notConnected: break
                case .unreachable: hasConnected = true
                case .timedOut: return .timedOut
                default: return .silent
                }
            }
            // Asking changes nothing there, so it may be asked again; but only while the answer can still be in time.
            guard retriesLeft > 0, pause < deadline.left else { break }
            do { try await Task.sleep(for: .nanoseconds(pause)) } catch { break }
            pause *= 2
        }
        return hasConnected ? .silent : .unreachable
    }

    /// The first wait before a second try; doubled for each further one.
    private static let firstPause: Nanoseconds = .milliseconds(50)
}
