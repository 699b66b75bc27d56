import HTTPWire

extension Route.PathRewrite {
    /// The path with the prefix cut and the other one added, judged again: what was safe to match must be safe to send.
    ///
    /// The prefix is cut only where a segment ends, so that `/v1` never cuts `/v10`; a path without it stays whole.
    func apply(to path: Span<UInt8>, _ target: RequestTarget) throws(Refusal) -> [UInt8] {
        var start = 0
        if Self.has(path, prefix: self.stripPrefix.span) { start = self.stripPrefix.count }
        var result = self.addPrefix
        result.reserveCapacity(result.count + path.count - start + 1)
        for index in start..<path.count { result.append(path[index]) }
        if result.isEmpty { result.append(0x2F) }
        do {
            let normal = try PathNormalForm(result.span)
            guard normal.rewritten == nil, !normal.hasPathParameters || target.hasPathParameters else {
                throw TargetProblem.form
            }
            return result
        } catch {
            throw .rewriteRefused
        }
    }

    private static func has(_ path: Span<UInt8>, prefix: Span<UInt8>) -> Bool {
        guard prefix.count > 0, path.count >= prefix.count, path.extracting(0..<prefix.count).elementsEqual(prefix)
        else { return false }
        return path.count == prefix.count || path[prefix.count] == 0x2F
    }

    /// Reads the two prefixes as a configuration writes them: whole segments in normal form, without a last slash.
    package init(stripPrefix: String, addPrefix: String) throws(RoutePatternProblem) {
        self.init(stripPrefix: try Self.prefix(stripPrefix), addPrefix: try Self.prefix(addPrefix))
    }

    private static func prefix(_ text: String) throws(RoutePatternProblem) -> [UInt8] {
        guard !text.isEmpty, text != "/" else { return [] }
        let bytes = [UInt8](text.utf8)
        guard bytes[0] == 0x2F else { throw .noLeadingSlash(text) }
        guard bytes.last != 0x2F else { throw .lastSlash(text) }
        let normal: PathNormalForm
        do { normal = try PathNormalForm(bytes.span) } catch { throw .refused(text, error) }
        if let rewritten = normal.rewritten {
            throw .notNormal(text, rightly: String(decoding: rewritten, as: UTF8.self))
        }
        return bytes
    }
}
