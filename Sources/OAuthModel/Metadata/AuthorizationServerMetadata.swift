/// What an authorization server says about itself (RFC 8414 §2, OpenID Connect Discovery 1.0 §3).
public struct AuthorizationServerMetadata: Sendable, Hashable {
    public let issuer: IssuerIdentifier
    /// The whole document.
    public let members: JSONObject

    public enum Failure: Error, Sendable, Hashable {
        case notJSON(JSONError)
        case notAnObject
        /// `issuer` is missing, no string or no identifier.
        case issuerMissing
        /// The document speaks for another server (RFC 8414 §3.3).
        case issuerDiffers
        /// A member that we read is of a kind it must not be.
        case wrongKind(member: String)
    }

    /// Reads a document fetched for `issuer`; one that names another issuer is refused (RFC 8414 §3.3).
    public init(parsing bytes: Span<UInt8>, for issuer: IssuerIdentifier, limits: JSONLimits = .standard)
        throws(Failure)
    {
        let value: JSONValue
        do {
            value = try JSONReader.read(bytes, limits: limits)
        } catch {
            throw .notJSON(error)
        }
        guard case .object(let members) = value else { throw .notAnObject }
        guard let written = members["issuer"]?.stringValue else { throw .issuerMissing }
        guard issuer.matches(written) else { throw .issuerDiffers }
        for name in Self.urlMembers {
            switch members[name] {
            case nil, .null, .string: continue
            case .bool, .number, .array, .object: throw .wrongKind(member: name)
            }
        }
        for name in Self.listMembers {
            guard let value = members[name], !value.isNull else { continue }
            guard value.stringListValue != nil else { throw .wrongKind(member: name) }
        }
        self.issuer = issuer
        self.members = members
    }

    /// A document of our own: `members` without `issuer`, which goes first.
    public init(issuer: IssuerIdentifier, members: JSONObject) {
        self.issuer = issuer
        var document = JSONObject()
        document["issuer"] = .string(issuer.text)
        for member in members.members { document[member.name] = member.value }
        document["issuer"] = .string(issuer.text)
        self.members = document
    }

    public var authorizationEndpoint: String? { self.members["authorization_endpoint"]?.stringValue }
    public var tokenEndpoint: String? { self.members["token_endpoint"]?.stringValue }
    public var introspectionEndpoint: String? { self.members["introspection_endpoint"]?.stringValue }
    public var revocationEndpoint: String? { self.members["revocation_endpoint"]?.stringValue }
    public var jwksURI: String? { self.members["jwks_uri"]?.stringValue }

    public var scopesSupported: [String]? { self.members["scopes_supported"]?.stringListValue }
    public var grantTypesSupported: [String]? { self.members["grant_types_supported"]?.stringListValue }
    public var introspectionEndpointAuthMethodsSupported: [String]? {
        self.members["introspection_endpoint_auth_methods_supported"]?.stringListValue
    }

    private static let urlMembers = [
        "authorization_endpoint", "token_endpoint", "introspection_endpoint", "revocation_endpoint", "jwks_uri",
    ]

    private static let listMembers = [
        "scopes_supported", "grant_types_supported", "introspection_endpoint_auth_methods_supported",
    ]
}
