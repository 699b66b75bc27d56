import OAuthModel

/// Takes out of a server's words what the request held in secret, in every spelling that the request, or Hydra, gives it.
struct Redaction: Sendable {
    /// Longest first, so that none is left in part because another one was taken out of it.
    private let spellings: [[UInt8]]

    init(_ secrets: [SecretBytes]) {
        let spellings = secrets.filter { $0.count >= Self.bytesMin }.flatMap { Self.spellings(of: $0.text) }
        self.spellings = Set(spellings).map { Array($0.utf8) }.sorted { $0.count > $1.count }
    }

    /// By bytes: a letter with an accent behind it is another character, and would hide the secret before it.
    func callAsFunction(_ text: String) -> String {
        let mark = Array("…".utf8)
        let bytes = self.spellings.reduce(Array(text.utf8)) { $0.replacing($1, with: mark) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// As it is, as forms, paths and JSON have it, and with the quotation marks that Hydra writes instead of `"`.
    private static func spellings(of secret: String) -> [String] {
        var json: [UInt8] = []
        JSONWriter.append(secret, to: &json)
        let inJSON = String(decoding: json.dropFirst().dropLast(), as: UTF8.self)
        return [
            secret, FormURLEncoded.encode(secret), PercentEncoding.encode(secret), inJSON,
            secret.replacing("\"", with: "'"),
        ]
    }

    /// Of shorter ones a word may be part by chance; they are no secrets worth the name.
    private static let bytesMin = 6
}

extension Redaction {
    /// The secrets within a JSON body, known by the names of their members (RFC 7591 §3.2.1, RFC 7592 §3, RFC 7518 §6).
    static func secrets(in value: JSONValue) -> [SecretBytes] {
        switch value {
        case .null, .bool, .number, .string: return []
        case .array(let elements): return elements.flatMap { Self.secrets(in: $0) }
        case .object(let members):
            // Names of one or two letters are those of secrets in keys only.
            let names = members["kty"] == nil ? Self.names : Self.names + Self.keyNames
            return members.members.flatMap { member -> [SecretBytes] in
                guard case .string(let text) = member.value else { return Self.secrets(in: member.value) }
                return names.contains(member.name) ? [SecretBytes(text)] : []
            }
        }
    }

    private static let names = ["client_secret", "registration_access_token"]
    private static let keyNames = ["d", "p", "q", "dp", "dq", "qi", "k"]
}
