package import HTTPWire
import OAuthModel

/// Finds the bearer token of a request; two ways of presenting one, or a malformed one, is `invalid_request`.
package enum TokenExtractor {
    package enum Presented: Sendable, Hashable {
        /// The token's range in the head.
        case token(ByteRange)
        /// None of the sources holds anything, or `Authorization` has a scheme that is not ours.
        case nothing
        /// `DPoP` (RFC 9449 §7.1): a token bound to a key is no bearer token, not even where none is needed.
        case unsupportedScheme
    }

    /// `tokenBytesMax`: longer ones are refused before anything is done with them.
    @inline(__always)
    package static func extract(
        from head: borrowing RequestHead, at sources: TokenSources = .authorization, tokenBytesMax: Int
    ) throws(CredentialProblem) -> Presented {
        let presented = sources.readsAuthorization ? try self.inAuthorization(of: head, tokenBytesMax) : .nothing
        guard !sources.fields.isEmpty else { return presented }
        return try self.inFields(of: head, at: sources, besides: presented, tokenBytesMax)
    }

    // MARK: Authorization

    private static func inAuthorization(
        of head: borrowing RequestHead, _ tokenBytesMax: Int
    ) throws(CredentialProblem) -> Presented {
        guard let field = try self.soleAuthorization(of: head) else { return .nothing }
        let value = head.value(field)
        switch try AuthorizationField.read(value) {
        case .bearer(let range): return try self.token(range, of: field, tokenBytesMax)
        case .otherScheme: return self.isDPoP(value) ? .unsupportedScheme : .nothing
        }
    }

    /// The only `Authorization` field.
    ///
    /// Names that merely fold to it (`Authorization_`) are no credentials and never go on.
    private static func soleAuthorization(of head: borrowing RequestHead) throws(CredentialProblem) -> HeadField? {
        guard !head.index.fieldIndex.repeated.contains(.authorization) else { throw .repeated }
        return head.first(of: .authorization)
    }

    private static func isDPoP(_ value: Span<UInt8>) -> Bool {
        value.count >= 4 && value.extracting(0..<4).equalsIgnoringCase("dpop") && (value.count == 4 || value[4] == 0x20)
    }

    // MARK: Fields of the route's choice

    /// A chosen field holds the bare token, or `Bearer` and the token as `Authorization` would; whoever sends one means
    /// it, so anything else in it is malformed rather than no credential.
    private static func inFields(
        of head: borrowing RequestHead, at sources: TokenSources, besides other: Presented, _ tokenBytesMax: Int
    ) throws(CredentialProblem) -> Presented {
        var presented = other
        let fields = head.index.fields
        for index in 0..<fields.count where fields[index].isSpeltExactly && sources.namesField(head.name(fields[index]))
        {
            guard presented == .nothing else { throw .repeated }
            let value = head.value(fields[index])
            if BearerToken.isB64Token(value) {
                presented = try self.token(ByteRange(0, value.count), of: fields[index], tokenBytesMax)
            } else if case .bearer(let range) = try AuthorizationField.read(value) {
                presented = try self.token(range, of: fields[index], tokenBytesMax)
            } else {
                throw .malformed
            }
        }
        return presented
    }

    private static func token(
        _ range: ByteRange, of field: HeadField, _ tokenBytesMax: Int
    ) throws(CredentialProblem) -> Presented {
        guard range.count <= tokenBytesMax else { throw .tooLong }
        return .token(ByteRange(lower: field.value.lower + range.lower, upper: field.value.lower + range.upper))
    }
}
