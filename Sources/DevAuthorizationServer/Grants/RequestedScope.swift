import OAuthModel

/// The scopes that a request names, held against what may be granted (RFC 6749 §3.3).
///
/// A word that is no scope is refused even where a wildcard would cover it: granted scopes are told joined by spaces, so
/// what has white space inside would be read as other scopes than were granted.
enum RequestedScope {
    /// Whether it is a scope token, or would be one if RFC 6749 §3.3 knew characters beyond ASCII, as Hydra does.
    static func isScope(_ word: String) -> Bool {
        !word.isEmpty
            && word.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII ? Scope(String(scalar)) != nil : !scalar.properties.isWhitespace
            }
    }

    /// - Parameter hint: what to say of the first word that is not covered.
    static func check(_ words: [String], against granted: [String], hint: (String) -> String) throws {
        guard words.count <= Self.wordsMax else {
            throw HydraError.invalidScope("More than \(Self.wordsMax) scopes are requested.")
        }
        for word in words {
            guard Self.isScope(word) else { throw HydraError.invalidScope("A requested scope is no scope token.") }
            guard ScopeStrategy.wildcard.matches(granted: granted, wanted: word) else {
                throw HydraError.invalidScope(hint(word))
            }
        }
    }

    /// Each word is compared with all that the client may have; nobody asks a user about more.
    static let wordsMax = 256
}

extension RegisteredClient {
    /// Refuses audiences that the client may not ask for.
    func require(audience: [String]) throws {
        guard audience.count <= Self.audiencesMax, AudienceStrategy.hydra.allows(audience, allowed: self.audience)
        else {
            throw HydraError.invalidRequest("A requested audience is not one of the client's.")
        }
    }

    /// Each is compared with all that the client may ask for.
    static let audiencesMax = 256
}

extension FormFields {
    /// The scopes asked for, in order; asked for twice is asked for.
    var requestedScope: [String] { self.words(of: "scope").eachOnce }

    /// Given several times, each value is one audience; given once, it is split at spaces.
    var requestedAudience: [String] {
        let values = self.values(of: "audience")
        return (values.count > 1 ? values.filter { !$0.isEmpty } : self.words(of: "audience")).eachOnce
    }
}

extension [String] {
    /// Every string once, where it stood first; told apart by their bytes.
    var eachOnce: [String] {
        var seen: Set<[UInt8]> = []
        return self.filter { seen.insert([UInt8]($0.utf8)).inserted }
    }
}
