import Foundation
import JOSE

/// What clients, users and subjects may be called, and the names and secrets that the server makes up.
enum Identifiers {
    /// As wide as Hydra's columns for clients, subjects and issuers.
    static let bytesMax = 255

    /// Not empty, no longer than a column is wide, and without control characters.
    static func isUsable(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= Self.bytesMax && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

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
