import OAuthModel

extension HydraClientError {
    /// What an answer says that is not the one wanted.
    ///
    /// Hydra writes `{"error": …, "error_description": …}`; `{"error": {"code": …, "message": …}}` and the flat generic error
    /// of its description are read as well, and any body at all is survived.
    init(refusing answer: Answer, to call: Call) {
        let members = Self.members(of: answer.body)
        let hide = Redaction(call.secrets)
        // A server may quote a secret in place of a code as well.
        let code = Self.code(members.code.map(hide.callAsFunction), status: answer.status)
        let addition = 200...299 ~= answer.status ? ", but with an error" : ""
        self.init(
            .status, code, operation: call.operation, message: "the server answered \(answer.status)\(addition)",
            status: answer.status)
        self.error = members.error.map(hide.callAsFunction)
        self.errorDescription = members.description.map(hide.callAsFunction)
        self.errorHint = members.hint.map(hide.callAsFunction)
        let wait = answer.field("Retry-After").flatMap { Int64($0) }
        self.retryAfter = wait.map { .seconds(min(max($0, 0), Self.retryAfterMax)) }
    }

    /// Whether asking again may bring another answer, if asking twice does no harm.
    var isTransient: Bool {
        switch self.stage {
        case .transport: self.code == .unreachable
        case .status: [429, 502, 503, 504].contains(self.status)
        case .request, .decoding: false
        }
    }

    /// Whether a body is an error's, whatever the status: no answer of Hydra's has a member of this name.
    static func isError(_ body: JSONValue) -> Bool {
        switch body.objectValue?["error"] {
        case .string, .object: true
        case nil, .null, .bool, .number, .array: false
        }
    }

    /// The same for a body that nobody has read.
    static func isError(_ body: [UInt8]) -> Bool {
        guard !body.isEmpty, body.count <= Self.bodyBytesMax else { return false }
        return (try? JSONReader.read(body)).map { Self.isError($0) } ?? false
    }

    /// What a body says, as far as it says anything.
    private struct Members {
        /// What may be a code; a generic error's message is none.
        var code: String?
        var error: String?
        var description: String?
        var hint: String?
    }

    private static func members(of body: [UInt8]) -> Members {
        guard body.count <= Self.bodyBytesMax, case .object(let members)? = try? JSONReader.read(body) else {
            return Members()
        }
        switch members["error"] {
        case .string(let error):
            return Members(
                code: error, error: error, description: members["error_description"]?.stringValue,
                hint: members["error_hint"]?.stringValue)
        case .object(let inner): return Self.generic(inner)
        case nil, .null, .bool, .number, .array: return Self.generic(members)
        }
    }

    private static func generic(_ members: JSONObject) -> Members {
        let id = members["id"]?.stringValue
        let message = members["message"]?.stringValue
        return Members(
            code: id, error: id ?? message, description: members["reason"]?.stringValue ?? message)
    }

    /// `error` itself when it is a code; its meaning by status when it is a sentence, or missing.
    private static func code(_ error: String?, status: Int) -> Code {
        if let error, error != "error", !error.isEmpty, error.utf8.count <= Self.codeBytesMax,
            error.utf8.allSatisfy({ $0 == UInt8(ascii: "_") || 0x61...0x7A ~= $0 })
        {
            return Code(error)
        }
        return switch status {
        case 300...399: .redirected
        case 400: .badRequest
        case 401: .unauthorized
        case 403: .forbidden
        case 404: .notFound
        case 409: .conflict
        case 429: .tooManyRequests
        case 503: .temporarilyUnavailable
        case 500...599: .serverError
        default: .unexpectedStatus
        }
    }

    /// Longer than any code.
    private static let codeBytesMax = 64
    /// Longer than any error.
    private static let bodyBytesMax = 65_536
    /// A day; whoever is told to wait longer is not waiting any more.
    private static let retryAfterMax: Int64 = 86_400
}
