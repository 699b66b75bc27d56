/// Why a call to Hydra did not give what was asked of it: a code to match, what Hydra said, a message to read.
///
/// Neither it nor anything in it shows a token or a secret: what a server quotes of the request is taken out first.
public struct HydraClientError: Error, Sendable {
    /// How far the call came.
    public enum Stage: Sendable, Hashable, CaseIterable {
        /// Nothing was sent: an argument, or the configuration, cannot be used.
        case request
        /// No whole answer came back.
        case transport
        /// An answer came, and it is not the one wanted.
        case status
        /// The right answer came, but its body cannot be used.
        case decoding
    }

    /// How far the call came.
    public var stage: Stage
    /// What to match.
    public var code: Code
    /// The operation's id in Hydra's API description, such as `getOAuth2Client`.
    public var operation: String
    /// The status of the answer, if one came.
    public var status: Int?
    /// Hydra's `error`, byte for byte; a code of RFC 6749 or a sentence.
    public var error: String?
    /// Hydra's `error_description`, or the `reason` of its older format.
    public var errorDescription: String?
    /// Hydra's `error_hint`, which only old servers send.
    public var errorHint: String?
    /// How long the server wants us to wait (RFC 9110 §10.2.3).
    public var retryAfter: Duration?
    /// What we have to say of it.
    public var message: String
    /// What lies behind it, when something of ours does.
    public var cause: (any Error)?

    public init(
        _ stage: Stage, _ code: Code, operation: String, message: String, status: Int? = nil,
        cause: (any Error)? = nil
    ) {
        self.stage = stage
        self.code = code
        self.operation = operation
        self.message = message
        self.status = status
        self.cause = cause
    }
}

extension HydraClientError: CustomStringConvertible {
    public var description: String {
        var text = "\(self.operation): \(Self.line(self.message))"
        if let error { text += " (\(Self.line(error)))" }
        if let errorDescription, !errorDescription.isEmpty { text += ": \(Self.line(errorDescription))" }
        return text
    }

    /// A stranger's words as part of one line of a log: what ends a line, steers a terminal or turns the direction of
    /// reading becomes a space.
    private static func line(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.prefix(Self.scalarsMax).map { Self.isPlain($0) ? $0 : " " }))
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: false
        default: !scalar.properties.isBidiControl
        }
    }

    /// Hydra's own descriptions are a sentence or three.
    private static let scalarsMax = 1_000
}
