package import JOSE
package import OAuthModel

extension ValueFormat where Value == Scope {
    package static let scope: ValueFormat<Scope> = ValueFormat<String>.text("a scope").map { text, position, context in
        guard let scope = Scope(text) else {
            let remedy =
                text.contains(" ")
                ? "write a list with one scope an element" : "printable ASCII without space, `\"` and `\\`"
            context.error("\(shown(text)) is no scope", at: position, remedy: remedy)
            return nil
        }
        return scope
    }
}

extension ValueFormat where Value == ClaimPath {
    package static let claimPath: ValueFormat<ClaimPath> = ValueFormat<String>.text("a claim's name", bytesMax: 256)
        .map { text, position, context in
            guard let path = ClaimPath(text) else {
                context.error(
                    "\(shown(text)) names no claim", at: position, remedy: "write such as `acr` or `ext.tenant`")
                return nil
            }
            return path
        }
}

extension ValueFormat where Value == IssuerIdentifier {
    package static let issuer: ValueFormat<IssuerIdentifier> = ValueFormat<String>.text("an issuer").map {
        text, position, context in
        guard let issuer = IssuerIdentifier(text) else {
            context.error(
                "\(shown(text)) is no issuer", at: position,
                remedy: "write the server's `issuer` byte for byte: `https://`, and no user, query or fragment")
            return nil
        }
        return issuer
    }
}

extension ValueFormat where Value == SignatureAlgorithm {
    package static let signatureAlgorithm: ValueFormat<SignatureAlgorithm> = ValueFormat<String>.text("an algorithm")
        .map { text, position, context in
            if let algorithm = SignatureAlgorithm(name: text) { return algorithm }
            let known = SignatureAlgorithm.allCases.map(\.name)
            if text.lowercased() == "none" {
                context.error(
                    "`none` is no signature", at: position, remedy: "write some of \(known.joined(separator: ", "))")
            } else if text.uppercased().hasPrefix("HS") {
                context.error(
                    "\(shown(text)) has no public key: whoever may check such a token may also make one", at: position,
                    remedy: "write some of \(known.joined(separator: ", "))")
            } else {
                context.error(
                    "\(shown(text)) is no algorithm that is served", at: position,
                    remedy: NearestWord.remedy(for: text, among: known))
            }
            return nil
        }
}

extension ValueFormat where Value == JOSEMediaType {
    package static let mediaType: ValueFormat<JOSEMediaType> = ValueFormat<String>.text("a type").map {
        text, position, context in
        let isMediaType = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"()<>@,;:\\\"[]?=".utf8.contains($0) }
        guard isMediaType else {
            context.error("\(shown(text)) is no type", at: position, remedy: "write such as `at+jwt` or `JWT`")
            return nil
        }
        return JOSEMediaType(text)
    }
}

/// What tokens must be meant for.
package enum AudienceRequirement: Sendable {
    /// Written as the one word `any`.
    case any
    case anyOf([String])
}

extension ValueFormat where Value == AudienceRequirement {
    /// A list of audiences, or the word `any`: accepting all of them has to be said.
    package static let audiences = ValueFormat(
        "list of text, or `any`", schema: .any(of: [.choice(["any"]), .list(of: .text, minItems: 1)])
    ) { node, context in
        if case .scalar("any", isPlain: _) = node.content { return .any }
        guard
            let values = Self.namedAudiences(toAcceptAll: "write `audiences: any` to accept every one").read(
                node, context)
        else { return nil }
        return .anyOf(values.map(\.value))
    }

    /// A list of audiences, in which `any` is none.
    static func namedAudiences(toAcceptAll remedy: String) -> ValueFormat<[Placed<String>]> {
        let list = ValueFormat<[Placed<String>]>.list(of: .text("an audience"), countMax: 256)
        return ValueFormat<[Placed<String>]>(list.typeName, range: list.range, schema: list.schema) { node, context in
            let values = list.read(node, context)
            for value in values ?? [] where value.value == "any" {
                context.error("`any` in a list would be the name of an audience", at: value.position, remedy: remedy)
            }
            return values
        }
    }
}
