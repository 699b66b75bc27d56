import OAuthModel

/// A `kid` (RFC 7515 §4.1.4): opaque, case-sensitive, compared byte by byte.
package struct KeyIdentifier: Sendable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }
}

// `String` compares by canonical equivalence; two spellings of one glyph are two identifiers.
extension KeyIdentifier: Hashable {
    package static func == (a: KeyIdentifier, b: KeyIdentifier) -> Bool {
        a.text.hasSameOctets(as: b.text)
    }

    package func hash(into hasher: inout Hasher) {
        // Same bytes imply the same canonical form, so String's own hash is a correct one.
        hasher.combine(self.text)
    }
}

extension KeyIdentifier: CustomStringConvertible {
    package var description: String { self.text }
}
