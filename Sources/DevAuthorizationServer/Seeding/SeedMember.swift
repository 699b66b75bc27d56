import OAuthModel

/// A member that an element of a seed may have.
struct SeedMember: Sendable {
    enum Kind: String, Sendable {
        case text = "a text"
        case textList = "a list of texts"
        case flag = "true or false"
        case object = "a mapping"
        case any = "a value"

        func admits(_ value: JSONValue) -> Bool {
            switch self {
            case .text: value.stringValue != nil
            case .textList: value.stringListValue != nil
            case .flag: value.boolValue != nil
            case .object: value.objectValue != nil
            case .any: true
            }
        }

        var example: String {
            switch self {
            case .text: "one text"
            case .textList: "`[…, …]`"
            case .flag: "`true` or `false`"
            case .object: "`name: value` on lines of its own"
            case .any: "a value"
            }
        }
    }

    let name: String
    let kind: Kind

    init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

extension TrustedIssuer {
    /// What `POST /admin/trust/grants/jwt-bearer/issuers` reads.
    static let seedMembers = [
        SeedMember("issuer", .text), SeedMember("subject", .text), SeedMember("allow_any_subject", .flag),
        SeedMember("scope", .textList), SeedMember("expires_at", .text), SeedMember("jwk", .object),
    ]
}
