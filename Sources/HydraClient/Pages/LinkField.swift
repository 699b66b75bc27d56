import OAuthModel

/// The `Link` field of a list (RFC 8288 §3), of which the next page's token is wanted.
enum LinkField {
    enum Next: Sendable, Hashable {
        /// No page follows.
        case none
        /// A page follows, to be asked for with this token.
        case page(token: String)
        /// A page follows, but nothing says how to ask for it.
        case unusable
    }

    /// What the first link with `rel="next"` says.
    ///
    /// Only its `page_token` is taken: the address is our own, whatever host the link names, and Hydra 2.1 gets the rest of
    /// it wrong in one list.
    static func next(in fields: [String]) -> Next {
        for field in fields {
            var rest = Substring(field)
            while let link = Self.takeLink(from: &rest) {
                guard link.isNext else { continue }
                guard let question = link.target.firstIndex(of: "?") else { return .unusable }
                let query = link.target[link.target.index(after: question)...].prefix { $0 != "#" }
                let token = try? FormURLEncoded(parsing: Array(query.utf8)).soleValue(of: "page_token")
                guard let token, !token.isEmpty else { return .unusable }
                return .page(token: token)
            }
        }
        return .none
    }

    /// The next `<target>; parameter; …`; commas within a target or a quoted text end nothing.
    private static func takeLink(from rest: inout Substring) -> (target: Substring, isNext: Bool)? {
        guard let open = rest.firstIndex(of: "<"),
            let close = rest[open...].firstIndex(of: ">")
        else { return nil }
        let target = rest[rest.index(after: open)..<close]
        rest = rest[rest.index(after: close)...]
        var parameters: [Substring] = []
        var start = rest.startIndex
        var isQuoted = false
        var index = rest.startIndex
        while index < rest.endIndex, isQuoted || rest[index] != "," {
            switch rest[index] {
            case "\"": isQuoted.toggle()
            // What stands behind it is part of the quoted text, whatever it is (RFC 9110 §5.6.4).
            case "\\" where isQuoted: rest.formIndex(after: &index)
            case ";" where !isQuoted:
                parameters.append(rest[start..<index])
                start = rest.index(after: index)
            default: break
            }
            if index < rest.endIndex { rest.formIndex(after: &index) }
        }
        parameters.append(rest[start..<index])
        rest = rest[index...]
        return (target, parameters.contains(where: Self.isNext))
    }

    /// Whether a parameter is `rel` with `next` among its words.
    private static func isNext(_ parameter: Substring) -> Bool {
        let parts = parameter.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, Self.trimmed(parts[0]).lowercased() == "rel" else { return false }
        let words = Self.trimmed(parts[1]).filter { $0 != "\"" }
        return words.split(separator: " ").contains { $0.lowercased() == "next" }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
