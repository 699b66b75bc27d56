/// A client's name and secret (RFC 6749 §2.3.1).
public struct ClientCredentials: Sendable {
    public let clientID: String
    public let secret: SecretBytes

    public init(clientID: String, secret: SecretBytes) {
        self.clientID = clientID
        self.secret = secret
    }

    /// The `Authorization` value of `client_secret_basic`: both parts are form-encoded first (RFC 6749 §2.3.1), so a colon in
    /// the name cannot move the border between them.
    public func basicFieldValue() -> SecretBytes {
        var pair = FormURLEncoded.encode(self.clientID.utf8.span)
        pair.append(UInt8(ascii: ":"))
        pair.append(contentsOf: FormURLEncoded.encode(self.secret.bytes.span))
        return SecretBytes(Array("Basic ".utf8) + Base64.encodedBytes(pair.span))
    }

    /// Reads such a value, the scheme in any case (RFC 9110 §11.1).
    ///
    /// `nil` when it is malformed. A colon behind the first one is data, and so is a space: of what was not encoded, as
    /// by `curl -u`, only a `+` or a `%` is read wrongly.
    public init?(basicFieldValue value: Span<UInt8>) {
        guard value.count > 6 else { return nil }
        let scheme = "basic".utf8.span
        for index in scheme.indices where value[index] | 0x20 != scheme[index] { return nil }
        var start = 5
        while start < value.count, value[start] == 0x20 { start += 1 }
        guard start > 5, let pair = Base64.decode(value.extracting(start..<value.count)),
            let colon = pair.firstIndex(of: UInt8(ascii: ":")),
            let name = try? FormURLEncoded.decode(pair.span.extracting(0..<colon), takingSpaces: true),
            let secret = try? FormURLEncoded.decode(pair.span.extracting((colon + 1)..<pair.count), takingSpaces: true),
            let clientID = name.span.validatedText()
        else { return nil }
        self.clientID = clientID
        self.secret = SecretBytes(secret)
    }
}

extension ClientCredentials: CustomStringConvertible, CustomReflectable {
    public var description: String { "ClientCredentials(\(self.clientID))" }
    public var customMirror: Mirror { Mirror(self, children: ["clientID": self.clientID]) }
}
