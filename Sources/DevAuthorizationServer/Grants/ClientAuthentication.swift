import Hummingbird
import JOSE
import OAuthModel

/// Who is asking at the token and revocation endpoints (RFC 6749 §2.3), by the method the client is registered with.
struct ClientAuthentication: Sendable {
    let clients: ClientStore
    let assertions: TrustedIssuerStore
    let keySets: ClientKeySets

    /// What a request presents, before anything is looked up.
    private struct Presented {
        var clientID: String
        var secret: SecretBytes
        var method: String
    }

    /// The client, once it has shown that it is that client.
    ///
    /// Whoever is unknown or has the wrong secret is told the same; whoever comes by another way than the registered one is
    /// told which that is, as by Hydra.
    func authenticate(
        _ call: Call, form: FormFields, at tokenURL: String, now: Moment
    ) async throws -> RegisteredClient {
        // A parameter without a value is one that was left out (RFC 6749 §3.2), here and below.
        if form.nonEmpty("client_assertion") != nil || form.nonEmpty("client_assertion_type") != nil {
            return try await self.authenticateByAssertion(call, form: form, at: tokenURL, now: now)
        }
        let presented = try Self.presented(call, form: form)
        guard let stored = try await self.clients.client(presented.clientID) else {
            throw HydraError.invalidClient()
        }
        let client = stored.client
        guard presented.method == client.authenticationMethod else {
            throw HydraError.invalidClient(
                "The client is registered with '\(client.authenticationMethod)' and came with '\(presented.method)'.")
        }
        if client.isPublic { return client }
        guard let hash = stored.secretHash, PasswordHash.verify(presented.secret.bytes, against: hash) else {
            throw HydraError.invalidClient()
        }
        return client
    }

    /// `private_key_jwt` (OpenID Connect Core §9, RFC 7523 §2.2): the client signs that it is itself, once.
    private func authenticateByAssertion(
        _ call: Call, form: FormFields, at tokenURL: String, now: Moment
    ) async throws -> RegisteredClient {
        let type = form.nonEmpty("client_assertion_type")
        guard type == Self.assertionType, let token = form.nonEmpty("client_assertion") else {
            throw HydraError.invalidRequest(
                "A client assertion needs 'client_assertion_type' = '\(Self.assertionType)'.")
        }
        guard call.request.headers[.authorization] == nil, form.nonEmpty("client_secret") == nil else {
            throw HydraError.invalidClient("The client came with two proofs of itself.")
        }
        guard let claimed = Assertion.claimed(token), claimed.issuer.hasSameOctets(as: claimed.subject),
            form.nonEmpty("client_id").map({ $0.hasSameOctets(as: claimed.subject) }) ?? true,
            let client = try await self.clients.client(claimed.subject)?.client
        else { throw HydraError.invalidClient() }
        guard client.authenticationMethod == "private_key_jwt" else {
            throw HydraError.invalidClient(
                "The client is registered with '\(client.authenticationMethod)' and came with 'private_key_jwt'.")
        }
        let name = client.authenticationSigningAlgorithm
        // Hydra takes those only whose `use` is `sig`: a client that works here must work there.
        let keys = try await self.keys(of: client, for: token, now: now).filter(\.isDeclaredForSignatures)
        guard let algorithm = SignatureAlgorithm.allCases.first(where: { $0.name == (name.isEmpty ? "RS256" : name) }),
            let assertion = Assertion(
                token, keys: keys, algorithms: [algorithm], audience: tokenURL, now: now.seconds),
            assertion.expiresAt <= now.seconds + Self.assertionSecondsMax
        else { throw HydraError.invalidClient("The client assertion is malformed, expired, or not signed by its key.") }
        guard try await self.assertions.use(assertion.useDigest, until: assertion.expiresAt, now: now) else {
            throw HydraError.jtiKnown
        }
        return client
    }

    /// The keys that may have signed the assertion, from the client's `jwks` or from its `jwks_uri`.
    private func keys(of client: RegisteredClient, for assertion: String, now: Moment) async throws -> [JSONWebKey] {
        guard !client.keySetURI.isEmpty else {
            return (try? JSONWebKeySet.read(JSONWriter.write(client.keySet)))?.keys ?? []
        }
        do throws(KeySetProblem) {
            return try await self.keySets.keys(
                at: client.keySetURI, naming: Assertion.claimedKey(assertion), now: now
            ).keys
        } catch {
            throw HydraError.invalidClient("The key set at the client's 'jwks_uri' is not there: \(error.reason).")
        }
    }

    private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    /// A day: what proves a client for longer is a password.
    private static let assertionSecondsMax: Int64 = 86_400

    private static func presented(_ call: Call, form: FormFields) throws -> Presented {
        let field = call.request.headers[.authorization] ?? ""
        let formSecret = form["client_secret"] ?? ""
        guard field.lowercased().utf8.starts(with: "basic".utf8) else {
            guard let clientID = form.nonEmpty("client_id") else {
                throw HydraError.invalidRequest(
                    "Client credentials are missing or malformed, in the Authorization field and in the body.")
            }
            return Presented(
                clientID: clientID, secret: SecretBytes(formSecret),
                method: formSecret.isEmpty ? "none" : "client_secret_post")
        }
        guard let credentials = ClientCredentials(basicFieldValue: field.utf8.span), !credentials.clientID.holdsNUL
        else {
            throw HydraError.invalidRequest("The Basic credentials are malformed; both parts must be form-encoded.")
        }
        // Two secrets at once are one method too many (RFC 6749 §2.3).
        guard formSecret.isEmpty else { throw HydraError.invalidClient("The client came with two secrets.") }
        if let named = form.nonEmpty("client_id"), !named.hasSameOctets(as: credentials.clientID) {
            throw HydraError.invalidClient("The Authorization field and 'client_id' name two clients.")
        }
        return Presented(
            clientID: credentials.clientID, secret: credentials.secret,
            method: credentials.secret.isEmpty ? "none" : "client_secret_basic")
    }
}
