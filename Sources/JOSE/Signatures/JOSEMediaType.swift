import OAuthModel

/// A `typ` or `cty` (RFC 7515 §4.1.9): a media type, compared without regard to case and to a leading `application/`.
package struct JOSEMediaType: Sendable {
    /// Lower case, without `application/` where it may be left out.
    package let text: String

    package init(_ text: String) {
        let lower = String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
        let prefix = "application/"
        if lower.utf8.starts(with: prefix.utf8) {
            let rest = lower.dropFirst(prefix.count)
            // With another slash behind it the prefix is no abbreviation.
            self.text = rest.utf8.contains(0x2F) ? lower : String(rest)
        } else {
            self.text = lower
        }
    }

    /// Access tokens of RFC 9068 §2.1.
    package static let accessToken = JOSEMediaType("at+jwt")
    /// Any JWT (RFC 7519 §5.1); also stands for a token that names no type.
    package static let jwt = JOSEMediaType("JWT")
}

extension JOSEMediaType: Hashable {
    package static func == (a: JOSEMediaType, b: JOSEMediaType) -> Bool {
        a.text.hasSameOctets(as: b.text)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.text)
    }
}
