import OAuthModel
import ProxyCore
import Testing

@Suite("Conditions on claims: by kind and bytes")
struct ClaimRequirementTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let claim: String
        let condition: ClaimRequirement.Condition
        let members: String
        let isMet: Bool
        var testDescription: String { "\(self.claim) \(self.condition) of {\(self.members)}" }
    }

    static let rows: [Row] = [
        Row(claim: "a", condition: .equals(.value("1")), members: #""a":1"#, isMet: false),
        Row(claim: "a", condition: .equals(.value(1)), members: #""a":"1""#, isMet: false),
        Row(claim: "a", condition: .equals(.value(true)), members: #""a":"true""#, isMet: false),
        Row(claim: "a", condition: .equals(.value("x")), members: #""b":"x""#, isMet: false),
        Row(claim: "a", condition: .equals(.value("x")), members: #""a":null"#, isMet: false),
        Row(claim: "a", condition: .equals(.value("x")), members: #""a":["x"]"#, isMet: false),
        Row(claim: "a", condition: .equals(.value("\u{E9}")), members: #""a":"e\u0301""#, isMet: false),
        Row(claim: "a", condition: .equals(.value("x")), members: #""a":"x""#, isMet: true),
        Row(claim: "a", condition: .equals(.value(1)), members: #""a":1.0"#, isMet: true),
        Row(claim: "ext.tenant", condition: .equals(.value("x")), members: #""ext":{"tenant":"x"}"#, isMet: true),
        Row(claim: "ext.tenant", condition: .equals(.value("x")), members: #""ext":"x""#, isMet: false),
        Row(claim: "acr", condition: .oneOf(["silver", "gold"]), members: #""acr":"gold""#, isMet: true),
        Row(claim: "acr", condition: .oneOf(["silver", "gold"]), members: #""acr":"bronze""#, isMet: false),
        Row(claim: "acr", condition: .oneOf(["silver", "gold"]), members: #""acr":["gold"]"#, isMet: false),
        Row(claim: "groups", condition: .contains("staff"), members: #""groups":["x","staff"]"#, isMet: true),
        Row(claim: "groups", condition: .contains("staff"), members: #""groups":"staff""#, isMet: false),
        Row(claim: "groups", condition: .contains("staff"), members: #""groups":[["staff"]]"#, isMet: false),
        Row(claim: "groups", condition: .containsAny(["a", "b"]), members: #""groups":["b"]"#, isMet: true),
        Row(claim: "groups", condition: .containsAny(["a", "b"]), members: #""groups":["c"]"#, isMet: false),
        Row(claim: "groups", condition: .containsAny(["a", "b"]), members: #""groups":{"a":1}"#, isMet: false),
        Row(claim: "a", condition: .present, members: #""a":false"#, isMet: true),
        Row(claim: "a", condition: .present, members: #""a":null"#, isMet: false),
        Row(claim: "a", condition: .present, members: #""b":1"#, isMet: false),
        Row(claim: "a", condition: .equals(.pathParameter("id")), members: #""a":"o 7""#, isMet: true),
        Row(claim: "a", condition: .equals(.pathParameter("id")), members: #""a":"o%207""#, isMet: false),
        Row(claim: "a", condition: .equals(.pathParameter("other")), members: #""a":"o 7""#, isMet: false),
        Row(claim: "a", condition: .equals(.hostLabel(0)), members: #""a":"acme""#, isMet: true),
        Row(claim: "a", condition: .equals(.hostLabel(0)), members: #""a":"Acme""#, isMet: false),
        Row(claim: "a", condition: .equals(.hostLabel(2)), members: #""a":"test""#, isMet: true),
        Row(claim: "a", condition: .equals(.hostLabel(3)), members: #""a":"""#, isMet: false),
    ]

    @Test("a condition is met or the request is 403, hit or miss", arguments: rows)
    func condition(row: Row) throws {
        let requirement = ClaimRequirement(claim: try #require(ClaimPath(row.claim)), condition: row.condition)
        let world = try AdmissionWorld {
            [try AdmissionWorld.route("r", $0[0], path: "/orders/{id}", claims: [requirement])]
        }
        world.answers["t"] = .json(#"{"active":true,"sub":"s",\#(row.members)}"#)
        let raw = AdmissionWorld.request("/orders/o%207", token: "t", host: "ACME.api.test:8080")
        for _ in 0..<2 {
            let decision = try world.send(raw)
            #expect(decision.refusal == (row.isMet ? nil : .claimNotMet))
        }
        #expect(world.calls == 1)
    }
}
