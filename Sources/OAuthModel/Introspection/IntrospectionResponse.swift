/// Whether a token is usable, as the authorization server reports it (RFC 7662 §2.2).
public enum IntrospectionResponse: Sendable, Hashable {
    case inactive
    case active(ActiveToken)

    /// Reads the body of a successful answer.
    ///
    /// What cannot be read strictly is the server's fault, never an acceptance and never "inactive".
    public static func parse(
        _ bytes: [UInt8], limits: JSONLimits = .standard
    ) throws(IntrospectionResponseError) -> IntrospectionResponse {
        let document: JSONDocument
        do {
            document = try JSONDocument(reading: bytes, limits: limits)
        } catch {
            throw .notJSON(error)
        }
        guard let claims = ClaimSet(document) else { throw .notAnObject }
        guard let place = claims.place(of: RegisteredClaim.active.rawValue), !document.isNull(place) else {
            throw .activeMissing
        }
        switch document.bool(at: place) {
        case true?: return .active(try ActiveToken(claims))
        case false?: return .inactive
        case nil: throw .wrongKind(.active)
        }
    }

    public static func parse(
        _ bytes: Span<UInt8>, limits: JSONLimits = .standard
    ) throws(IntrospectionResponseError) -> IntrospectionResponse {
        // Not copied when it is not read.
        guard bytes.count <= limits.bytes else { throw .notJSON(JSONError(.tooLarge, at: limits.bytes)) }
        return try Self.parse(bytes.copied(), limits: limits)
    }
}

/// Why the body of an introspection answer cannot be used.
public enum IntrospectionResponseError: Error, Sendable, Hashable {
    case notJSON(JSONError)
    case notAnObject
    /// `active` is required (RFC 7662 §2.2).
    case activeMissing
    /// A registered member is of a kind it must not be.
    case wrongKind(RegisteredClaim)
    /// A date lies outside ``NumericDate/range``.
    case outOfRange(RegisteredClaim)

    /// A fixed word for metrics and logs.
    public var label: StaticString {
        switch self {
        case .notJSON: "not_json"
        case .notAnObject: "not_an_object"
        case .activeMissing: "active_missing"
        case .wrongKind: "wrong_kind"
        case .outOfRange: "out_of_range"
        }
    }
}
