import NIOHTTP1
import OAuthModel

/// One request for one operation.
///
/// Its fields, query and body may hold secrets: it is never printed.
struct Call: Sendable {
    enum Method: String, Sendable, Hashable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// The operation's id.
    let operation: String
    let side: HydraClient.Side
    let method: Method
    let path: String
    var query: [FormURLEncoded.Parameter] = []
    var fields: [(name: String, value: String)] = [("Accept", "application/json")]
    var body: [UInt8]?
    /// Whether asking twice is as good as asking once, so that it may be tried again (RFC 9110 §9.2.2).
    var isIdempotent: Bool
    /// What an answer must not bring back into an error.
    var secrets: [SecretBytes] = []
    /// Whether a status is an answer to the question; others become errors.
    var accepts: @Sendable (_ status: Int) -> Bool = { 200...299 ~= $0 }

    init(_ operation: String, _ side: HydraClient.Side, _ method: Method, _ path: String) {
        self.operation = operation
        self.side = side
        self.method = method
        self.path = path
        self.isIdempotent = method == .get || method == .put || method == .delete
    }

    /// Adds a parameter of the query if there is one.
    mutating func ask(_ name: String, _ value: String?) {
        if let value { self.query.append(FormURLEncoded.Parameter(name: name, value: value)) }
    }

    /// Gives the call a JSON body; what is secret in it is known by its names.
    mutating func send(_ value: JSONValue) {
        self.secrets += Redaction.secrets(in: value)
        self.fields.append(("Content-Type", "application/json"))
        self.body = JSONWriter.write(value)
    }

    /// Gives the call a form; what is secret in it, whoever makes it knows.
    mutating func send(form parameters: [FormURLEncoded.Parameter]) {
        self.fields.append(("Content-Type", "application/x-www-form-urlencoded"))
        self.body = FormURLEncoded(parameters).encoded()
    }
}

/// What came back, whatever its status.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    /// Every value of a field, as many as there are of it.
    func fields(_ name: String) -> [String] { self.headers[name] }

    /// The first of them.
    func field(_ name: String) -> String? { self.headers.first(name: name) }

    /// Whether the body is a JWT (RFC 7519 §10.3.1); case and parameters of a media type say nothing (RFC 9110 §8.3.1).
    var isJWT: Bool {
        let field = self.field("Content-Type") ?? ""
        let type = field.utf8.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        return String(Substring(type)).lowercased() == "application/jwt"
    }
}
