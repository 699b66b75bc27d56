import Testing

@testable import OAuthModel

@Suite struct RegisteredClaimTests {
    @Test(
        "A name that differs from a claim's in one octet is no claim",
        arguments: [
            "", "is", "iss2", "isx", "ias", "IAT", "iat\u{0}", "sux", "aux", "exq", "nbx", "jtj", "cng", "scopd",
            "actives",
            "Username", "client-id", "clientxid", "token_usd", "token_typf",
        ])
    func refusesOthers(name: String) { #expect(RegisteredClaim(octets: name.utf8.span) == nil) }

    @Test("Every claim is found by the octets of its name", arguments: RegisteredClaim.allCases)
    func findsByOctets(claim: RegisteredClaim) { #expect(RegisteredClaim(octets: claim.rawValue.utf8.span) == claim) }
}
