/// The `WWW-Authenticate` value of a protected resource (RFC 6750 §3).
public struct BearerChallenge: Sendable, Hashable {
    public var realm: String?
    /// `nil` when the request carried no credentials: then no code is given (RFC 6750 §3.1).
    public var error: BearerErrorCode?
    public var errorDescription: String?
    /// All that would have been needed.
    public var scope: [Scope]

    public init(
        realm: String? = nil, error: BearerErrorCode? = nil, errorDescription: String? = nil, scope: [Scope] = []
    ) {
        self.realm = realm
        self.error = error
        self.errorDescription = errorDescription
        self.scope = scope
    }

    /// The field value.
    ///
    /// Realm and description stay what they are but for bytes that a quoted string cannot hold.
    public var fieldValue: String {
        var parameters: [String] = []
        if let realm { parameters.append("realm=\(Self.quoted(realm))") }
        if let error { parameters.append("error=\(Self.quoted(error.rawValue))") }
        if let errorDescription {
            parameters.append("error_description=\(Self.quoted(Self.plain(errorDescription)))")
        }
        if !self.scope.isEmpty {
            parameters.append("scope=\(Self.quoted(self.scope.map(\.text).joined(separator: " ")))")
        }
        return parameters.isEmpty ? "Bearer" : "Bearer " + parameters.joined(separator: ", ")
    }

    /// A quoted string (RFC 9110 §5.6.4): `"` and `\` are escaped; control bytes, which it cannot hold, become spaces.
    static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20, 0x7F:
                bytes.append(0x20)
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `error_description` holds neither `"` nor `\` nor anything outside printable ASCII (RFC 6750 §3).
    private static func plain(_ text: String) -> String {
        let bytes = text.unicodeScalars.map { scalar -> UInt8 in
            switch scalar.value {
            case 0x22, 0x5C: UInt8(ascii: "'")
            case 0x20...0x7E: UInt8(scalar.value)
            default: UInt8(ascii: "?")
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension BearerChallenge: CustomStringConvertible {
    public var description: String { self.fieldValue }
}
