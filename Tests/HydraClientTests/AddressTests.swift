import OAuthModel
import Testing

@testable import HydraClient

/// A combining mark joins what stands before it to one `Character`; a separator has to stay one all the same.
@Suite("Addresses and link fields are taken apart by bytes")
struct AddressTests {
    @Test(
        "what prints of an address ends before its query and its fragment, whatever they begin with",
        arguments: [
            ("https://a.example/cb?code=c", "https://a.example/cb?…"),
            ("https://a.example/cb?\u{301}code=c", "https://a.example/cb?…"),
            ("https://a.example/cb#\u{301}token=t", "https://a.example/cb?…"),
            ("https://a.example/cb?", "https://a.example/cb?…"), ("https://a.example/cb", "https://a.example/cb"),
            ("", ""),
        ])
    func hidesQueries(address: String, shown: String) { #expect(AddressText.withoutQuery(address) == shown) }

    @Test(
        "RFC 3986 §3.4: a query is between the first `?` and the fragment, and none is within a fragment",
        arguments: [
            ("/cb?a=b", "a=b"), ("/cb?\u{301}=b", "\u{301}=b"), ("/cb?a?b#c?d", "a?b"), ("/cb?#x", ""), ("/cb", nil),
            ("/cb#?a=b", nil), ("/cb#\u{301}?a=b", nil),
        ])
    func findsQueries(address: String, query: String?) {
        #expect(AddressText.query(of: address.utf8) == query.map { Array($0.utf8) })
    }

    @Test("a code behind a mark is found, and none is taken out of a fragment")
    func readsResponses() throws {
        let response = try HydraClient.AuthorizationResponse(
            redirectedTo: "/cb?%CC%81x=1&code=c&state=s#\u{301}", expectingState: "s")
        #expect(response.code.text == "c")
        let error = #expect(throws: HydraClientError.self) {
            try HydraClient.AuthorizationResponse(redirectedTo: "/cb#?code=c&state=s", expectingState: "s")
        }
        #expect(error?.code == .invalidState)
    }

    @Test(
        "separators of a link field end what they end, whatever stands behind them",
        arguments: [
            "<\u{301}/a?\u{301}=1&page_token=t>;\u{301}; rel=\"next\"", "<b>,\u{301}</a?page_token=t>; rel=next",
            "</a?page_token=t>; x=\"\\\"\u{301}\"; rel=\"\tprev next\"", "</a?page_token=t>; rel=\u{301}; rel=next",
        ])
    func separatesLinks(field: String) { #expect(LinkField.next(in: [field]) == .page(token: "t")) }
}
