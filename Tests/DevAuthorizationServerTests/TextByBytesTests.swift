import OAuthModel
import Testing

@testable import DevAuthorizationServer

/// A combining mark joins what stands before it to one `Character`; every separator has to stay one all the same.
@Suite("Text is taken apart by bytes")
struct TextByBytesTests {
    private static let mark = "\u{301}"

    @Test("words, scopes, pointers, addresses and fields end where their separator is, whatever follows it")
    func separators() throws {
        let mark = Self.mark
        #expect("a \(mark)b  c".spaceSeparatedWords == ["a", "\(mark)b", "c"])
        var client = RegisteredClient(id: "x")
        client.scope = "a \(mark)b\t\u{2003}c\u{A0}\(mark)"
        #expect(
            client.scopes.map { Array($0.unicodeScalars) }
                == ["a", "\(mark)b", "c", mark].map { Array($0.unicodeScalars) })
        #expect(JSONPointer("/a/\(mark)b/c~1\(mark)~0~01")?.tokens.count == 3)
        #expect(JSONPointer("/a/\(mark)b/c~1\(mark)~0~01")?.tokens.last == "c/\(mark)~~1")
        #expect("https://a.example/?\(mark)x".addingQuery([.init(name: "a", value: "b")]).hasSuffix("x&a=b"))
        #expect(WebAddress("https://user@\(mark)host/")?.namesUser == true)
        #expect(WebAddress("https://user@\(mark)host")?.isBareOrigin == false)
        #expect(EndpointTable.segments(of: "/a/\(mark)b/%61%\(mark)") == nil)
        #expect(EndpointTable.segments(of: "/a/\(mark)b/%61")?.count == 3)
        let type = MediaTypeField("a/b;\(mark)x=1; boundary=\(mark)\"; y=\"z\"")
        #expect(type.name == "a/b")
        #expect(type.parameters["y"] == "z")
    }

    @Test(
        "a pointer with an escape that is none is no pointer", arguments: ["/~", "/a~2", "/~\u{301}0", "a", "\u{301}/"])
    func badPointers(text: String) {
        #expect(JSONPointer(text) == nil)
    }

    @Test("a token is known by what stands behind its prefix, whatever that is")
    func prefixes() {
        let token = OpaqueTokens.Kind.access.rawValue + Self.mark + "x"
        #expect(TokenDigest(opaque: token, .access) == TokenDigest(opaque: Self.mark + "x", .access))
    }
}
