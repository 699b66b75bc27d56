import JOSE
import OAuthModel

/// A key set as an authorization server serves it (RFC 7517 §5).
///
/// Each element is a key or left out with its reason; two names never make one key ambiguous; and what else is in the document
/// takes no key away.
enum KeySetTarget {
    static func run(_ bytes: [UInt8]) {
        let set: JSONWebKeySet
        do throws(JSONWebKeySetError) {
            set = try JSONWebKeySet.read(bytes)
        } catch {
            insist(error != .tooLarge || bytes.count > JSONWebKeySet.byteCountMax, "a set is refused: \(error.label)")
            return
        }
        for element in set.leftOut { insist("\(element)".utf8.count <= 128, "a line in the log is not endless") }
        guard let value = try? JSONReader.read(bytes, limits: JSONLimits(bytes: JSONWebKeySet.byteCountMax)) else {
            insist(PlainJSON(bytes)?.hasDuplicate == true, "only a member that is there twice is passed over")
            self.insistOnCandidates(of: set)
            return
        }
        guard case .object(let document) = value, let elements = document["keys"]?.arrayValue else {
            end("finding: a key set is an object with `keys`")
        }
        insist(!set.leftOut.contains { $0.problem == .duplicateMember }, "a key is left out for what is wrong with it")
        insist(set.keys.count + set.leftOut.count == elements.count, "each element is used or left out")
        insist(Set(set.leftOut.map(\.index)).count == set.leftOut.count, "and never both")
        for element in set.leftOut {
            insist(elements.indices.contains(element.index), "what is left out has its place")
        }
        for key in set.keys { self.insistOnKey(key, among: set, elements) }
        self.insistOnCandidates(of: set)
        self.insistOnSecondReading(set, document, elements)
    }

    private static func insistOnKey(_ key: JSONWebKey, among set: JSONWebKeySet, _ elements: [JSONValue]) {
        insist(!key.algorithms.isEmpty, "a key serves an algorithm")
        insist(key.algorithms.allSatisfy { $0.keyKind == key.key.kind }, "RFC 8725 §3.1: and only ones of its kind")
        insist(set.contains(key.thumbprint), "a key is found by its thumbprint")
        if let identifier = key.keyIdentifier {
            let rivals = set.keys.filter { other in
                other.keyIdentifier == identifier && other.thumbprint != key.thumbprint
                    && other.algorithms.contains { key.algorithms.contains($0) }
            }
            insist(rivals.isEmpty, "RFC 7517 §4.5: a name and an algorithm mean one key")
        }
        let written = elements.contains { element in
            guard case .object(let members) = element, members["kty"] != "oct" else { return false }
            let secrets = members["kty"] == "RSA" ? ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] : ["d", "k"]
            guard secrets.allSatisfy({ members[$0] == nil }) else { return false }
            return members["kid"]?.stringValue.map(KeyIdentifier.init) == key.keyIdentifier
        }
        insist(written, "a key is one of the document's, and public")
        let size = key.key.signatureByteCount
        for count in [0, size - 1, size, size + 1] {
            let signature = [UInt8](repeating: 0, count: count)
            for algorithm in SignatureAlgorithm.allCases {
                insist(
                    !key.key.verifies(signature.span, over: signature.span, algorithm: algorithm),
                    "a signature of zeros is none")
            }
        }
    }

    /// A token that nobody of the set signed finds no key that verifies it.
    private static func insistOnCandidates(of set: JSONWebKeySet) {
        let names = [nil] + set.keys.compactMap(\.keyIdentifier)
        for algorithm in SignatureAlgorithm.allCases {
            for name in names.prefix(3) {
                var header: JSONObject = ["alg": .string(algorithm.name)]
                if let name { header["kid"] = .string(name.text) }
                let token =
                    Base64URL.encodedBytes(JSONWriter.write(header).span) + Array(".e30.".utf8)
                    + Base64URL.encodedBytes([UInt8](repeating: 1, count: 64).span)
                let isVerified = self.verifies(token, set)
                insist(!isVerified, "a signature that nobody made is none")
                insist(
                    !self.verifies(token, JSONWebKeySet(keys: set.keys)), "nor with the same keys in another set")
            }
        }
    }

    private static func verifies(_ token: [UInt8], _ set: JSONWebKeySet) -> Bool {
        do throws(JWTRejection) {
            let jws = try CompactJWS(parsing: token.span, byteCountMax: 16_384)
            _ = try JWSVerifier.verify(jws, keys: set, algorithms: SignatureAlgorithm.allCases)
            return true
        } catch {
            return false
        }
    }

    private static func insistOnSecondReading(_ set: JSONWebKeySet, _ document: JSONObject, _ elements: [JSONValue]) {
        guard elements.count < 100 else { return }
        var members = document
        var own = FuzzKeys.signer.publicJWK
        own["kid"] = "a key of nobody else"
        members["keys"] = .array([.object(own)] + elements)
        guard let again = try? JSONWebKeySet.read(JSONWriter.write(members)) else {
            insist(JSONWriter.write(members).count > JSONWebKeySet.byteCountMax, "one key more is still a set")
            return
        }
        insist(
            again.keys.dropFirst().map(\.thumbprint) == set.keys.map(\.thumbprint),
            "a key more takes none away and adds no other")
        insist(again.keys.first?.key.kind == .ed25519, "and is used itself")
    }
}
