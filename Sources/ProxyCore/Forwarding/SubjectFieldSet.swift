import HTTPWire
import OAuthModel

/// The header fields that carry a subject upstream, compiled from `subject_headers`.
///
/// Names are reserved on every route: whatever a client sends under them is removed first.
package struct SubjectFieldSet: Sendable, Hashable {
    package struct Field: Sendable, Hashable {
        /// As it is sent.
        package let name: [UInt8]
        let parts: [Part]
    }

    enum Part: Sendable, Hashable {
        case literal([UInt8])
        /// The scopes that were granted, wherever the token had them.
        case scope
        case audience
        case claim(ClaimPath)
    }

    package let fields: [Field]
    /// The same fields under folded names.
    package let names: [FoldedFieldName]
    /// The six defaults: what they say of a token is worked out once a token, not once a request.
    package let isStandard: Bool

    package static let standard = SubjectFieldSet(
        fields: [
            Field(name: "X-Auth-Subject", claim: RegisteredClaim.subject.rawValue),
            Field(name: "X-Auth-Client-Id", claim: RegisteredClaim.clientID.rawValue),
            Field(name: "X-Auth-Scope", claim: RegisteredClaim.scope.rawValue),
            Field(name: "X-Auth-Issuer", claim: RegisteredClaim.issuer.rawValue),
            Field(name: "X-Auth-Username", claim: RegisteredClaim.username.rawValue),
            Field(name: "X-Auth-Expires-At", claim: RegisteredClaim.expirationTime.rawValue),
        ], isStandard: true)

    /// No identity is sent.
    package static let none = SubjectFieldSet(fields: [], isStandard: false)

    /// Reads names and templates (`{sub}`, `tenant-{ext.tenant}`) in the order they are to be sent.
    package init(_ templates: [(name: String, template: String)]) throws(SubjectTemplateProblem) {
        var fields: [Field] = []
        var names: [FoldedFieldName] = []
        for (name, template) in templates {
            let folded = FoldedFieldName(folding: name)
            let bytes = [UInt8](name.utf8)
            guard !bytes.isEmpty, bytes.allSatisfy({ OctetSet.token.contains($0) }) else { throw .name(name) }
            guard !Self.ours.contains(folded.description) else { throw .nameTaken(name) }
            guard !names.contains(folded) else { throw .repeated(name) }
            names.append(folded)
            fields.append(Field(name: bytes, parts: try Self.parts(template)))
        }
        self.init(fields: fields, isStandard: false)
    }

    private init(fields: [Field], isStandard: Bool) {
        self.fields = fields
        self.names = fields.map { FoldedFieldName(folding: $0.name.span) }
        self.isStandard = isStandard
    }

    private static func parts(_ template: String) throws(SubjectTemplateProblem) -> [Part] {
        var parts: [Part] = []
        var literal: [UInt8] = []
        var claim: [UInt8]?
        for byte in template.utf8 {
            switch (byte, claim) {
            case (0x7B, nil):
                if !literal.isEmpty { parts.append(.literal(literal)) }
                literal = []
                claim = []
            case (0x7D, .some(let name)):
                guard let path = ClaimPath(String(decoding: name, as: UTF8.self)) else { throw .emptyClaim(template) }
                parts.append(Part(path))
                claim = nil
            case (0x7B, .some), (0x7D, nil):
                throw .brace(template)
            case (_, .some(let name)):
                claim = name + [byte]
            case (_, nil):
                guard 0x20...0x7E ~= byte else { throw .literal(template) }
                literal.append(byte)
            }
        }
        guard claim == nil else { throw .brace(template) }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        guard parts.contains(where: { if case .literal = $0 { false } else { true } }) else { throw .noClaim(template) }
        return parts
    }

    /// Names with a meaning of their own on the way upstream: framing, routing, hop by hop, credentials, forwarding.
    private static let ours: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer",
        "upgrade", "expect", "authorization", "proxy-authorization", "proxy-authenticate", "cookie", "forwarded",
        "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "via", "x-request-id", "date", "http2-settings",
        "content-type", "content-encoding", "range",
    ]
}

extension SubjectFieldSet.Field {
    fileprivate init(name: String, claim: String) {
        self.name = [UInt8](name.utf8)
        self.parts = ClaimPath(claim).map { [SubjectFieldSet.Part($0)] } ?? []
    }
}

extension SubjectFieldSet.Part {
    fileprivate init(_ path: ClaimPath) {
        switch path.text {
        case RegisteredClaim.scope.rawValue: self = .scope
        case RegisteredClaim.audience.rawValue: self = .audience
        default: self = .claim(path)
        }
    }
}

/// Why an entry of `subject_headers` cannot be used; each says what would be right.
package enum SubjectTemplateProblem: Error, Sendable, Hashable, CustomStringConvertible {
    case name(String)
    case nameTaken(String)
    case repeated(String)
    case brace(String)
    case emptyClaim(String)
    case noClaim(String)
    case literal(String)

    package var description: String {
        switch self {
        case .name(let name): "`\(name)` is no field name (letters, digits and hyphens, such as `X-Tenant`)"
        case .nameTaken(let name):
            "`\(name)` is written by the proxy or has a meaning of its own (choose another, such as `X-Tenant`)"
        case .repeated(let name): "`\(name)` is there twice, or differs from another name only in what backends fold"
        case .brace(let text): "`\(text)` has a brace without its counterpart (a claim is written `{name}`)"
        case .emptyClaim(let text): "`\(text)` has braces without a claim's name (such as `{sub}`)"
        case .noClaim(let text): "`\(text)` names no claim (write one in braces, such as `{sub}`)"
        case .literal(let text): "`\(text)` holds a byte that a field value cannot (printable ASCII)"
        }
    }
}
