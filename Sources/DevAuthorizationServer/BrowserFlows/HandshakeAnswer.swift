import HTTPTypes
import OAuthModel

/// What a login or consent page decided.
enum HandshakeAnswer<Accepted: HandshakeDocument>: Sendable {
    case accepted(Accepted)
    case rejected(RejectedRequest)

    /// What the store keeps.
    var storedText: String {
        let value: JSONObject =
            switch self {
            case .accepted(let accepted): ["accepted": .object(accepted.document)]
            case .rejected(let rejected): ["rejected": .object(rejected.document)]
            }
        return String(decoding: JSONWriter.write(value), as: UTF8.self)
    }

    /// Reads back what the store kept.
    init(storedText: String) throws {
        let value = (try? JSONReader.read(Array(storedText.utf8), limits: JSONBody.storedLimits))?.objectValue
        if let document = value?["accepted"]?.objectValue {
            self = .accepted(try Accepted(document))
        } else if let document = value?["rejected"]?.objectValue {
            self = .rejected(try RejectedRequest(document))
        } else {
            throw DevAuthorizationServerError(.databaseUnusable, "a stored answer of a login or consent is damaged")
        }
    }
}

/// The body of an accept or reject call: read from the wire, and read again from the store.
protocol HandshakeDocument: Sendable {
    /// Members that are not known are ignored, `null` is the same as nothing, and another kind of value is refused.
    init(_ document: JSONObject) throws
    var document: JSONObject { get }
}

/// acceptOAuth2LoginRequest.
struct AcceptedLogin: HandshakeDocument {
    let subject: String
    let remember: Bool
    /// Seconds; 0 lasts as long as the browser runs.
    let rememberFor: Int64
    let extendsSession: Bool
    let acr: String
    let amr: [String]
    /// Handed on to the consent page.
    let context: JSONValue

    init(_ document: JSONObject) throws {
        self.subject = try document.text("subject") ?? ""
        guard !self.subject.isEmpty else { throw HydraError.invalidRequest("The member 'subject' is missing.") }
        guard self.subject.utf8.count <= Identifiers.bytesMax else {
            throw HydraError.invalidRequest("The member 'subject' has more than \(Identifiers.bytesMax) bytes.")
        }
        self.remember = try document.flag("remember") ?? false
        self.rememberFor = try document.seconds("remember_for") ?? 0
        self.extendsSession = try document.flag("extend_session_lifespan") ?? false
        self.acr = try document.text("acr") ?? ""
        self.amr = try document.textList("amr") ?? []
        self.context = document.value("context") ?? [:]
    }

    var document: JSONObject {
        [
            "subject": .string(self.subject), "remember": .bool(self.remember),
            "remember_for": .integer(self.rememberFor), "extend_session_lifespan": .bool(self.extendsSession),
            "acr": .string(self.acr), "amr": .strings(self.amr), "context": self.context,
        ]
    }
}

/// acceptOAuth2ConsentRequest.
struct AcceptedConsent: HandshakeDocument {
    /// As the caller says; whether they were asked for is the caller's business.
    let scope: [String]
    let audience: [String]
    let accessTokenSession: JSONObject
    let idTokenSession: JSONObject
    let remember: Bool
    /// Seconds; 0 is for ever.
    let rememberFor: Int64
    let context: JSONValue

    init(_ document: JSONObject) throws {
        self.scope = (try document.textList("grant_scope") ?? []).eachOnce
        self.audience = (try document.textList("grant_access_token_audience") ?? []).eachOnce
        let session = try document.object("session") ?? [:]
        self.accessTokenSession = try session.object("access_token") ?? [:]
        self.idTokenSession = try session.object("id_token") ?? [:]
        self.remember = try document.flag("remember") ?? false
        self.rememberFor = try document.seconds("remember_for") ?? 0
        self.context = document.value("context") ?? [:]
    }

    var document: JSONObject {
        [
            "grant_scope": .strings(self.scope), "grant_access_token_audience": .strings(self.audience),
            "session": .object(self.session), "remember": .bool(self.remember),
            "remember_for": .integer(self.rememberFor), "context": self.context,
        ]
    }

    /// Refuses scopes that tokens could not say: joined by spaces they would be others (RFC 6749 §3.3).
    ///
    /// More than can be asked for at once is nobody's grant: what comes later is compared with all of it.
    func checked() throws -> AcceptedConsent {
        guard self.scope.count <= RequestedScope.wordsMax else {
            throw HydraError.malformed("'grant_scope' has more than \(RequestedScope.wordsMax) entries.")
        }
        guard self.audience.count <= RegisteredClient.audiencesMax else {
            throw HydraError.malformed(
                "'grant_access_token_audience' has more than \(RegisteredClient.audiencesMax) entries.")
        }
        guard self.scope.allSatisfy(RequestedScope.isScope) else {
            throw HydraError.malformed("An entry of 'grant_scope' is no scope token.")
        }
        guard !self.audience.contains("") else {
            throw HydraError.malformed("An entry of 'grant_access_token_audience' is empty.")
        }
        return self
    }

    var session: JSONObject {
        ["access_token": .object(self.accessTokenSession), "id_token": .object(self.idTokenSession)]
    }
}

/// rejectOAuth2LoginRequest and rejectOAuth2ConsentRequest: what the client is told.
struct RejectedRequest: HandshakeDocument {
    let error: String
    let description: String
    let hint: String
    let status: Int64

    init(_ document: JSONObject) throws {
        let error = try document.text("error") ?? ""
        self.error = error.isEmpty ? "request_denied" : error
        self.description = try document.text("error_description") ?? ""
        self.hint = try document.text("error_hint") ?? ""
        self.status = try document.wholeNumber("status_code") ?? 400
        // Read for its kind only: it is for logs, and ours do not speak of users.
        _ = try document.text("error_debug")
    }

    var document: JSONObject {
        [
            "error": .string(self.error), "error_description": .string(self.description),
            "error_hint": .string(self.hint), "status_code": .integer(self.status),
        ]
    }

    /// The refusal as the client is told it; nobody sees the status at a redirect URI.
    var refusal: HydraError {
        HydraError(.badRequest, self.error, self.description, hint: self.hint.isEmpty ? nil : self.hint)
    }
}

extension JSONObject {
    func object(_ name: String) throws -> JSONObject? {
        guard let value = self.value(name) else { return nil }
        guard let object = value.objectValue else { throw HydraError.malformed("'\(name)' is not an object.") }
        return object
    }

    func wholeNumber(_ name: String) throws -> Int64? {
        guard let value = self.value(name) else { return nil }
        guard let number = value.numberValue?.int64 else {
            throw HydraError.malformed("'\(name)' is not a whole number.")
        }
        return number
    }

    /// A stretch of time that is neither negative nor longer than anyone lives.
    fileprivate func seconds(_ name: String) throws -> Int64? {
        guard let seconds = try self.wholeNumber(name) else { return nil }
        guard (0...Self.secondsMax).contains(seconds) else {
            throw HydraError.malformed("'\(name)' is negative, or more than 100 years.")
        }
        return seconds
    }

    private static let secondsMax: Int64 = 3_153_600_000
}
