package import HTTPWire

/// Which trailer fields pass (SPEC §5, RFC 9110 §6.5.1): what is harmless wherever it is read.
///
/// A recipient may merge trailers into the head, so nothing passes here that would be stripped there.
package enum ForwardedTrailers {
    /// Writes the surviving lines of a request's trailer section, without its last CRLF.
    package static func writeRequest(
        _ fields: [HeadField], in bytes: Span<UInt8>, nominated: NominatedTrailers, route: Route,
        generation: ProxyGeneration, into writer: inout HeadWriter
    ) {
        for index in 0..<fields.count {
            let field = fields[index]
            let name = bytes.slice(field.name)
            // A credential has no place in a trailer, forwarded or not: nobody looked at it there.
            guard self.isHarmless(field, bytes), !nominated.contains(name),
                !generation.reservedNames.contains(name: name),
                !(route.readsTokenFields && route.tokenSources.namesField(name))
            else {
                continue
            }
            writer.append(bytes.slice(field.line))
        }
    }

    /// Writes the surviving lines of a response's trailer section, without its last CRLF.
    package static func writeResponse(
        _ fields: [HeadField], in bytes: Span<UInt8>, nominated: NominatedTrailers, into writer: inout HeadWriter
    ) {
        for index in 0..<fields.count
        where self.isHarmless(fields[index], bytes) && !nominated.contains(bytes.slice(fields[index].name)) {
            writer.append(bytes.slice(fields[index].line))
        }
    }

    private static func isHarmless(_ field: HeadField, _ bytes: Span<UInt8>) -> Bool {
        if HopByHopFields.ofTrailers.contains(field.kind) { return false }
        let name = bytes.slice(field.name)
        // Content-Disposition, Content-MD5 and whatever else will describe content.
        return !(name.count > 8 && Self.content.matches(name.extracting(0..<8)))
    }

    private static let content = FoldedFieldName(folding: "content-")
}
