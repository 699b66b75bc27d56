import Foundation
import JOSE

/// Names and secrets that the server makes up.
enum Identifiers {
    /// A random UUID, as Hydra names clients, grants and tokens.
    static func uuid() -> String { UUID().uuidString.lowercased() }

    /// A client secret in Hydra's form: 26 characters out of letters, digits and `-_.~`.
    static func clientSecret() -> String {
        var secret = ""
        while secret.utf8.count < Self.secretLength {
            for byte in RandomBytes.make(count: Self.secretLength) where secret.utf8.count < Self.secretLength {
                // Bytes beyond the last whole alphabet are thrown away, or some characters would be likelier.
                guard Int(byte) < 256 - 256 % Self.alphabet.count else { continue }
                secret.unicodeScalars.append(Unicode.Scalar(Self.alphabet[Int(byte) % Self.alphabet.count]))
            }
        }
        return secret
    }

    private static let secretLength = 26
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~".utf8)
}
