import OAuthModel
import Testing

@Suite struct Base64Tests {
    @Test(
        "RFC 7515 §2: padding, white space, another alphabet, stray bits and impossible lengths are refused",
        arguments: [
            "Zg==", "Zg=", "Zm8=", "Zm9v\n", " Zm9v", "Zm 9v", "+/+/", "Zh", "Zm9", "A", "AAAAA", "Zm9vé", "Zm.v",
        ])
    func refusesURL(text: String) { #expect(Base64URL.decode(text) == nil) }

    @Test(
        "RFC 4648 §4: missing or misplaced padding, the other alphabet and stray bits are refused",
        arguments: ["Zg", "Zg=", "Zm8", "Z===", "====", "Zg==Zg==", "=Zg=", "-_-_", "Zh==", "Zm9=", "Zm9v\n", "Zg= ="])
    func refusesStandard(text: String) { #expect(Base64.decode(text) == nil) }

    @Test(
        "RFC 4648 §10",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ])
    func encodes(text: String, encoded: String) {
        let bytes = Array(text.utf8)
        #expect(Base64URL.encode(bytes) == encoded)
        #expect(Base64URL.decode(encoded) == bytes)
        let padded = encoded + String(repeating: "=", count: (4 - encoded.utf8.count % 4) % 4)
        #expect(Base64.encode(bytes) == padded)
        #expect(Base64.decode(padded) == bytes)
    }

    @Test("RFC 7515 appendix C")
    func example() { #expect(Base64URL.encode([3, 236, 255, 224, 193]) == "A-z_4ME") }

    @Test("A value has exactly one spelling: whatever decodes, encodes back to itself")
    func isCanonical() {
        var random = SeededRandom(for: "base64")
        let alphabet = Array("ABCDwxyz0189-_+/=".utf8)
        for _ in 0..<20_000 {
            let text = (0..<random.below(9)).map { _ in alphabet[random.below(alphabet.count)] }
            if let bytes = Base64URL.decode(text.span) { #expect(Array(Base64URL.encode(bytes).utf8) == text) }
            if let bytes = Base64.decode(text.span) { #expect(Array(Base64.encode(bytes).utf8) == text) }
            let bytes = (0..<random.below(50)).map { _ in UInt8(random.below(256)) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }
}

@Suite struct FormURLEncodedTests {
    @Test(
        "RFC 6749 appendix B: cut escapes, bytes that are not UTF-8 and raw control bytes are refused",
        arguments: [
            ("a=%", .malformedEscape), ("a=%4", .malformedEscape), ("a=%zz", .malformedEscape),
            ("%=1", .malformedEscape),
            ("a=%+1", .malformedEscape), ("a=%FF", .notUTF8), ("a=%C3", .notUTF8), ("a=%ED%A0%80", .notUTF8),
            ("a=b c", .notEncoded), ("a=\n", .notEncoded), ("a=\0", .notEncoded),
        ] as [(String, FormURLEncoded.Failure)])
    func refuses(text: String, failure: FormURLEncoded.Failure) {
        #expect(throws: failure) { try FormURLEncoded(parsing: Array(text.utf8)) }
    }

    @Test("More parameters than any request has are refused")
    func boundsParameters() throws {
        #expect(try FormURLEncoded(parsing: Array(String(repeating: "a=1&", count: 100).utf8)).parameters.count == 100)
        #expect(throws: FormURLEncoded.Failure.tooManyParameters) {
            try FormURLEncoded(parsing: Array(String(repeating: "a=1&", count: 101).utf8))
        }
    }

    @Test("A repeated name has no sole value", arguments: ["a=1&a=2", "a=1&b=2&%61=1", "a&a"])
    func seesRepetition(text: String) throws {
        let form = try FormURLEncoded(parsing: Array(text.utf8))
        #expect(form.soleValue(of: "a") == nil)
        #expect(form.isRepeated("a"))
    }

    @Test("Pairs are read in order; a name without = has an empty value, an empty pair is nothing")
    func reads() throws {
        let form = try FormURLEncoded(parsing: Array("&a=1+2&b=%3D%26%C3%A9&c&d=x=y&&=v&".utf8))
        let expected = [("a", "1 2"), ("b", "=&é"), ("c", ""), ("d", "x=y"), ("", "v")]
        #expect(form.parameters == expected.map { FormURLEncoded.Parameter(name: $0.0, value: $0.1) })
        #expect(form.soleValue(of: "d") == "x=y")
        #expect(form.soleValue(of: "absent") == nil)
    }

    @Test("RFC 6749 appendix B: the example")
    func example() {
        #expect(FormURLEncoded.encode(" %&+£€") == "+%25%26%2B%C2%A3%E2%82%AC")
    }

    @Test("What is encoded is read back, whatever it is")
    func roundTrip() throws {
        var random = SeededRandom(for: "form")
        for _ in 0..<2_000 {
            var form = FormURLEncoded()
            for _ in 0..<random.below(4) {
                let name = String(
                    String.UnicodeScalarView(
                        (0..<(1 + random.below(4))).compactMap { _ in Unicode.Scalar(UInt32(random.below(0x300))) }))
                let value = String(
                    String.UnicodeScalarView(
                        (0..<random.below(6)).compactMap { _ in Unicode.Scalar(UInt32(random.below(0x11_0000))) }))
                form.parameters.append(.init(name: name, value: value))
            }
            #expect(try FormURLEncoded(parsing: form.encoded()).parameters == form.parameters)
        }
    }
}

@Suite struct PercentEncodingTests {
    @Test(
        "RFC 3986 §2.3: everything but unreserved characters is escaped",
        arguments: [
            ("aZ09-._~", "aZ09-._~"), ("a/b c", "a%2Fb%20c"), ("*+%", "%2A%2B%25"), ("é\n", "%C3%A9%0A"), ("", ""),
        ])
    func encodes(text: String, encoded: String) { #expect(PercentEncoding.encode(text) == encoded) }
}
