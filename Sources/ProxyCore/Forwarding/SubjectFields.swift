package import OAuthModel

/// What a token says of its subject, written as header fields (SPEC §5 "Subject values").
///
/// A function of the token and the templates alone, so that one rendering serves every request with that token.
extension SubjectFieldSet {
    /// An encoded value that is longer would crowd out the rest of an upstream's head.
    package static let valueBytesMax = 4_096

    /// The field lines, each with its CRLF; absent and empty claims send no field.
    package func render(_ token: ValidatedToken) throws(SubjectValueProblem) -> [UInt8] {
        try self.render(claims: token.claims, scopes: token.scopes, audience: token.audience)
    }

    package func render(
        claims: ClaimSet, scopes: ScopeWords, audience: JSONDocument.Place?
    ) throws(SubjectValueProblem) -> [UInt8] {
        let document = claims.document
        var lines: [UInt8] = []
        lines.reserveCapacity(self.linesExpected)
        for field in self.fields {
            let lineStart = lines.count
            lines += field.name
            lines.append(0x3A)
            lines.append(0x20)
            let valueStart = lines.count
            var isAbsent = false
            for part in field.parts {
                let before = lines.count
                switch part {
                case .literal(let bytes):
                    lines += bytes
                case .scope:
                    try Self.append(scopes, in: document, to: &lines)
                case .audience:
                    if let audience { try Self.append(audience, in: document, to: &lines) }
                case .claim(let path):
                    if let place = claims.place(of: path) { try Self.append(place, in: document, to: &lines) }
                }
                if lines.count == before { isAbsent = true }
                guard lines.count - valueStart <= Self.valueBytesMax else { throw .tooLong }
            }
            if isAbsent {
                lines.removeLast(lines.count - lineStart)
            } else {
                lines.append(0x0D)
                lines.append(0x0A)
            }
        }
        return lines
    }

    private static func append(
        _ place: JSONDocument.Place, in document: borrowing JSONDocument, to lines: inout [UInt8]
    ) throws(SubjectValueProblem) {
        if document.isString(place) { return try self.append(encoding: document.octets(of: place), to: &lines) }
        if document.isNumber(place) { return lines.append(octets: document.octets(of: place)) }
        if let flag = document.bool(at: place) {
            return lines.append(contentsOf: (flag ? "true" : "false").utf8)
        }
        if document.isNull(place) { return }
        guard document.isListOfStrings(place) else { throw .notSendable }
        var contents = document.contents(of: place)
        let start = lines.count
        var isFirst = true
        while let element = contents.nextElement(in: document) {
            // An empty word would leave nothing but its space, and a list look like another one, or blank.
            guard !document.range(of: element).isEmpty else { continue }
            try self.append(word: document.octets(of: element), from: start, isFirst: isFirst, to: &lines)
            isFirst = false
        }
    }

    private static func append(
        _ scopes: ScopeWords, in document: borrowing JSONDocument, to lines: inout [UInt8]
    ) throws(SubjectValueProblem) {
        let start = lines.count
        for index in 0..<scopes.count {
            try self.append(word: scopes.word(index, in: document), from: start, isFirst: index == 0, to: &lines)
        }
    }

    /// Words are encoded one by one with one space between them, so that a space inside a word cannot be taken for one.
    ///
    /// - Parameter start: where the words began; a list that is over the limit is not written to its end.
    private static func append(
        word: Span<UInt8>, from start: Int, isFirst: Bool, to lines: inout [UInt8]
    ) throws(SubjectValueProblem) {
        if !isFirst { lines.append(0x20) }
        try self.append(encoding: word, to: &lines)
        guard lines.count - start <= self.valueBytesMax else { throw .tooLong }
    }

    /// Bytes outside 0x21–0x7E and `%` itself become `%XX`: two subjects never look alike.
    private static func append(encoding octets: Span<UInt8>, to lines: inout [UInt8]) throws(SubjectValueProblem) {
        // What is over the limit before it grows need not be written to be refused.
        guard octets.count <= self.valueBytesMax else { throw .tooLong }
        // Most are names and numbers that stay what they are.
        guard !self.staysAsItIs(octets) else { return lines.append(octets: octets) }
        for index in octets.indices {
            let byte = octets[index]
            switch byte {
            case 0x00..<0x09, 0x0A..<0x20, 0x7F:
                throw .controlByte
            case 0x21...0x7E where byte != 0x25:
                lines.append(byte)
            default:
                lines.append(0x25)
                lines.append(PathNormalForm.upperHex(byte >> 4))
                lines.append(PathNormalForm.upperHex(byte & 0xF))
            }
        }
    }

    private static func staysAsItIs(_ octets: Span<UInt8>) -> Bool {
        for index in octets.indices where !(0x21...0x7E ~= octets[index]) || octets[index] == 0x25 { return false }
        return true
    }

    /// Room for the lines of most subjects, made once: a name, and a value of some 24 bytes.
    private var linesExpected: Int { self.fields.reduce(0) { $0 + $1.name.count + 28 } }
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
