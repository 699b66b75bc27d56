import Synchronization

/// Which operations were called, and what came of it.
final class Operations: Sendable {
    /// The 28 of Hydra's OAuth2Api, by their ids in its API description.
    static let all: Set<String> = [
        "acceptOAuth2ConsentRequest", "acceptOAuth2LoginRequest", "acceptOAuth2LogoutRequest", "createOAuth2Client",
        "deleteOAuth2Client", "deleteOAuth2Token", "deleteTrustedOAuth2JwtGrantIssuer", "getOAuth2Client",
        "getOAuth2ConsentRequest", "getOAuth2LoginRequest", "getOAuth2LogoutRequest",
        "getTrustedOAuth2JwtGrantIssuer", "introspectOAuth2Token", "listOAuth2Clients", "listOAuth2ConsentSessions",
        "listTrustedOAuth2JwtGrantIssuers", "oAuth2Authorize", "oauth2TokenExchange", "patchOAuth2Client",
        "rejectOAuth2ConsentRequest", "rejectOAuth2LoginRequest", "rejectOAuth2LogoutRequest",
        "revokeOAuth2ConsentSessions", "revokeOAuth2LoginSessions", "revokeOAuth2Token", "setOAuth2Client",
        "setOAuth2ClientLifespans", "trustOAuth2JwtGrantIssuer",
    ]

    private let statuses = Mutex<[String: Set<Int>]>([:])

    func note(_ operation: String, _ status: Int) {
        _ = self.statuses.withLock { $0[operation, default: []].insert(status) }
    }

    /// Those that answered with a status of this range.
    func answered(_ range: ClosedRange<Int>) -> Set<String> {
        self.statuses.withLock { statuses in Set(statuses.filter { $0.value.contains(where: range.contains) }.keys) }
    }
}
