import HTTPWire
import OAuthModel
import ProxyCore

/// Holds what is said of a subject to what a header can carry.
enum SubjectLines {
    static func judge(claims: ClaimSet, scopes: ScopeWords, audience: JSONDocument.Place?) {
        for set in [SubjectFieldSet.standard, self.custom] {
            guard let lines = try? set.render(claims: claims, scopes: scopes, audience: audience) else { continue }
            let plain = insist(
                PlainHead(Array("X\r\n".utf8) + lines + [0x0D, 0x0A]), "subject fields are lines of the grammar")
            insist(
                plain.fields.allSatisfy { $0.value.allSatisfy { (0x20...0x7E).contains($0) } },
                "a subject is told in ASCII")
            if set.isStandard {
                insist(
                    plain.fields.allSatisfy { field in
                        !field.value.split(separator: 0x20, omittingEmptySubsequences: false).contains(where: \.isEmpty)
                    }, "no word of a subject is empty")
            }
            let names = plain.fields.map(\.lowered)
            insist(Set(names).count == names.count, "each subject field is written once")
            insist(
                names.allSatisfy { name in
                    set.fields.contains { String(decoding: $0.name, as: UTF8.self).lowercased() == name }
                }, "claims make no field of their own")
            if set.isStandard, case .string(let subject)? = claims[.subject] {
                let told = plain.values("x-auth-subject").first ?? []
                insist(self.decoded(told) == Array(subject.utf8), "a subject can be read back")
            }
        }
    }

    private static func decoded(_ text: [UInt8]) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = text[...]
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: "%") {
                decoded.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(octet)
            }
        }
        return decoded
    }

    private static let custom: SubjectFieldSet = {
        do throws(SubjectTemplateProblem) {
            return try SubjectFieldSet([
                (name: "X-Tenant", template: "t-{ext.tenant}"), (name: "X-Audience", template: "{aud}"),
                (name: "X-Groups", template: "{groups}"), (name: "X-Who", template: "{client_id}/{sub} {scope}"),
            ])
        } catch {
            end("the subject fields of the fuzz targets are wrong: \(error)")
        }
    }()
}
