package import OAuthModel

/// What a token says of its subject, written as header fields (SPEC §5 "Subject values").
///
/// A function of the token and the templates alone, so that one rendering serves every request with that token.
extension SubjectFieldSet {
    /// An encoded value that is longer would crowd out the rest of an upstream's head.
    package static let valueBytesMax = 4_096

    /// The field lines, each with its CRLF; absent and empty claims send no field.
    package func render(_ token: ValidatedToken) throws(SubjectValueProblem) -> [UInt8] {
        try self.render(claims: token.claims, scopes: token.scopes, audiences: token.audiences)
    }

    package func render(
        claims: ClaimSet, scopes: ScopeSet, audiences: [[UInt8]]
    ) throws(SubjectValueProblem) -> [UInt8] {
        var lines: [UInt8] = []
        for field in self.fields {
            var value: [UInt8] = []
            var isAbsent = false
            for part in field.parts {
                let before = value.count
                switch part {
                case .literal(let bytes):
                    value += bytes
                    continue
                case .scope:
                    try Self.append(words: scopes.scopes.map { [UInt8]($0.text.utf8) }, to: &value)
                case .audience:
                    try Self.append(words: audiences, to: &value)
                case .claim(let path):
                    try Self.append(claims[path], to: &value)
                }
                if value.count == before { isAbsent = true }
            }
            guard value.count <= Self.valueBytesMax else { throw .tooLong }
            if isAbsent { continue }
            lines.reserveCapacity(lines.count + field.name.count + value.count + 4)
            lines += field.name
            lines.append(0x3A)
            lines.append(0x20)
            lines += value
            lines.append(0x0D)
            lines.append(0x0A)
        }
        return lines
    }

    private static func append(_ claim: JSONValue?, to value: inout [UInt8]) throws(SubjectValueProblem) {
        switch claim {
        case nil, .null: break
        case .bool(let flag): value += flag ? [0x74, 0x72, 0x75, 0x65] : [0x66, 0x61, 0x6C, 0x73, 0x65]
        case .number(let number): value += number.text.utf8
        case .string(let text): try Self.append(encoding: [UInt8](text.utf8), to: &value)
        case .array(let elements):
            var words: [[UInt8]] = []
            for element in elements {
                guard case .string(let word) = element else { throw .notSendable }
                words.append([UInt8](word.utf8))
            }
            try Self.append(words: words, to: &value)
        case .object: throw .notSendable
        }
    }

    /// Words encoded one by one with one space between them, so that a space inside a word cannot be taken for one.
    private static func append(words: [[UInt8]], to value: inout [UInt8]) throws(SubjectValueProblem) {
        for (index, word) in words.enumerated() {
            if index > 0 { value.append(0x20) }
            try Self.append(encoding: word, to: &value)
        }
    }

    /// Bytes outside 0x21–0x7E and `%` itself become `%XX`: two subjects never look alike.
    private static func append(encoding bytes: [UInt8], to value: inout [UInt8]) throws(SubjectValueProblem) {
        // Most are names and numbers that stay what they are.
        if bytes.allSatisfy({ 0x21...0x7E ~= $0 && $0 != 0x25 }) {
            value += bytes
            guard value.count <= Self.valueBytesMax else { throw .tooLong }
            return
        }
        for byte in bytes {
            switch byte {
            case 0x00..<0x09, 0x0A..<0x20, 0x7F:
                throw .controlByte
            case 0x21...0x7E where byte != 0x25:
                value.append(byte)
            default:
                value.append(0x25)
                value.append(PathNormalForm.upperHex(byte >> 4))
                value.append(PathNormalForm.upperHex(byte & 0xF))
            }
            guard value.count <= Self.valueBytesMax else { throw .tooLong }
        }
    }
}

/// Why a token's subject cannot be handed on: the token is refused, never sent half.
package enum SubjectValueProblem: Error, Sendable, Hashable, CaseIterable {
    /// A C0 control (but tab) or DEL.
    case controlByte
    /// An object, or a list that holds anything but strings.
    case notSendable
    /// Over 4 KiB when encoded.
    case tooLong
}
