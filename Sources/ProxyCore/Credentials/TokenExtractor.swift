package import HTTPWire

/// Finds the bearer token of a request; two ways of presenting one, or a malformed one, is `invalid_request`.
package enum TokenExtractor {
    package enum Presented: Sendable, Hashable {
        /// The token's range in the head.
        case token(ByteRange)
        /// No `Authorization`, or one of a scheme that is not ours.
        case nothing
        /// `DPoP` (RFC 9449 §7.1): a token bound to a key is no bearer token, not even where none is needed.
        case unsupportedScheme
    }

    /// `tokenBytesMax`: longer ones are refused before anything is done with them.
    package static func extract(
        from head: borrowing RequestHead, tokenBytesMax: Int
    ) throws(CredentialProblem) -> Presented {
        guard let field = try self.soleAuthorization(of: head) else { return .nothing }
        let value = head.value(field)
        switch try AuthorizationField.read(value) {
        case .bearer(let range):
            guard range.count <= tokenBytesMax else { throw .tooLong }
            return .token(
                ByteRange(lower: field.value.lower + range.lower, upper: field.value.lower + range.upper))
        case .otherScheme:
            return self.isDPoP(value) ? .unsupportedScheme : .nothing
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
}
