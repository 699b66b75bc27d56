/// The 28 operations of Hydra's OAuth2Api by their ids in its API description.
enum Operations {
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
}
