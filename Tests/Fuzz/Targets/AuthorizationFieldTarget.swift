import HTTPWire
import OAuthModel
import ProxyCore

/// The values of `Authorization` fields, one a line (RFC 6750 §2.1).
///
/// A token is found exactly where the grammar has one, and whoever says two things at once says nothing; on its way to the
/// authorization server it stays what it is.
enum AuthorizationFieldTarget {
    static func run(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).prefix(4)
        let lines: [[UInt8]] = parts.map { Array($0) }
        let fields: [UInt8] = lines.flatMap { line -> [UInt8] in Array("Authorization: ".utf8) + line + [0x0D, 0x0A] }
        let message = Array("GET /x HTTP/1.1\r\nHost: api.test\r\n".utf8) + fields + [0x0D, 0x0A]
        var parser = RequestHeadParser(limits: .generous)
        guard (try? parser.parse(message.span)) == .complete, parser.index.byteCount == message.count else { return }
        let head = RequestHead(bytes: message.span, index: parser.index)
        let expected = Expected(lines)
        let found: TokenExtractor.Presented
        do throws(CredentialProblem) {
            found = try TokenExtractor.extract(from: head, tokenBytesMax: 512)
        } catch {
            insist(expected == .problem(error), "a credential that is one is taken: \(error)")
            return
        }
        switch found {
        case .nothing: insist(expected == .nothing, "RFC 6750 §2.1: what is presented is seen")
        case .unsupportedScheme: insist(expected == .bound, "RFC 9449 §7.1: a bound token is no bearer token")
        case .token(let range):
            let token = message[range]
            insist(expected == .token(token), "RFC 6750 §2.1: the token is the whole of it")
            self.insistOnQuestion(token)
        }
        var choices = Choices(bytes)
        ForwardedRequest.judge(message, &choices)
        self.insistOnChosenField(lines[0])
    }

    /// The same value in a field that a route names (`token_sources: [header:X-Token]`).
    private static func insistOnChosenField(_ value: [UInt8]) {
        let message = Array("GET /x HTTP/1.1\r\nHost: api.test\r\nX-Token: ".utf8) + value + Array("\r\n\r\n".utf8)
        var parser = RequestHeadParser(limits: .generous)
        guard (try? parser.parse(message.span)) == .complete, parser.index.byteCount == message.count else { return }
        let head = RequestHead(bytes: message.span, index: parser.index)
        let sources = TokenSources(readsAuthorization: true, fields: [FoldedFieldName(folding: "x-token")])
        let found = try? TokenExtractor.extract(from: head, at: sources, tokenBytesMax: 512)
        let bare = Expected.trimmed(value)
        let expected = BearerToken(bare) != nil && bare.count <= 512 ? Expected.token(bare) : Expected([value])
        switch (found, expected) {
        case (.token(let range)?, .token(let token)): insist(message[range] == token, "a chosen field holds the token")
        case (nil, .problem), (nil, .nothing), (nil, .bound): break
        default: insist(false, "a chosen field holds a token or is refused")
        }
    }

    private static func insistOnQuestion(_ bytes: [UInt8]) {
        let token = insist(BearerToken(bytes), "a token that was found is a token")
        insist("\(token)" == "BearerToken(\(bytes.count) bytes)", "a token is not printed")
        let body = IntrospectionRequest(token: token).formBody()
        guard let form = try? FormURLEncoded(parsing: body) else { end("finding: a question is a form") }
        insist(form.soleValue(of: "token").map { Array($0.utf8) } == bytes, "RFC 7662 §2.1: the token is asked about")
    }
}

/// What the grammar says of some fields.
private enum Expected: Equatable {
    case nothing
    case bound
    case token([UInt8])
    case problem(CredentialProblem)

    init(_ values: [[UInt8]]) {
        guard values.count == 1 else {
            self = .problem(.repeated)
            return
        }
        let value = Self.trimmed(values[0])
        let scheme = value.prefix { $0 != 0x20 }
        guard !scheme.isEmpty, scheme.allSatisfy(PlainHead.isTokenOctet) else {
            self = .problem(.malformed)
            return
        }
        switch String(decoding: scheme, as: UTF8.self).lowercased() {
        case "dpop": self = Self.isJoined(value) ? .problem(.malformed) : .bound
        case "bearer":
            let token = Array(value.dropFirst(scheme.count).drop { $0 == 0x20 })
            if !Self.isToken(token) {
                self = .problem(.malformed)
            } else if token.count > 512 {
                self = .problem(.tooLong)
            } else {
                self = .token(token)
            }
        default: self = Self.isJoined(value) ? .problem(.malformed) : .nothing
        }
    }

    /// Whether a list member but the first begins with one of our schemes, once what is quoted to its end is left out.
    private static func isJoined(_ value: [UInt8]) -> Bool {
        var plain: [UInt8] = []
        var rest = value[...]
        while let octet = rest.popFirst() {
            plain.append(octet)
            if octet == UInt8(ascii: "\""), let end = self.endOfQuote(rest) { rest = rest[end...] }
        }
        let members = plain.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        return members.dropFirst().contains { member in
            let text = self.trimmed(Array(member))
            let name = text.prefix(while: PlainHead.isTokenOctet)
            let isOurs = ["bearer", "dpop"].contains(String(decoding: name, as: UTF8.self).lowercased())
            return isOurs && !text.dropFirst(name.count).starts(with: "=".utf8)
        }
    }

    /// Behind the quote that ends a quoted string; nil when none does.
    private static func endOfQuote(_ text: ArraySlice<UInt8>) -> Int? {
        var isEscaped = false
        for (index, octet) in zip(text.indices, text) {
            if octet == UInt8(ascii: "\""), !isEscaped { return index + 1 }
            isEscaped = octet == UInt8(ascii: "\\") && !isEscaped
        }
        return nil
    }

    static func trimmed(_ value: [UInt8]) -> [UInt8] {
        var rest = value[...]
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        return Array(rest.drop { $0 == 0x20 || $0 == 0x09 })
    }

    /// `b64token` (RFC 6750 §2.1), character by character.
    private static func isToken(_ token: [UInt8]) -> Bool {
        var padding = false
        for (index, octet) in token.enumerated() {
            if octet == UInt8(ascii: "=") {
                guard index > 0 else { return false }
                padding = true
                continue
            }
            let isCharacter = PlainHead.isTokenOctet(octet) && !Array("!#$%&'*^`|".utf8).contains(octet)
            guard !padding, isCharacter || octet == UInt8(ascii: "/") else { return false }
        }
        return !token.isEmpty
    }
}
