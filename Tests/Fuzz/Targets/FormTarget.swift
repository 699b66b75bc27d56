import OAuthModel

/// `application/x-www-form-urlencoded` (RFC 6749 appendix B), and what is made of it: credentials and questions.
enum FormTarget {
    static func run(_ bytes: [UInt8]) {
        self.insistOnOctets(bytes)
        let form: FormURLEncoded
        do throws(FormURLEncoded.Failure) {
            form = try FormURLEncoded(parsing: bytes)
        } catch {
            return
        }
        let plain = bytes.split(separator: UInt8(ascii: "&")).map { pair in
            pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        }
        insist(plain.count == form.parameters.count, "a form has a parameter between each two `&`")
        for (parameter, pair) in zip(form.parameters, plain) {
            insist(Array(parameter.name.utf8) == Self.decoded(pair[0]), "a name is decoded once")
            insist(Array(parameter.value.utf8) == Self.decoded(pair.count > 1 ? pair[1] : []), "and so is a value")
            let values = form.values(of: parameter.name)
            insist(form.isRepeated(parameter.name) == (values.count > 1), "a repeated name is repeated")
            insist((form.soleValue(of: parameter.name) == nil) == (values.count != 1), "a sole value is sole")
        }
        let encoded = form.encoded()
        guard let again = try? FormURLEncoded(parsing: encoded) else { end("finding: a written form is read") }
        insist(again.parameters == form.parameters, "a form that is written and read is the same")
        insist(again.encoded() == encoded, "a form is written in one way")
    }

    /// Any octets survive encoding; a token and a client's secret do on their way to the authorization server.
    private static func insistOnOctets(_ bytes: [UInt8]) {
        let encoded = FormURLEncoded.encode(bytes.span)
        insist(encoded.allSatisfy { PlainHead.isTokenOctet($0) }, "what is encoded has no separator")
        insist((try? FormURLEncoded.decode(encoded.span)) == bytes, "what is encoded is decoded")
        insist(Base64.decode(Base64.encodedBytes(bytes.span).span) == bytes, "base64 has its way back")
        insist(Base64URL.decode(Base64URL.encodedBytes(bytes.span).span) == bytes, "base64url has its way back")
        if let decoded = Base64.decode(bytes.span) {
            insist(Base64.encodedBytes(decoded.span) == bytes, "base64 has one spelling")
        }
        if let decoded = Base64URL.decode(bytes.span) {
            insist(Base64URL.encodedBytes(decoded.span) == bytes, "base64url has one spelling")
        }
        if let credentials = ClientCredentials(basicFieldValue: bytes.span) {
            self.insistOnCredentials(credentials)
        }
        let half = bytes.count / 2
        guard let clientID = String(validating: bytes[..<half], as: UTF8.self) else { return }
        self.insistOnCredentials(ClientCredentials(clientID: clientID, secret: SecretBytes(Array(bytes[half...]))))
    }

    private static func insistOnCredentials(_ credentials: ClientCredentials) {
        let value = credentials.basicFieldValue()
        let again = insist(ClientCredentials(basicFieldValue: value.bytes.span), "written credentials are read")
        insist(
            Array(again.clientID.utf8) == Array(credentials.clientID.utf8) && again.secret == credentials.secret,
            "the border between name and secret stays where it is")
        insist(!"\(credentials)".contains("SecretBytes"), "a secret is not printed")
    }

    private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = text
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: "%") {
                decoded.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(octet == UInt8(ascii: "+") ? 0x20 : octet)
            }
        }
        return decoded
    }
}
