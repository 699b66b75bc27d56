import OAuthModel

/// The keys an authorization server signs with (RFC 7517 §5), as far as they are usable here.
package struct JSONWebKeySet: Sendable {
    /// A key that is not used, for one log line.
    package struct LeftOut: Sendable, Hashable, CustomStringConvertible {
        /// Its place in `keys`.
        package let index: Int
        package let keyIdentifier: KeyIdentifier?
        package let problem: KeyProblem

        /// For the log: which key, and why; a `kid` may be of any length, a line may not.
        package var description: String {
            let name = self.keyIdentifier?.text.beginning(octetsMax: Self.nameOctetsMax) ?? "keys[\(self.index)]"
            return "\(name): \(self.problem.label)"
        }

        /// A digest in hexadecimal, which many use for a `kid`.
        private static let nameOctetsMax = 64
    }

    package let keys: [JSONWebKey]
    package let leftOut: [LeftOut]

    private let byIdentifier: [KeyIdentifier: [JSONWebKey]]

    /// Reads the document.
    ///
    /// One bad key is left out; a document that is no set is refused as a whole.
    package static func read(
        _ bytes: [UInt8], policy: KeyPolicy = KeyPolicy()
    ) throws(JSONWebKeySetError) -> JSONWebKeySet {
        guard bytes.count <= self.byteCountMax else { throw .tooLarge }
        let limits = JSONLimits(bytes: self.byteCountMax)
        var ambiguous: [JSONDocument.Place] = []
        guard let document = try? JSONDocument(reading: bytes, limits: limits, noting: &ambiguous) else {
            throw .notJSON
        }
        guard let list = document.member(named: "keys", of: document.root), document.isArray(list) else {
            throw .notAKeySet
        }
        let elements = document.elements(of: list)
        guard elements.count <= policy.keysMax else { throw .tooManyKeys }
        var keys: [(index: Int, key: JSONWebKey)] = []
        var leftOut: [LeftOut] = []
        for (index, place) in elements.enumerated() {
            guard !document.contains(anyOf: ambiguous, at: place) else {
                // RFC 7517 §4 and §5: one key that cannot be read takes no other away. It has no name here, since its
                // `kid` may be what is there twice.
                leftOut.append(LeftOut(index: index, keyIdentifier: nil, problem: .duplicateMember))
                continue
            }
            let element = document.value(at: place)
            do throws(KeyProblem) {
                keys.append((index, try JSONWebKey(element, policy: policy)))
            } catch {
                let identifier = self.identifier(of: element)
                leftOut.append(LeftOut(index: index, keyIdentifier: identifier, problem: error))
            }
        }
        leftOut += self.withdrawAmbiguous(from: &keys)
        leftOut.sort { $0.index < $1.index }
        return JSONWebKeySet(keys: keys.map(\.key), leftOut: leftOut)
    }

    /// A set of keys made on the spot.
    package init(keys: [JSONWebKey]) {
        self.init(keys: keys, leftOut: [])
    }

    private init(keys: [JSONWebKey], leftOut: [LeftOut]) {
        self.keys = keys
        self.leftOut = leftOut
        var byIdentifier: [KeyIdentifier: [JSONWebKey]] = [:]
        for key in keys {
            if let identifier = key.keyIdentifier { byIdentifier[identifier, default: []].append(key) }
        }
        self.byIdentifier = byIdentifier
    }

    /// Whether the key with this thumbprint is in the set, under whatever name.
    package func contains(_ thumbprint: KeyThumbprint) -> Bool {
        self.keys.contains { $0.thumbprint == thumbprint }
    }

    /// Which keys `newer` has as they are here: what these verified it would verify as well.
    ///
    /// A key that got another `kid` or other algorithms in any of its entries is none of them: it may no longer verify
    /// what it did (RFC 8725 §3.1).
    package func keysLasting(in newer: JSONWebKeySet) -> Set<KeyThumbprint> {
        let changed = self.keys.filter { key in !newer.keys.contains { $0.isSame(as: key) } }
        return Set(self.keys.map(\.thumbprint)).subtracting(changed.map(\.thumbprint))
    }

    /// The keys that a token with this header may have been signed with, at most a few.
    ///
    /// A token that names a key gets keys of that name and no other; one that names none gets those that could have
    /// made such a signature.
    func candidates(for header: JWSHeader) throws(JWTRejection) -> [JSONWebKey] {
        guard let identifier = header.keyIdentifier else {
            let fitting = self.keys.lazy.filter { $0.algorithms.contains(header.algorithm) }
            guard fitting.first != nil else { throw .unknownKey(nil) }
            return Array(fitting.prefix(Self.candidatesMax))
        }
        guard let named = self.byIdentifier[identifier] else { throw .unknownKey(identifier) }
        let fitting = named.filter { $0.algorithms.contains(header.algorithm) }
        // The key decides the algorithm; the header can only agree (RFC 8725 §3.1).
        guard !fitting.isEmpty else { throw .algorithmOfAnotherKey }
        return Array(fitting.prefix(Self.candidatesMax))
    }

    /// Takes out keys that one `kid` and algorithm do not tell apart (RFC 7517 §4.5), and repetitions of one key.
    ///
    /// Equivalent alternatives of different kinds may share a `kid`; two keys for one algorithm may not, since whoever
    /// adds the second would speak in the name of the first.
    private static func withdrawAmbiguous(from keys: inout [(index: Int, key: JSONWebKey)]) -> [LeftOut] {
        var withdrawn: [LeftOut] = []
        let all = keys
        keys.removeAll { index, key in
            guard let identifier = key.keyIdentifier else { return false }
            let rivals = all.filter { other in
                other.index != index && other.key.keyIdentifier == identifier
                    && other.key.algorithms.contains { key.algorithms.contains($0) }
            }
            let problem: KeyProblem?
            if rivals.contains(where: { $0.key.thumbprint != key.thumbprint }) {
                problem = .ambiguousKeyIdentifier
            } else if rivals.contains(where: { $0.index < index && $0.key.algorithms == key.algorithms }) {
                problem = .duplicate
            } else {
                problem = nil
            }
            guard let problem else { return false }
            withdrawn.append(LeftOut(index: index, keyIdentifier: identifier, problem: problem))
            return true
        }
        return withdrawn
    }

    private static func identifier(of element: JSONValue) -> KeyIdentifier? {
        guard case .object(let members) = element, case .string(let text)? = members["kid"] else { return nil }
        return KeyIdentifier(text)
    }

    /// A hundred 4,096-bit keys with a certificate beside each; one bound for answers, for files, and for `check`.
    package static let byteCountMax = 512 << 10

    /// What one token may cost: verifications tried before it is refused.
    private static let candidatesMax = 8
}

/// Why a document is no key set.
package enum JSONWebKeySetError: Error, Sendable, Hashable, CaseIterable {
    case tooLarge, notJSON, notAKeySet, tooManyKeys

    package var label: StaticString {
        switch self {
        case .tooLarge: "too_large"
        case .notJSON: "not_json"
        case .notAKeySet: "not_a_key_set"
        case .tooManyKeys: "too_many_keys"
        }
    }
}
