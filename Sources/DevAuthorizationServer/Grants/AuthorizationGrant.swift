import OAuthModel

/// What a user consented to for a client, and how that user had logged in: all that tokens of the grant say.
///
/// It is kept with the authorization code, and whoever issues a refresh token keeps it with that.
struct AuthorizationGrant: Sendable, Hashable {
    /// The consent request's id; every code and token that came from the consent carries it.
    var id: String
    var clientID: String
    var subject: String
    /// As granted, which may be less, or other, than what was asked for.
    var scope: [String] = []
    var audience: [String] = []
    /// `session.access_token` of the consent: `ext` of introspection and of JWT access tokens.
    var accessTokenSession = JSONObject()
    /// `session.id_token` of the consent: further claims of the ID token, which replace none of the standard ones.
    var idTokenSession = JSONObject()
    /// Of the authorization request.
    var nonce: String?
    /// When the authorization request came: the ID token's `rat`.
    var requestedAt: Moment
    /// When the user logged in: the ID token's `auth_time`.
    var authenticatedAt: Moment
    /// Empty when the login said nothing of it.
    var acr = ""
    var amr: [String] = []
    /// Whether the request asked for authentication context classes: without an `acr` the ID token then says `0`.
    var acrValuesRequested = false
    /// The login session: the ID token's `sid`.
    var sessionID: String
}

extension AuthorizationGrant {
    /// What the store keeps.
    var storedText: String {
        var document: JSONObject = [
            "id": .string(self.id), "client_id": .string(self.clientID), "subject": .string(self.subject),
            "scope": .strings(self.scope), "audience": .strings(self.audience),
            "access_token": .object(self.accessTokenSession), "id_token": .object(self.idTokenSession),
            "requested_at": .integer(self.requestedAt.milliseconds),
            "authenticated_at": .integer(self.authenticatedAt.milliseconds), "acr": .string(self.acr),
            "amr": .strings(self.amr), "acr_values_requested": .bool(self.acrValuesRequested),
            "session_id": .string(self.sessionID),
        ]
        if let nonce { document["nonce"] = .string(nonce) }
        return String(decoding: JSONWriter.write(document), as: UTF8.self)
    }

    /// Reads back what the store kept.
    init(storedText: String) throws {
        guard let document = try? JSONReader.read(Array(storedText.utf8), limits: JSONBody.storedLimits).objectValue,
            let id = document["id"]?.stringValue, let clientID = document["client_id"]?.stringValue,
            let subject = document["subject"]?.stringValue,
            let requestedAt = document["requested_at"]?.numberValue?.int64,
            let authenticatedAt = document["authenticated_at"]?.numberValue?.int64,
            let sessionID = document["session_id"]?.stringValue
        else { throw DevAuthorizationServerError(.databaseUnusable, "a stored grant is damaged") }
        self.id = id
        self.clientID = clientID
        self.subject = subject
        self.scope = document["scope"]?.stringListValue ?? []
        self.audience = document["audience"]?.stringListValue ?? []
        self.accessTokenSession = document["access_token"]?.objectValue ?? [:]
        self.idTokenSession = document["id_token"]?.objectValue ?? [:]
        self.nonce = document["nonce"]?.stringValue
        self.requestedAt = Moment(milliseconds: requestedAt)
        self.authenticatedAt = Moment(milliseconds: authenticatedAt)
        self.acr = document["acr"]?.stringValue ?? ""
        self.amr = document["amr"]?.stringListValue ?? []
        self.acrValuesRequested = document["acr_values_requested"]?.boolValue ?? false
        self.sessionID = sessionID
    }
}
