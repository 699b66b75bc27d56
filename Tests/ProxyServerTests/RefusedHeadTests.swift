import Reactor
import ReactorTesting
import TestSupport
import Testing

@Suite("A refusal of a head answers HEAD without content (RFC 9110 §9.3.2, SPEC §5)") struct RefusedHeadTests {
    @Test(
        "whatever the parser refuses once it knows the method",
        arguments: [
            ("/public/x HTTP/1.1\r\nHost: a\r\nX: \u{1}\r\n\r\n", 400), ("/public/x HTTP/1.1\r\n\r\n", 400),
            ("/public/\u{1} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("/" + String(repeating: "x", count: 70_000) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
            ("/public/x HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 70_000) + "\r\n\r\n", 431),
            ("/public/x HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417),
            ("/public/x HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ] as [(String, Int)])
    func head(rest: String, status: Int) throws {
        let proxy = try ScriptedProxy()
        for method in ["HEAD", "GET"] {
            let text = try proxy.client("\(method) \(rest)").takeText()
            #expect(text.hasPrefix("HTTP/1.1 \(status) "))
            #expect(!text.contains("\r\nContent-Length: 0\r\n"), "it says how long the content would be")
            #expect(text.hasSuffix("\r\n\r\n") == (method == "HEAD"))
        }
    }

    @Test("a HEAD whose head is too slow")
    func slow() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client("HEAD /public/x HTTP/1.1\r\nHost: ")
        try proxy.pass(seconds: 10.2)
        let text = client.takeText()
        #expect(text.hasPrefix("HTTP/1.1 408 ") && text.hasSuffix("\r\n\r\n"))
    }

    @Test("the method of an earlier request is not the next one's")
    func forgets() throws {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("HEAD", "/nowhere"))
        #expect(client.takeStatus() == 404)
        try proxy.answer(client, "G?T / HTTP/1.1\r\n")
        let text = client.takeText()
        #expect(text.hasPrefix("HTTP/1.1 400 ") && !text.hasSuffix("\r\n\r\n"))
    }
}
