/// Why bytes are not a message we are willing to understand; one case a refusal, all of them final for the connection.
package enum WireError: Int, Error, Sendable, Hashable, CaseIterable {
    // Start line (RFC 9112 §3, §4).
    case invalidMethod, methodTooLong, invalidTargetOctet, invalidTargetForm, targetTooLong
    case missingVersion, invalidVersion, unsupportedVersion, tooManyEmptyLines, invalidStatusLine

    // Lines (RFC 9112 §2.2).
    case bareCarriageReturn, bareLineFeed

    // Fields (RFC 9112 §5).
    case invalidFieldName, whitespaceBeforeColon, missingColon, obsoleteFolding, invalidFieldValue
    case fieldNameTooLong, fieldTooLong, tooManyFields, headTooLong

    // Host (RFC 9112 §3.2).
    case missingHost, repeatedHost, invalidHost, invalidAuthority, hostMismatch

    // Framing (RFC 9112 §6).
    case invalidContentLength, repeatedContentLength, lengthWithTransferCoding
    case transferCodingBeforeHTTP11, unsupportedTransferCoding, transferCodingWithoutContent

    // Expectations (RFC 9110 §10.1.1).
    case unknownExpectation

    // Chunks (RFC 9112 §7.1).
    case invalidChunkSize, chunkTooLong, invalidChunkExtension, chunkLineTooLong, missingChunkEnd
    case trailersTooLong, tooManyTrailers
}

extension WireError {
    /// The status a request with this error is answered with; a response with any of them is a bad gateway instead.
    package var status: UInt16 {
        switch self {
        case .targetTooLong: 414
        case .unknownExpectation: 417
        case .fieldNameTooLong, .fieldTooLong, .tooManyFields, .headTooLong, .trailersTooLong, .tooManyTrailers: 431
        case .methodTooLong, .unsupportedTransferCoding: 501
        case .unsupportedVersion: 505
        case .invalidMethod, .invalidTargetOctet, .invalidTargetForm, .missingVersion, .invalidVersion,
            .tooManyEmptyLines, .invalidStatusLine, .bareCarriageReturn, .bareLineFeed, .invalidFieldName,
            .whitespaceBeforeColon, .missingColon, .obsoleteFolding, .invalidFieldValue, .missingHost, .repeatedHost,
            .invalidHost, .invalidAuthority, .hostMismatch, .invalidContentLength, .repeatedContentLength,
            .lengthWithTransferCoding, .transferCodingBeforeHTTP11, .transferCodingWithoutContent, .invalidChunkSize,
            .chunkTooLong, .invalidChunkExtension, .chunkLineTooLong, .missingChunkEnd:
            400
        }
    }

    /// The name of the refusal in metrics and logs: from this fixed list and nothing else.
    package var label: StaticString {
        switch self {
        case .invalidMethod: "invalid_method"
        case .methodTooLong: "method_too_long"
        case .invalidTargetOctet: "invalid_target_octet"
        case .invalidTargetForm: "invalid_target_form"
        case .targetTooLong: "target_too_long"
        case .missingVersion: "missing_version"
        case .invalidVersion: "invalid_version"
        case .unsupportedVersion: "unsupported_version"
        case .tooManyEmptyLines: "too_many_empty_lines"
        case .invalidStatusLine: "invalid_status_line"
        case .bareCarriageReturn: "bare_carriage_return"
        case .bareLineFeed: "bare_line_feed"
        case .invalidFieldName: "invalid_field_name"
        case .whitespaceBeforeColon: "whitespace_before_colon"
        case .missingColon: "missing_colon"
        case .obsoleteFolding: "obsolete_folding"
        case .invalidFieldValue: "invalid_field_value"
        case .fieldNameTooLong: "field_name_too_long"
        case .fieldTooLong: "field_too_long"
        case .tooManyFields: "too_many_fields"
        case .headTooLong: "head_too_long"
        case .missingHost: "missing_host"
        case .repeatedHost: "repeated_host"
        case .invalidHost: "invalid_host"
        case .invalidAuthority: "invalid_authority"
        case .hostMismatch: "host_mismatch"
        case .invalidContentLength: "invalid_content_length"
        case .repeatedContentLength: "repeated_content_length"
        case .lengthWithTransferCoding: "length_with_transfer_coding"
        case .transferCodingBeforeHTTP11: "transfer_coding_before_http_1_1"
        case .unsupportedTransferCoding: "unsupported_transfer_coding"
        case .transferCodingWithoutContent: "transfer_coding_without_content"
        case .unknownExpectation: "unknown_expectation"
        case .invalidChunkSize: "invalid_chunk_size"
        case .chunkTooLong: "chunk_too_long"
        case .invalidChunkExtension: "invalid_chunk_extension"
        case .chunkLineTooLong: "chunk_line_too_long"
        case .missingChunkEnd: "missing_chunk_end"
        case .trailersTooLong: "trailers_too_long"
        case .tooManyTrailers: "too_many_trailers"
        }
    }
}
