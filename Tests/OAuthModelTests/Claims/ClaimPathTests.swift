import OAuthModel
import Testing

@Suite struct ClaimPathTests {
    static let claims = ClaimSet([
        "sub": "alice", "ext": ["tenant": "t", "deep": ["n": 9_007_199_254_740_993], "a.b": "literal inside"],
        "https://example.com/tenant": "u", "https://example.com/": ["x": "y"], "ext.flat": "literal", "n": .null,
        "list": [["a": 1]], "both.x": "whole", "both": ["x": "stepped", "y": "stepped"],
    ])

    @Test(
        "A path that leads nowhere finds nothing",
        arguments: ["ext.none", "sub.x", "list.0", "list.a", "ext.", ".ext", "ext..tenant", "Sub", "deep.n"])
    func findsNothing(path: String) throws { #expect(try Self.claims[#require(ClaimPath(path))] == nil) }

    @Test(
        "Dots step into objects; a member whose name has the dots goes first",
        arguments: [
            ("sub", "alice"), ("ext.tenant", "t"), ("ext.deep.n", 9_007_199_254_740_993), ("ext.a.b", "literal inside"),
            ("ext.flat", "literal"),
            ("https://example.com/tenant", "u"), ("https://example.com/.x", "y"), ("n", .null), ("both.x", "whole"),
            ("both.y", "stepped"),
        ] as [(String, JSONValue)])
    func finds(path: String, value: JSONValue) throws { #expect(try Self.claims[#require(ClaimPath(path))] == value) }

    @Test("An empty path is none")
    func refusesEmpty() { #expect(ClaimPath("") == nil) }
}
