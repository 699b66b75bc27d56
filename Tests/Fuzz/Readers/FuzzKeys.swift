import JOSE
import OAuthModel

/// Keys that everybody knows: the example of RFC 8037 appendix A, with which seeds and the targets sign, and the public keys
/// of the examples of RFC 7515.
enum FuzzKeys {
    static let signer: JWSSigner = {
        // PKCS #8 with the seed of RFC 8037 §A.1.
        let pem = """
            -----BEGIN PRIVATE KEY-----
            MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
            -----END PRIVATE KEY-----

            """
        do {
            return JWSSigner(
                key: try OpenSSLPrivateKey(pem: Array(pem.utf8)), algorithm: .edDSA, keyIdentifier: KeyIdentifier("ed"))
        } catch {
            end("the key of the fuzz targets is none: \(error)")
        }
    }()

    /// RFC 7515 §A.2.1 and §A.3.1.
    private static let examples = """
        {"kty":"RSA","kid":"rsa","alg":"RS256","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPd\
        dxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf6\
        3kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK\
        -DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"},{"kty":"EC","kid":"ec","crv":"P-256",\
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        """

    static let set: JSONWebKeySet = {
        let own = String(decoding: JSONWriter.write(Self.signer.publicJWK), as: UTF8.self)
        let document = #"{"keys":[\#(own),\#(Self.examples)]}"#
        guard let set = try? JSONWebKeySet.read(Array(document.utf8)), set.keys.count == 3 else {
            end("the key set of the fuzz targets is none")
        }
        return set
    }()
}
