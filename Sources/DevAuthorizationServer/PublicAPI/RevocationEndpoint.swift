import Hummingbird
import OAuthModel

/// `POST /oauth2/revoke` (revokeOAuth2Token, RFC 7009).
struct RevocationEndpoint: Sendable {
    let core: ServerCore

    /// 200 whether or not there was such a token, and for another client's token too, which stays.
    func revoke(_ call: Call) async throws -> Response {
        let form = try await call.form()
        guard !form.isEmpty else { throw HydraError.invalidRequest() }
        try form.requireEachOnce()
        let now = self.core.now()
        let client: RegisteredClient
        do {
            client = try await self.core.authentication.authenticate(
                call, form: form, at: self.core.tokenURL, now: now)
        } catch let error as HydraError where error.error == HydraError.invalidClient().error {
            // Here Hydra gives the general description only.
            throw HydraError.invalidClient()
        }
        let digests = form["token"].map { self.core.digests(of: $0) } ?? []
        if !digests.isEmpty {
            do {
                try await self.core.grants.revoke(digests, issuedTo: client.id, now: now)
            } catch {
                throw HydraError.temporarilyUnavailable("The token could not be revoked; try again.")
            }
        }
        return Reply.empty(.ok)
    }
}
