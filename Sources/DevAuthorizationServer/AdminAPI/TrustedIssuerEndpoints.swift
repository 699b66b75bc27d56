import HTTPTypes
import Hummingbird
import JOSE
import OAuthModel

/// `/admin/trust/grants/jwt-bearer/issuers`.
struct TrustedIssuerEndpoints: Sendable {
    let core: ServerCore

    static let path = "/admin/trust/grants/jwt-bearer/issuers"

    /// trustOAuth2JwtGrantIssuer.
    func trust(_ call: Call) async throws -> Response {
        let now = self.core.now()
        let trusted = try Self.trusted(try await call.jsonObject(), now: now)
        guard try await self.core.trustedIssuers.insert(trusted, now: now) else { throw HydraError.conflict }
        return Reply.json(
            .object(trusted.document), status: .created,
            // Hydra leaves the prefix out here.
            fields: [.location: "/trust/grants/jwt-bearer/issuers/" + trusted.id])
    }

    /// getTrustedOAuth2JwtGrantIssuer.
    func get(_ call: Call) async throws -> Response {
        guard let trusted = try await self.core.trustedIssuers.trusted(call.parameters[0]) else {
            throw HydraError.notFound
        }
        return Reply.json(.object(trusted.document))
    }

    /// listTrustedOAuth2JwtGrantIssuers.
    func list(_ call: Call) async throws -> Response {
        let query = try call.query
        let page = Page(query)
        let found = try await self.core.trustedIssuers.list(
            issuer: query.nonEmpty("issuer"), offset: page.offset, limit: page.size)
        return Reply.page(page, of: found.trusted.map(\.document), total: found.total, path: call.path, query: query)
    }

    /// deleteTrustedOAuth2JwtGrantIssuer: tokens stay.
    func delete(_ call: Call) async throws -> Response {
        guard try await self.core.trustedIssuers.delete(call.parameters[0]) else { throw HydraError.notFound }
        return Reply.empty(.noContent)
    }

    /// What a document describes, held against the rules.
    static func trusted(_ document: JSONObject, now: Moment) throws -> TrustedIssuer {
        let issuer = try document.text("issuer") ?? ""
        let subject = try document.text("subject") ?? ""
        let allowsAny = try document.flag("allow_any_subject") ?? false
        guard !issuer.isEmpty else { throw HydraError.missingParameter("'issuer' is missing.") }
        guard subject.isEmpty == allowsAny else {
            throw HydraError.missingParameter("Exactly one of 'subject' and 'allow_any_subject' is needed.")
        }
        guard issuer.utf8.count <= Identifiers.bytesMax, subject.utf8.count <= Identifiers.bytesMax else {
            throw HydraError.malformed("'issuer' or 'subject' has more than \(Identifiers.bytesMax) bytes.")
        }
        guard let scope = try document.textList("scope") else {
            throw HydraError.missingParameter("'scope' is missing.")
        }
        guard let end = try document.text("expires_at") else {
            throw HydraError.missingParameter("'expires_at' is missing.")
        }
        guard let expiresAt = RFC3339DateTime(end, .strict)?.seconds else {
            throw HydraError.malformed("'expires_at' is no RFC 3339 date.")
        }
        // Go's way to say that there is none.
        guard expiresAt > RFC3339DateTime.unset.seconds else {
            throw HydraError.missingParameter("'expires_at' is missing.")
        }
        guard let key = try document.object("jwk") else { throw HydraError.missingParameter("'jwk' is missing.") }
        guard let keyID = try key.text("kid"), !keyID.isEmpty else {
            throw HydraError.missingParameter("'jwk' has no 'kid'.")
        }
        guard !key.isPrivateKey else { throw HydraError.malformed("'jwk' is a private key.") }
        guard JSONWriter.write(key).count <= Self.keyBytesMax else {
            throw HydraError.malformed("'jwk' is too large for a key.")
        }
        do {
            _ = try JSONWebKey(.object(key), policy: KeyPolicy())
        } catch {
            throw HydraError.malformed("'jwk' is no public key that can be used: \(error.label).")
        }
        return TrustedIssuer(
            id: Identifiers.uuid(), issuer: issuer, subject: subject, allowsAnySubject: allowsAny, scope: scope,
            keyID: keyID, key: key, createdAt: now.seconds, expiresAt: expiresAt)
    }

    /// An RSA key of 16,384 bits with a chain of certificates; what is larger would be compared at length with its like.
    private static let keyBytesMax = 32_768
}

extension TrustedIssuer {
    /// Whether a JWK is the issuer's key, in whatever way the two are written (RFC 7638 §1).
    func hasSameKey(as other: JSONObject) -> Bool {
        guard self.key != other else { return true }
        guard let own = try? JSONWebKey(.object(self.key), policy: KeyPolicy()),
            let given = try? JSONWebKey(.object(other), policy: KeyPolicy())
        else { return false }
        return own.thumbprint == given.thumbprint
    }
}

extension JSONObject {
    /// Whether this JWK holds what only its owner may know (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
    var isPrivateKey: Bool { ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].contains { self[$0] != nil } }
}
