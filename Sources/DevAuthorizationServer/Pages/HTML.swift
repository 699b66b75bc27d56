/// Markup that is safe to show: what is interpolated into it is escaped, unless it is markup itself.
///
/// There is no way to make it of text that somebody else wrote, other than escaping that.
struct HTML: Sendable, ExpressibleByStringInterpolation {
    private(set) var text: String

    init(stringLiteral value: String) { self.text = value }

    init(stringInterpolation: Interpolation) { self.text = stringInterpolation.text }

    struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { self.text.reserveCapacity(literalCapacity) }

        mutating func appendLiteral(_ literal: String) { self.text += literal }

        mutating func appendInterpolation(_ markup: HTML) { self.text += markup.text }

        mutating func appendInterpolation(_ markup: [HTML]) {
            for one in markup { self.text += one.text }
        }

        mutating func appendInterpolation(_ text: String) { self.text += HTML.escape(text) }
    }

    /// Text as it is written between tags and in quoted attributes; characters that no page may hold become U+FFFD.
    static func escape(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\n", "\r", "\t": escaped.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}": escaped += "\u{FFFD}"
            // They turn the direction of what follows, so that a name can look like another text of the page.
            case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
