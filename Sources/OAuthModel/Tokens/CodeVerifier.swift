/// The `code_verifier` of PKCE (RFC 7636 §4.1).
package enum CodeVerifier {
    /// `43*128unreserved`: what a server takes at all, and what a client must make.
    package static func isWellFormed(_ text: String) -> Bool {
        43...128 ~= text.utf8.count && text.utf8.allSatisfy(\.isUnreserved)
    }
}
