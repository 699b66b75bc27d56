import Testing

@testable import ProxyConfiguration

/// Parts of the request stand in `equals` alone (SPEC §3); elsewhere they would be compared letter by letter.
@Suite struct PlaceholderRuleTests {
    private let sample = SampleConfiguration()

    @Test(
        "A part of the request in a condition other than `equals` is refused",
        arguments: [
            ("contains", "'{path.id}'"), ("contains", "'{host.0}'"), ("contains", "'tenant-{path.id}'"),
            ("one_of", "['{path.id}']"), ("one_of", "[1, a, 'x{host.1}']"),
            ("contains_any", "[a, '{path.id}']"), ("contains_any", "['{host.0}']"),
        ])
    func refusesParts(condition: String, value: String) {
        let errors = self.sample.with("routes[].claims", "[{claim: a, \(condition): \(value)}]").errors()
        #expect(errors.count == 1, "\(errors)")
        #expect(errors.allSatisfy { $0.contains("names a part of the request, which only `equals` of `claims` takes") })
    }

    @Test(
        "A part of the request in the name of a scope, an audience or a claim is refused",
        arguments: [
            ("scopes", "['tenant:{path.id}']"), ("scopes", "{any_of: [a, '{host.0}:read']}"),
            ("audiences", "['https://{host.0}/']"), ("claims", "[{claim: 'ext.{path.id}', present: true}]"),
        ])
    func refusesPlaceholders(key: String, value: String) {
        let errors = self.sample.with("routes[].\(key)", value).errors()
        #expect(errors.count == 1, "\(errors)")
        #expect(errors.allSatisfy { $0.contains("names a part of the request, which only `equals` of `claims` takes") })
    }

    @Test("Each is reported at its place, with where a part of the request may stand")
    func namesPlaces() {
        let text = """
            version: 1
            listeners: [{address: 127.0.0.1:0}]
            upstreams: {u: {url: "http://127.0.0.1:1"}}
            authorization_servers: {s: {strategy: introspect, introspection: {endpoint: "http://127.0.0.1:2/"}}}
            routes:
              - name: r
                paths: ["/{tenant}"]
                upstream: u
                scopes: ["tenant:{path.tenant}"]
                claims:
                  - claim: ext.tenants
                    contains: "{path.tenant}"
                  - claim: ext.tenants
                    contains_any: [a, "{path.tenant}"]
            """
        let remedy =
            "(write the text itself, or such as `claims: [{claim: tenant, equals: \"{path.NAME}\"}]`)"
        #expect(
            problems(of: text) == [
                "f:9:14: error: `routes.r.scopes`: `tenant:{path.tenant}` names a part of the request, which only `equals` of `claims` takes \(remedy)",
                "f:12:19: error: `routes.r.claims[0].contains`: `{path.tenant}` names a part of the request, which only `equals` of `claims` takes \(remedy)",
                "f:14:27: error: `routes.r.claims[1].contains_any[1]`: `{path.tenant}` names a part of the request, which only `equals` of `claims` takes \(remedy)",
            ])
    }

    @Test(
        "Other braces, and `equals` with a part of the request, are taken",
        arguments: [
            ("claims", "[{claim: a, equals: '{path.id}'}]"), ("claims", "[{claim: a, contains: path.id}]"),
            ("claims", "[{claim: a, one_of: [1, true, gold]}]"), ("claims", "[{claim: a, contains_any: [1, b]}]"),
            ("claims", "[{claim: 'urn:{a}', present: true}]"), ("scopes", "['orders:{any}', a]"),
            ("audiences", "['urn:{api}']"), ("claims", "[{claim: a, contains: '{3F25}'}]"),
            ("claims", "[{claim: a, one_of: ['}', '{sub}']}]"), ("claims", "[{claim: a, contains_any: ['x{']}]"),
        ])
    func takesOtherTexts(key: String, value: String) {
        #expect(self.sample.with("routes[].\(key)", value).errors() == [])
    }
}
