import JOSE
import OAuthModel
import Testing

@Suite("Digests, random bytes and password hashes")
struct DigestTests {
    @Test(
        "FIPS 180-4: SHA-256 of the standard's examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ])
    func sha256(text: String, hex: String) throws {
        #expect(SHA256Digest.digest(of: Array(text.utf8)).bytes.hex == hex)
        let digest = SHA256Digest.digest(of: text.utf8.span)
        #expect(Digest256(try [UInt8](hex: hex)) == digest)
        #expect(Digest256([1, 2, 3]) == nil)
    }

    @Test(
        "RFC 4231 §4: HMAC-SHA-256 test cases 1 to 3, 6 and 7",
        arguments: [
            (
                [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
            ),
            (
                [UInt8](repeating: 0xAA, count: 131),
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            (
                [UInt8](repeating: 0xAA, count: 131),
                Array(
                    "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm."
                        .utf8), "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
            ),
        ])
    func hmac(key: [UInt8], message: [UInt8], hex: String) {
        let code = KeyedDigest(key: key).authenticationCode(for: message.span)
        #expect(code.bytes.hex == hex)
    }

    @Test(
        "a keyed digest of parts is the HMAC of the parts, each behind its length in eight bytes",
        arguments: [0, 1, 55, 56, 63, 64, 65, 1_000])
    func parts(count: Int) {
        let digest = KeyedDigest(key: [1, 2, 3])
        let prefix = Array("https://as.example".utf8)
        let token = [UInt8](repeating: 0x61, count: count)
        var message: [UInt8] = [0, 0, 0, 0, 0, 0, 0, UInt8(prefix.count)] + prefix
        message += [0, 0, 0, 0, 0, 0, UInt8(count >> 8), UInt8(count & 0xFF)] + token
        let ofParts = digest.digest(prefix: prefix, token: token.span)
        let ofMessage = digest.authenticationCode(for: message.span)
        #expect(ofParts == ofMessage)
    }

    @Test("parts that run together the same way have different digests")
    func partsDoNotRunTogether() {
        let digest = KeyedDigest(key: [1])
        let one = digest.digest(prefix: Array("ab".utf8), token: "c".utf8.span)
        let other = digest.digest(prefix: Array("a".utf8), token: "bc".utf8.span)
        #expect(one != other)
    }

    @Test("a keyed digest does not print its key")
    func doesNotPrintItsKey() {
        #expect(String(reflecting: KeyedDigest(key: [1])) == "KeyedDigest")
        var dumped = ""
        dump(KeyedDigest(key: [1]), to: &dumped)
        #expect(!dumped.contains("SIMD"))
    }

    @Test("random bytes are as many as asked for and not the same twice")
    func randomBytes() {
        #expect(RandomBytes.make(count: 0).isEmpty)
        #expect(RandomBytes.make(count: 32).count == 32)
        #expect(RandomBytes.make(count: 32) != RandomBytes.make(count: 32))
    }

    @Test("a password hash verifies its password and no other; each is salted")
    func passwordHash() {
        let cost = PasswordHash.Cost(logRounds: 4, blockSize: 8, parallelism: 1)
        let stored = PasswordHash.make(Array("secret".utf8), cost: cost)
        #expect(PasswordHash.verify(Array("secret".utf8), against: stored))
        #expect(!PasswordHash.verify(Array("Secret".utf8), against: stored))
        #expect(!PasswordHash.verify([], against: stored))
        #expect(PasswordHash.make(Array("secret".utf8), cost: cost) != stored)
        #expect(PasswordHash.verify([], against: PasswordHash.make([], cost: cost)))
    }

    @Test("RFC 7914: the hash is the one an independent implementation of scrypt makes")
    func scrypt() {
        let salt = Base64URL.encode(Array("0123456789abcdef".utf8))
        let hash = "jU-wVnnRO8xMJ6kk2pn2W1IFgOT9r8PK-dHZ-HH3bt4"
        #expect(PasswordHash.verify(Array("password".utf8), against: "$scrypt$ln=4,r=8,p=1$\(salt)$\(hash)"))
    }

    @Test(
        "a stored text that is damaged or asks for too much work matches nothing",
        arguments: [
            "", "secret", "$scrypt$ln=4,r=8,p=1$AA$AA",
            "$scrypt$ln=30,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$jU-wVnnRO8xMJ6kk2pn2W1IFgOT9r8PK-dHZ-HH3bt4",
            "$scrypt$ln=4,r=8$MDEyMzQ1Njc4OWFiY2RlZg$jU-wVnnRO8xMJ6kk2pn2W1IFgOT9r8PK-dHZ-HH3bt4",
            "$scrypt$ln=-4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$jU-wVnnRO8xMJ6kk2pn2W1IFgOT9r8PK-dHZ-HH3bt4",
        ])
    func refusesStoredTexts(stored: String) {
        #expect(!PasswordHash.verify(Array("password".utf8), against: stored))
    }
}
