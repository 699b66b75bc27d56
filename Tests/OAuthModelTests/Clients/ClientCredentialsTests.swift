import OAuthModel
import Testing

@Suite struct ClientCredentialsTests {
    static func read(_ value: [UInt8]) -> ClientCredentials? { ClientCredentials(basicFieldValue: value.span) }

    @Test(
        "A malformed Basic value is refused",
        arguments: [
            "", "Basic", "Basic ", "Basicxx", "Bearer YTpi", "Basic YTpi YTpi", "Basic YTpi=", "Basic YTo",
            "Basic \(Base64.encode(Array("nocolon".utf8)))",
            "Basic \(Base64.encode(Array("a:b\tc".utf8)))", "Basic \(Base64.encode(Array("a:b\0".utf8)))",
            "Basic \(Base64.encode(Array("a:%zz".utf8)))", "Basic \(Base64.encode([0x25, 0x46, 0x46, 0x3A]))",
            "BasicYTpi",
        ])
    func refuses(value: String) { #expect(Self.read(Array(value.utf8)) == nil) }

    @Test("RFC 6749 §2.3.1: name and secret are form-encoded before they are joined")
    func encodes() {
        let credentials = ClientCredentials(clientID: "a:b c", secret: SecretBytes("p%+:é"))
        let expected = "Basic " + Base64.encode(Array("a%3Ab+c:p%25%2B%3A%C3%A9".utf8))
        #expect(credentials.basicFieldValue().bytes == Array(expected.utf8))
    }

    @Test(
        "What is written is read back",
        arguments: [("a", ""), ("", "s"), ("a:b", "c:d"), ("é", "\0\n%+ "), ("app", "s3cr3t-._~")])
    func roundTrip(name: String, secret: String) throws {
        let credentials = ClientCredentials(clientID: name, secret: SecretBytes(secret))
        let read = try #require(Self.read(credentials.basicFieldValue().bytes))
        #expect(read.clientID.utf8.elementsEqual(name.utf8))
        #expect(read.secret == credentials.secret)
    }

    @Test("RFC 6749 §2.3.1: a space that was not encoded is a space, as is a `+`")
    func readsSpaces() throws {
        let value = "Basic \(Base64.encode(Array("my app:correct horse+battery%20staple".utf8)))"
        let read = try #require(Self.read(Array(value.utf8)))
        #expect(read.clientID == "my app" && read.secret == SecretBytes("correct horse battery staple"))
    }

    @Test(
        "A colon behind the first is part of the secret, and the scheme is taken in any case",
        arguments: ["basic", "BASIC", "Basic  "])
    func readsPlain(scheme: String) throws {
        let value = "\(scheme) \(Base64.encode(Array("app:a:b".utf8)))"
        let read = try #require(Self.read(Array(value.utf8)))
        #expect(read.clientID == "app" && read.secret == SecretBytes("a:b"))
    }
}
