import OAuthModel
import Testing

@Suite struct SecrecyTests {
    @Test("Tokens and secrets are never printed, by whatever road")
    func neverPrints() throws {
        let token = try #require(BearerToken("hunter2hunter2"))
        let secret = SecretBytes("hunter2hunter2")
        let credentials = ClientCredentials(clientID: "app", secret: secret)
        let form = FormURLEncoded([.init(name: "token", value: "hunter2hunter2")])
        let request = IntrospectionRequest(token: token)
        let things: [Any] = [token, secret, credentials, form, request, [secret], Optional(token) as Any]
        for thing in things {
            var dumped = ""
            dump(thing, to: &dumped)
            for text in ["\(thing)", String(reflecting: thing), String(describing: thing), dumped] {
                #expect(!text.contains("hunter2"))
                // 104, 117, 110: the bytes as numbers would give it away as well.
                #expect(!text.contains("104"))
            }
        }
        #expect("\(token)" == "BearerToken(14 bytes)")
    }

    @Test("Secrets are equal when all their bytes are")
    func compares() {
        #expect(SecretBytes("abc") != SecretBytes("abd"))
        #expect(SecretBytes("abc") != SecretBytes("xbc"))
        #expect(SecretBytes("abc") != SecretBytes("ab"))
        #expect(SecretBytes("") != SecretBytes("a"))
        #expect(SecretBytes("\u{E9}") != SecretBytes("e\u{301}"))
        #expect(SecretBytes("abc") == SecretBytes([97, 98, 99]))
    }
}
