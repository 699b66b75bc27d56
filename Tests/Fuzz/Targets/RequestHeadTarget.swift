import HTTPWire

/// Bytes of a client, up to the end of its first head.
///
/// However they are cut they mean the same; what is accepted has the one reading that the grammar gives it; and what goes on
/// to an upstream parses strictly as the same request.
enum RequestHeadTarget {
    static func run(_ bytes: [UInt8]) {
        var choices = Choices(bytes)
        let limits = choices.chance(oneIn: 4) ? HeadLimits.tight : HeadLimits()
        let whole = HeadReading<RequestSummary>(bytes, limits: limits)
        let cuts = choices.cuts(of: bytes.count)
        insist(
            HeadReading<RequestSummary>(bytes, cutAt: cuts, limits: limits) == whole,
            "a request head means the same however it is cut")
        guard case .complete(let head) = whole else { return }
        insist(
            HeadReading<RequestSummary>(Array(bytes[..<head.byteCount]), limits: limits) == whole,
            "what follows a head does not change it")
        insist(
            HeadReading<RequestSummary>(Array(bytes[..<(head.byteCount - 1)]), limits: limits) == .needMore,
            "a head is not complete before its last byte")
        self.insistOnGrammar(bytes, head)
        ForwardedRequest.judge(bytes, &choices)
    }

    /// Holds the head against a reading of its lines.
    private static func insistOnGrammar(_ bytes: [UInt8], _ head: RequestSummary) {
        let plain = insist(PlainHead(Array(bytes[..<head.byteCount])), "an accepted head is lines of the grammar")
        let words = plain.words
        insist(words.count == 3, "a request line has two spaces")
        insist(words[0] == bytes[head.methodRange] && words[1] == bytes[head.target], "method and target are words")
        insist(words[2] == Array("HTTP/1.\(head.minorVersion)".utf8), "the version is the third word")
        insist(words[1].allSatisfy { (0x21...0x7E).contains($0) }, "a target is visible ASCII")
        insist(plain.fields.count == head.fields.count, "every line is a field")
        for (field, line) in zip(head.fields, plain.fields) {
            insist(bytes[field.name] == line.name && bytes[field.value] == line.value, "a field is its line")
        }
        let hosts = plain.values("host").count
        insist(hosts == 1 || hosts == 0 && head.minorVersion == 0, "RFC 9112 §3.2: one Host")
        let codings = plain.values("transfer-encoding")
        let lengths = plain.values("content-length")
        switch head.framing {
        case .none: insist(codings.isEmpty && lengths.isEmpty, "RFC 9112 §6.3: no framing field is passed over")
        case .chunked:
            insist(
                codings.map { String(decoding: $0, as: UTF8.self).lowercased() } == ["chunked"] && lengths.isEmpty
                    && head.minorVersion > 0, "RFC 9112 §6.1: chunked, once, and no length")
        case .length(let count):
            insist(codings.isEmpty && lengths.count == 1, "RFC 9112 §6.2: one length")
            insist(
                lengths[0].allSatisfy { (0x30...0x39).contains($0) }
                    && UInt64(String(decoding: lengths[0], as: UTF8.self)) == count, "a length is its digits")
        case .untilClose: insist(false, "a request never ends with the connection")
        }
    }
}
