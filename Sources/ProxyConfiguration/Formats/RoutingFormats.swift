package import ProxyCore

extension ValueFormat where Value == String {
    /// The name of a route, server or upstream: a metric's label and a word in messages.
    package static let identifier: ValueFormat<String> = ValueFormat<String>.text("a name", bytesMax: 128).map {
        text, position, context in
        ValueFormat<String>.checkedName(text, at: position, context)
    }

    static func isName(_ text: String) -> Bool {
        let isLetterOrDigit = { (byte: UInt8) in (byte | 0x20) &- 0x61 < 26 || (byte >= 0x30 && byte <= 0x39) }
        return text.utf8.count <= 128 && text.utf8.contains(where: isLetterOrDigit)
            && text.utf8.allSatisfy { isLetterOrDigit($0) || "._-/:".utf8.contains($0) }
    }

    /// A letter or a digit has to be there: metrics and logs call what matched no route `-`.
    static func checkedName(_ text: String, at position: Position, _ context: ReadingContext) -> String? {
        guard self.isName(text) else {
            context.error(
                "\(shown(text)) is no name", at: position,
                remedy: "letters, digits and `._-/:`, at most 128 of them and one of the first two kinds")
            return nil
        }
        return text
    }

    /// An element of `trusted_peers`, kept as text once it has been read.
    package static let trustedPeer: ValueFormat<String> = ValueFormat<String>.text("a network").map {
        text, position, context in
        do throws(TrustedPeersProblem) {
            _ = try TrustedPeers([text])
            return text
        } catch {
            context.error(describedBy: error.description, of: text, at: position)
            return nil
        }
    }

    /// A host without port, as `Host` carries it.
    package static let hostName: ValueFormat<String> = ValueFormat<String>.text("a host").map {
        text, position, context in
        guard let place = HostAndPort(text[...]), place.port == nil else {
            context.error(
                "\(shown(text)) is no host", at: position, remedy: "write a name without port: `admin.example.com`")
            return nil
        }
        return text
    }

    /// Text that a quoted string of HTTP carries as it is.
    package static func printable(_ what: String) -> ValueFormat<String> {
        .text(what, bytesMax: 256).map { text, position, context in
            guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) else {
                context.error(
                    "\(shown(text)) cannot stand in a header field", at: position,
                    remedy: "write printable ASCII without `\"` and `\\`")
                return nil
            }
            return text
        }
    }
}

extension ValueFormat where Value == HostPattern {
    package static let hostPattern: ValueFormat<HostPattern> = ValueFormat<String>.text("a host").map {
        text, position, context in
        do throws(HostProblem) {
            return try HostPattern(text)
        } catch {
            context.error(describedBy: error.description, of: text, at: position)
            return nil
        }
    }
}

extension ValueFormat where Value == Route.HostRewrite {
    /// `keep`, `upstream`, or the host to say.
    package static let hostRewrite: ValueFormat<Route.HostRewrite> = ValueFormat<String>.text(
        "`keep`, `upstream` or a host"
    ).map { text, position, context in
        switch text {
        case "keep": return .keep
        case "upstream": return .upstream
        default:
            guard HostAndPort(text[...]) != nil else {
                context.error(
                    "\(shown(text)) is no host", at: position,
                    remedy: "write `keep`, `upstream` or a name such as `orders.internal`")
                return nil
            }
            return .name(Array(text.utf8))
        }
    }
}

extension ValueFormat where Value == FoldedFieldName {
    /// A client's override field that a route may pass on (SPEC §5).
    package static let overrideField: ValueFormat<FoldedFieldName> = ValueFormat<String>.text("a field name").map {
        text, position, context in
        let folded = FoldedFieldName(folding: text)
        guard folded.isOverride,
            text.utf8.allSatisfy({ $0 == 0x2D || ($0 | 0x20) &- 0x61 < 26 || ($0 >= 0x30 && $0 <= 0x39) })
        else {
            context.error(
                "\(shown(text)) is none of the fields that are taken out", at: position,
                remedy: "write one of `Forwarded`, `X-Forwarded-…`, `X-Real-IP`, `X-Original-…`, `X-Rewrite-URL`, "
                    + "`X-Envoy-Original-…`, `X-HTTP-Method`, `X-HTTP-Method-Override`, `X-Method-Override`")
            return nil
        }
        return folded
    }
}

extension ValueFormat where Value == [UInt8] {
    /// Whole literal segments: `/v1`, `/internal/api`.
    package static let pathPrefix: ValueFormat<[UInt8]> = ValueFormat<String>.text("a path prefix").map {
        text, position, context in
        do throws(RoutePatternProblem) {
            let pattern = try RoutePattern(text)
            let isLiteral = pattern.segments.allSatisfy {
                if case .literal(let bytes) = $0 { !bytes.isEmpty } else { false }
            }
            guard isLiteral else {
                context.error(
                    "\(shown(text)) is not made of whole literal segments", at: position,
                    remedy: "write such as `/v1`: no `{…}`, no `**`, no slash at the end")
                return nil
            }
            return Array(text.utf8)
        } catch {
            context.error(describedBy: error.description, of: text, at: position)
            return nil
        }
    }
}

/// One place where a route looks for its token.
package enum TokenSource: Sendable, Hashable {
    case authorization
    /// A field of the route's choice.
    case field(FoldedFieldName)
}

extension ValueFormat where Value == TokenSource {
    package static let tokenSource: ValueFormat<TokenSource> = ValueFormat(
        "token source",
        schema: .any(of: [.choice(["authorization"]), .pattern("^header:[A-Za-z0-9-]+$")])
    ) { node, context in
        guard let text = context.text(node, expected: "`authorization` or `header:NAME`") else { return nil }
        if text == "authorization" { return .authorization }
        if text.hasPrefix("header:") { return Self.field(text.dropFirst("header:".count), node.position, context) }
        let isKnown = text == "form" || text == "query" || text.hasPrefix("cookie:")
        context.error(
            isKnown ? "\(shown(text)) is not supported yet" : "\(shown(text)) is no token source", at: node.position,
            remedy: "write `authorization` or such as `header:X-Access-Token`")
        return nil
    }

    private static func field(_ name: Substring, _ position: Position, _ context: ReadingContext) -> TokenSource? {
        guard !name.isEmpty, name.utf8.count <= Self.nameBytesMax,
            name.utf8.allSatisfy({ $0 == 0x2D || ($0 | 0x20) &- 0x61 < 26 || ($0 >= 0x30 && $0 <= 0x39) })
        else {
            context.error(
                "`header:` wants a field name of letters, digits and `-`", at: position,
                remedy: "write such as `header:X-Access-Token`")
            return nil
        }
        let folded = FoldedFieldName(folding: String(name))
        switch folded.problemAsTokenSource {
        case nil: return .field(folded)
        case .isAuthorization:
            context.error("`Authorization` is a source by another name", at: position, remedy: "write `authorization`")
        case .isTaken:
            context.error(
                "\(shown(String(name))) has a meaning of its own and can hold no token", at: position,
                remedy: "write such as `header:X-Access-Token`")
        }
        return nil
    }

    /// No field that anybody uses has a longer name.
    private static var nameBytesMax: Int { 128 }
}
