package import OAuthModel

/// A public key of a set (RFC 7517 §4) that may check signatures, and for which algorithms.
package struct JSONWebKey: Sendable {
    package let keyIdentifier: KeyIdentifier?
    /// The algorithms it serves: the one its `alg` names, or else all allowed ones of its kind.
    package let algorithms: [SignatureAlgorithm]
    package let thumbprint: KeyThumbprint
    package let key: OpenSSLPublicKey
    /// Whether its `use` says `sig` (RFC 7517 §4.2), and does not only leave it open.
    package let isDeclaredForSignatures: Bool

    /// Reads one member of `keys`; throws what keeps it from being used.
    package init(_ value: JSONValue, policy: KeyPolicy) throws(KeyProblem) {
        guard case .object(let members) = value else { throw .notAnObject }
        self.keyIdentifier = try JSONWebKeyMembers.string("kid", of: members).map(KeyIdentifier.init)
        try JSONWebKeyMembers.checkUse(of: members)
        self.isDeclaredForSignatures = members["use"] != nil
        let material = try JSONWebKeyMembers.material(of: members)
        self.algorithms = try JSONWebKeyMembers.algorithms(of: members, kind: material.kind, policy: policy)
        try material.check(policy)
        self.thumbprint = KeyThumbprint(of: material)
        self.key = try OpenSSLPublicKey(material)
    }

    /// A key made on the spot, for tests and the development server.
    package init(
        _ material: PublicKeyMaterial, keyIdentifier: KeyIdentifier?, algorithms: [SignatureAlgorithm]
    ) throws(KeyProblem) {
        self.keyIdentifier = keyIdentifier
        self.algorithms = algorithms.filter { $0.keyKind == material.kind }
        self.isDeclaredForSignatures = true
        self.thumbprint = KeyThumbprint(of: material)
        self.key = try OpenSSLPublicKey(material)
    }

    /// Whether it is this key, under this name, for these algorithms.
    func isSame(as other: JSONWebKey) -> Bool {
        self.thumbprint == other.thumbprint && self.keyIdentifier == other.keyIdentifier
            && self.algorithms == other.algorithms
    }
}

/// The members of a JWK, read strictly: a member that is there has its kind or the key is not used.
private enum JSONWebKeyMembers {
    static func string(_ name: String, of members: JSONObject) throws(KeyProblem) -> String? {
        switch members[name] {
        case nil: return nil
        case .string(let text): return text
        case .null, .bool, .number, .array, .object: throw .malformedMember
        }
    }

    /// RFC 7517 §4.2 and §4.3: both members, where they are there, must speak of signatures.
    static func checkUse(of members: JSONObject) throws(KeyProblem) {
        if let use = try self.string("use", of: members) {
            guard use.hasSameOctets(as: "sig") else { throw .notForSignatures }
        }
        guard let operations = members["key_ops"] else { return }
        guard case .array(let list) = operations else { throw .malformedMember }
        var names: [String] = []
        for element in list {
            guard case .string(let name) = element else { throw .malformedMember }
            // RFC 7517 §4.3: duplicate operations must not be present.
            guard !names.contains(where: { $0.hasSameOctets(as: name) }) else { throw .malformedMember }
            names.append(name)
        }
        guard names.contains(where: { $0.hasSameOctets(as: "verify") }) else { throw .notForSignatures }
    }

    static func algorithms(
        of members: JSONObject, kind: KeyKind, policy: KeyPolicy
    ) throws(KeyProblem) -> [SignatureAlgorithm] {
        guard let name = try self.string("alg", of: members) else {
            let served = policy.algorithms.filter { $0.keyKind == kind }
            guard !served.isEmpty else { throw .algorithmNotAllowed }
            return served
        }
        guard let algorithm = SignatureAlgorithm(name: name), policy.algorithms.contains(algorithm) else {
            throw .algorithmNotAllowed
        }
        guard algorithm.keyKind == kind else { throw .algorithmOfAnotherKind }
        return [algorithm]
    }

    static func material(of members: JSONObject) throws(KeyProblem) -> PublicKeyMaterial {
        guard let type = try self.string("kty", of: members) else { throw .missingMember }
        guard !type.hasSameOctets(as: "oct") else { throw .symmetricKey }
        let isRSA = type.hasSameOctets(as: "RSA")
        // A private key in a public document is known to everyone: nothing it signs proves anything.
        guard !self.givesAway(isRSA ? self.secretsOfRSA : self.secrets, members) else { throw .privateKey }
        if isRSA {
            return .rsa(modulus: try self.bytes("n", of: members), exponent: try self.bytes("e", of: members))
        }
        let isEllipticCurve = type.hasSameOctets(as: "EC")
        guard isEllipticCurve || type.hasSameOctets(as: "OKP") else { throw .unknownKeyType }
        guard let name = try self.string("crv", of: members) else { throw .missingMember }
        if isEllipticCurve {
            guard let curve = EllipticCurve(name: name) else { throw .unknownCurve }
            return .ellipticCurve(curve, x: try self.bytes("x", of: members), y: try self.bytes("y", of: members))
        }
        guard name.hasSameOctets(as: "Ed25519") else { throw .unknownCurve }
        return .ed25519(x: try self.bytes("x", of: members))
    }

    /// Whatever their kind: who publishes such a member has at least tried to publish the key.
    private static func givesAway(_ secrets: [String], _ members: JSONObject) -> Bool {
        secrets.contains { members[$0] != nil }
    }

    private static func bytes(_ name: String, of members: JSONObject) throws(KeyProblem) -> [UInt8] {
        guard let text = try self.string(name, of: members) else { throw .missingMember }
        guard let bytes = Base64URL.decode(text), !bytes.isEmpty else { throw .malformedMember }
        return bytes
    }

    /// RFC 7518 §6.2.2 and §6.4.1, RFC 8037 §2.
    private static let secrets = ["d", "k"]
    /// RFC 7518 §6.3.2: beside the modulus, each of these alone gives the key away.
    private static let secretsOfRSA = secrets + ["p", "q", "dp", "dq", "qi", "oth"]
}
