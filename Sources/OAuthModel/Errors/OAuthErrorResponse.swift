/// The JSON body of an OAuth error (RFC 6749 §5.2, RFC 6750 §3, RFC 7009 §2.2.1).
public struct OAuthErrorResponse: Error, Sendable {
    /// A code; an open set, since extensions and servers add their own.
    public var error: OAuthErrorCode
    public var errorDescription: String?
    public var errorURI: String?

    public init(_ error: OAuthErrorCode, description: String? = nil, uri: String? = nil) {
        self.error = error
        self.errorDescription = description
        self.errorURI = uri
    }

    /// Reads an error body.
    ///
    /// `nil` when it is none. Servers disagree about all but `error`, so the rest is taken if it fits.
    public init?(parsing bytes: Span<UInt8>, limits: JSONLimits = .standard) {
        guard let value = try? JSONReader.read(bytes, limits: limits), let members = value.objectValue,
            let code = members["error"]?.stringValue
        else { return nil }
        self.error = OAuthErrorCode(code)
        self.errorDescription = members["error_description"]?.stringValue
        self.errorURI = members["error_uri"]?.stringValue
    }

    public var json: JSONObject {
        var members = JSONObject()
        members["error"] = .string(self.error.rawValue)
        if let errorDescription { members["error_description"] = .string(errorDescription) }
        if let errorURI { members["error_uri"] = .string(errorURI) }
        return members
    }

    public var body: [UInt8] { JSONWriter.write(self.json) }
}

/// An `error` value.
public struct OAuthErrorCode: Sendable, RawRepresentable {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    public init(_ rawValue: String) { self.rawValue = rawValue }
    public init(_ code: BearerErrorCode) { self.rawValue = code.rawValue }

    // RFC 6749 §4.1.2.1 and §5.2.
    public static let invalidRequest = OAuthErrorCode("invalid_request")
    public static let invalidClient = OAuthErrorCode("invalid_client")
    public static let invalidGrant = OAuthErrorCode("invalid_grant")
    public static let unauthorizedClient = OAuthErrorCode("unauthorized_client")
    public static let unsupportedGrantType = OAuthErrorCode("unsupported_grant_type")
    public static let unsupportedResponseType = OAuthErrorCode("unsupported_response_type")
    public static let invalidScope = OAuthErrorCode("invalid_scope")
    public static let accessDenied = OAuthErrorCode("access_denied")
    public static let serverError = OAuthErrorCode("server_error")
    public static let temporarilyUnavailable = OAuthErrorCode("temporarily_unavailable")
    // RFC 6750 §3.1.
    public static let invalidToken = OAuthErrorCode("invalid_token")
    public static let insufficientScope = OAuthErrorCode("insufficient_scope")
    // RFC 7009 §2.2.1.
    public static let unsupportedTokenType = OAuthErrorCode("unsupported_token_type")
    // RFC 7591 §3.2.2.
    public static let invalidRedirectURI = OAuthErrorCode("invalid_redirect_uri")
    public static let invalidClientMetadata = OAuthErrorCode("invalid_client_metadata")
}

extension OAuthErrorCode: Hashable, CustomStringConvertible {
    public static func == (left: Self, right: Self) -> Bool { left.rawValue.hasSameOctets(as: right.rawValue) }
    public func hash(into hasher: inout Hasher) { hasher.combine(self.rawValue) }
    public var description: String { self.rawValue }
}
