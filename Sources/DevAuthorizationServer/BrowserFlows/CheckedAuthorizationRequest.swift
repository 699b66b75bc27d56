import HTTPTypes
import JOSE
import OAuthModel

/// An authorization request that a client may make, with all its parts read.
struct CheckedAuthorizationRequest: Sendable {
    let request: AuthorizationRequest
    let client: RegisteredClient
    let target: RedirectTarget
    let codeChallenge: String?
    let prompts: [String]
    /// Seconds that a login may be old.
    let maxAge: Int64?
    let hint: IDTokenHint?

    /// Checked in Hydra's order (contract §6.3), up to where the browser may be sent to the client.
    ///
    /// - Throws: what to tell on our own page.
    static func target(_ request: AuthorizationRequest, of client: RegisteredClient?) throws -> RedirectTarget {
        guard let client else {
            throw HydraError(
                .unauthorized, "invalid_client", "The client is unknown.",
                hint: request.clientID.isEmpty ? "The parameter 'client_id' is missing." : nil)
        }
        if request["request"] != nil { throw HydraError.requestNotSupported }
        if request["request_uri"] != nil { throw HydraError.requestURINotSupported }
        return try RedirectTarget(request, of: client)
    }

    /// The rest of the checks, in Hydra's order.
    ///
    /// - Throws: what to tell the client at `target`.
    init(
        _ request: AuthorizationRequest, of client: RegisteredClient, at target: RedirectTarget, keys: JSONWebKeySet,
        issuer: String
    ) throws {
        self.request = request
        self.client = client
        self.target = target
        try RequestedScope.check(request.scope, against: client.scopes) {
            "The client is not allowed to request the scope '\($0)'."
        }
        try client.require(audience: request.audience)
        if request["registration"] != nil { throw HydraError.registrationNotSupported }
        try Self.checkResponseType(request, of: client)
        guard let state = request["state"], state.utf8.count >= Self.stateBytesMin else {
            throw HydraError.invalidState("The parameter 'state' has fewer than \(Self.stateBytesMin) characters.")
        }
        self.codeChallenge = try Self.codeChallenge(request)
        self.prompts = request.prompts
        // The other values are looked at once the user has logged in, as in Hydra.
        guard !self.prompts.contains("none") || self.prompts.count == 1 else {
            throw HydraError.invalidRequest("The prompt 'none' allows no other beside it.")
        }
        self.maxAge = try Self.maxAge(request)
        self.hint = try request["id_token_hint"].map { token in
            guard let hint = IDTokenHint(token, keys: keys, issuer: issuer) else {
                throw HydraError.invalidRequest("The parameter 'id_token_hint' is no ID token of this server.")
            }
            return hint
        }
    }

    private static let stateBytesMin = 8

    /// The order of the words does not matter.
    private static func checkResponseType(_ request: AuthorizationRequest, of client: RegisteredClient) throws {
        let wanted = request.responseTypes
        guard wanted == ["code"] else {
            throw HydraError.unsupportedResponseType("This server answers with the response type 'code' only.")
        }
        let allowed = client.responseTypes.isEmpty ? ["code"] : client.responseTypes
        guard allowed.contains(where: { Set($0.spaceSeparatedWords) == wanted }) else {
            throw HydraError.unsupportedResponseType("The client is not registered for the response type 'code'.")
        }
    }

    /// RFC 7636 §4.3; `plain`, which is what no method means, protects nobody and is refused.
    private static func codeChallenge(_ request: AuthorizationRequest) throws -> String? {
        guard let challenge = request["code_challenge"] else {
            guard request["code_challenge_method"] == nil else {
                throw HydraError.invalidRequest("There is a 'code_challenge_method' without a 'code_challenge'.")
            }
            return nil
        }
        guard request["code_challenge_method"] == "S256" else {
            throw HydraError.invalidRequest("The parameter 'code_challenge_method' has to be 'S256'.")
        }
        guard Base64URL.decode(challenge)?.count == 32 else {
            throw HydraError.invalidRequest("The parameter 'code_challenge' is no SHA-256 in base64url.")
        }
        return challenge
    }

    private static func maxAge(_ request: AuthorizationRequest) throws -> Int64? {
        guard let text = request["max_age"] else { return nil }
        guard let seconds = Int64(text), seconds >= 0 else {
            throw HydraError.invalidRequest("The parameter 'max_age' is no number of seconds.")
        }
        return min(seconds, Self.maxAgeMax)
    }

    /// No session is 100 years old.
    private static let maxAgeMax: Int64 = 3_153_600_000

    /// What keeps the request from going on with a login of this user (OpenID Connect Core §3.1.2.1).
    func refusal(ofLoginBy subject: String) -> HydraError? {
        if let prompt = self.prompts.first(where: { !["none", "login", "consent"].contains($0) }) {
            return HydraError.invalidRequest("The prompt '\(prompt)' is not known.")
        }
        if let hint = self.hint, !hint.subject.hasSameOctets(as: subject) {
            return HydraError.loginRequired("Another user has logged in than the one that 'id_token_hint' means.")
        }
        return nil
    }
}
