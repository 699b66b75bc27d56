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
            var rest = Array(field.utf8)[...]
            while let link = Self.takeLink(from: &rest) {
                guard link.isNext else { continue }
                guard let query = AddressText.query(of: link.target) else { return .unusable }
                let token = try? FormURLEncoded(parsing: query).soleValue(of: "page_token")
                guard let token, !token.isEmpty else { return .unusable }
                return .page(token: token)
            }
        }
        return .none
    }

    /// The next `<target>; parameter; …`; commas within a target or a quoted text end nothing.
    private static func takeLink(from rest: inout ArraySlice<UInt8>) -> (target: ArraySlice<UInt8>, isNext: Bool)? {
        guard let open = rest.firstIndex(of: UInt8(ascii: "<")),
            let close = rest[open...].firstIndex(of: UInt8(ascii: ">"))
        else { return nil }
        let target = rest[(open + 1)..<close]
        rest = rest[(close + 1)...]
        var parameters: [ArraySlice<UInt8>] = []
        var start = rest.startIndex
        var isQuoted = false
        var index = rest.startIndex
        while index < rest.endIndex, isQuoted || rest[index] != UInt8(ascii: ",") {
            switch rest[index] {
            case UInt8(ascii: "\""): isQuoted.toggle()
            // What stands behind it is part of the quoted text, whatever it is (RFC 9110 §5.6.4).
            case UInt8(ascii: "\\") where isQuoted: index += 1
            case UInt8(ascii: ";") where !isQuoted:
                parameters.append(rest[start..<index])
                start = index + 1
            default: break
            }
            index = min(index + 1, rest.endIndex)
        }
        parameters.append(rest[start..<index])
        rest = rest[index...]
        return (target, parameters.contains(where: Self.isNext))
    }

    /// Whether a parameter is `rel` with `next` among its words.
    private static func isNext(_ parameter: ArraySlice<UInt8>) -> Bool {
        let parts = parameter.split(separator: UInt8(ascii: "="), maxSplits: 1)
        guard parts.count == 2, Self.word(Self.trimmed(parts[0])) == "rel" else { return false }
        let words = Self.trimmed(parts[1]).filter { $0 != UInt8(ascii: "\"") }
        return words.split(separator: UInt8(ascii: " ")).contains { Self.word($0) == "next" }
    }

    private static func word(_ octets: ArraySlice<UInt8>) -> String {
        String(decoding: octets, as: UTF8.self).lowercased()
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank = { (octet: UInt8) in octet == UInt8(ascii: " ") || octet == UInt8(ascii: "\t") }
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }
}
