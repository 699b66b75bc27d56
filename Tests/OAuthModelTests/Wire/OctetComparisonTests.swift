import OAuthModel
import Testing

@Suite struct OctetComparisonTests {
    @Test(
        "The beginning of a text is so many octets of it at most, and ends between scalars",
        arguments: [
            ("abc", 0, ""), ("abc", 2, "ab"), ("abc", 3, "abc"), ("abc", 4, "abc"), ("", 0, ""), ("é", 1, ""),
            ("aé", 2, "a"), ("e\u{301}\u{301}", 1, "e"), ("e\u{301}\u{301}", 4, "e\u{301}"), ("\u{1F511}k", 3, ""),
            ("\u{1F511}k", 4, "\u{1F511}"), ("\r\n", 1, "\r"),
        ])
    func cuts(text: String, octetsMax: Int, beginning: String) {
        #expect(text.beginning(octetsMax: octetsMax).hasSameOctets(as: beginning))
    }
}
