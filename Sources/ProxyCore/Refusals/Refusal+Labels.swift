import HTTPWire

extension Refusal {
    /// Every label there is, each once: what counters by reason are laid out for.
    package static let labels: [String] = {
        var labels: [String] = []
        var seen: Set<String> = []
        for label in Self.everyLabel where seen.insert(label).inserted { labels.append(label) }
        return labels
    }()

    /// Where this refusal's label stands in `labels`.
    package var labelIndex: Int { Self.indices[self.label.description] ?? 0 }

    private static let indices: [String: Int] = Dictionary(
        uniqueKeysWithValues: Self.labels.enumerated().map { ($0.element, $0.offset) })

    private static var everyLabel: [String] {
        let plain: [Refusal] = [
            .internalError, .pathParameters, .methodRefused, .expectationFailed, .headTooSlow, .bodyTooSlow,
            .bodyTooLarge, .clientGone, .tooManyConnectionOptions, .noRoute, .methodNotAllowed(allow: ""),
            .noCredentials,
            .insufficientScope(required: []), .claimNotMet, .authorizationServerUnavailable(retryAfter: nil),
            .authorizationServerBusy, .authorizationServerMisconfigured, .authorizationServerMalformed,
            .keysUnavailable, .subjectUnsendable, .upstreamUnreachable, .upstreamMalformed, .upstreamTimeout,
            .upstreamBusy, .draining, .rewriteRefused,
        ]
        return plain.map(\.label.description) + WireError.allCases.map(\.label.description)
            + TargetProblem.allCases.map(\.label.description) + CredentialProblem.allCases.map(\.label.description)
            + TokenRejection.allCases.map(\.label.description)
    }
}
