/// Which keys of a set may be used.
package struct KeyPolicy: Sendable, Hashable {
    /// RFC 7518 §3.3 asks for 2,048 bits or more.
    package var minRSABits: Int
    /// A signature by a longer key costs the loop more than it protects.
    package var maxRSABits: Int
    /// What tokens may be signed with; a key that serves none of these is left out.
    package var algorithms: [SignatureAlgorithm]
    /// A set with more keys than this is no set for us: real ones hold a handful.
    package var keysMax: Int

    package init(
        minRSABits: Int = 2_048, maxRSABits: Int = 4_096,
        algorithms: [SignatureAlgorithm] = SignatureAlgorithm.allCases, keysMax: Int = 100
    ) {
        self.minRSABits = minRSABits
        self.maxRSABits = maxRSABits
        self.algorithms = algorithms
        self.keysMax = keysMax
    }
}
