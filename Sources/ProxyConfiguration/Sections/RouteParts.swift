import OAuthModel

/// `scopes` of a route: a plain list, or `all_of` and `any_of`.
package struct WrittenScopes: Sendable {
    var allOf: [Placed<Scope>]
    var anyOf: [Placed<Scope>]
}

/// The long form of `scopes`.
struct ScopesSection: ConfigurationSection {
    static let title = "scopes"

    /// A token needs every one of these.
    /// - `scopes.all_of` (list of scopes, optional)
    static let allOf = ConfigurationKey.optional(
        "all_of", .list(of: .scope, countMax: 256), "A token needs every one of these.")
    /// A token needs one of these, besides those of `all_of`.
    /// - `scopes.any_of` (list of scopes, optional)
    static let anyOf = ConfigurationKey.optional(
        "any_of", .list(of: .scope, countMax: 256), "A token needs one of these.")

    static let keys: [any ConfigurationKeyDescription] = [allOf, anyOf]

    let allOf: Written<[Placed<Scope>]>
    let anyOf: Written<[Placed<Scope>]>

    init(reading reader: SectionReader) {
        self.allOf = reader.value(Self.allOf)
        self.anyOf = reader.value(Self.anyOf)
    }
}

extension ValueFormat where Value == WrittenScopes {
    static let scopes: ValueFormat<WrittenScopes> = ValueFormat(
        "list of scopes, or all_of and any_of",
        schema: .any(of: [.list(of: .text, minItems: 1), .section(ScopesSection.title, ScopesSection.keys)])
    ) { node, context in
        if case .mapping = node.content {
            guard let section = ValueFormat<ScopesSection>.section(ScopesSection.self).read(node, context) else {
                return nil
            }
            guard section.allOf.isWritten || section.anyOf.isWritten else {
                context.error(
                    "no scope is named", at: node.position,
                    remedy: "write `all_of: […]`, `any_of: […]` or leave `scopes` out")
                return nil
            }
            return WrittenScopes(allOf: section.allOf.value ?? [], anyOf: section.anyOf.value ?? [])
        }
        let list = ValueFormat<[Placed<Scope>]>.list(of: .scope, countMax: 256)
        return list.read(node, context).map { WrittenScopes(allOf: $0, anyOf: []) }
    }
}

/// One element of `claims`: a claim and exactly one condition on it.
package struct ClaimSection: ConfigurationSection {
    package static let title = "claim condition"

    /// The claim's name; dots step into objects.
    /// - `claim` (text, required): `acr`, `ext.tenant`
    static let claim = ConfigurationKey.required("claim", .claimPath, "The claim's name; dots step into objects.")
    /// The claim is this, in kind and bytes.
    /// - `equals` (value): a text, number or boolean, or `"{path.NAME}"` or `"{host.N}"`
    static let equals = ConfigurationKey.optional(
        "equals", .claimValue,
        "The claim is this, in kind and bytes; \"{path.NAME}\" and \"{host.N}\" take a part of the request (label N from "
            + "the left, from 0: a wildcard host may stand for more labels than one, and then it is the client's choice)."
    )
    /// The claim is one of these.
    /// - `one_of` (list of values)
    static let oneOf = ConfigurationKey.optional(
        "one_of", .list(of: .claimValue, countMax: 256), "The claim is one of these.")
    /// The claim is a list that has this.
    /// - `contains` (value)
    static let contains = ConfigurationKey.optional("contains", .claimValue, "The claim is a list that has this.")
    /// The claim is a list that has one of these.
    /// - `contains_any` (list of values)
    static let containsAny = ConfigurationKey.optional(
        "contains_any", .list(of: .claimValue, countMax: 256), "The claim is a list that has one of these.")
    /// The claim is there, whatever it is.
    /// - `present` (boolean): `true` only
    static let present = ConfigurationKey.optional("present", .boolean, "`true`: the claim is there, whatever it is.")

    package static let keys: [any ConfigurationKeyDescription] = [claim, equals, oneOf, contains, containsAny, present]

    let claim: Written<ClaimPath>
    let equals: Written<JSONValue>
    let oneOf: Written<[Placed<JSONValue>]>
    let contains: Written<JSONValue>
    let containsAny: Written<[Placed<JSONValue>]>
    let present: Written<Bool>

    package init(reading reader: SectionReader) {
        self.claim = reader.value(Self.claim)
        self.equals = reader.value(Self.equals)
        self.oneOf = reader.value(Self.oneOf)
        self.contains = reader.value(Self.contains)
        self.containsAny = reader.value(Self.containsAny)
        self.present = reader.value(Self.present)
    }
}

/// `path` of a route: what is cut from the front of a path and what is put there.
package struct PathSection: ConfigurationSection {
    package static let title = "path"

    /// Cut from the front, in whole segments: `/v1` never cuts `/v10`.
    /// - `path.strip_prefix` (path, optional): every path of the route must be able to begin with it.
    static let stripPrefix = ConfigurationKey.optional(
        "strip_prefix", .pathPrefix, "Cut from the front, in whole segments.")
    /// Put in front, after cutting.
    /// - `path.add_prefix` (path, optional)
    static let addPrefix = ConfigurationKey.optional("add_prefix", .pathPrefix, "Put in front, after cutting.")

    package static let keys: [any ConfigurationKeyDescription] = [stripPrefix, addPrefix]

    let stripPrefix: Written<[UInt8]>
    let addPrefix: Written<[UInt8]>

    package init(reading reader: SectionReader) {
        self.stripPrefix = reader.value(Self.stripPrefix)
        self.addPrefix = reader.value(Self.addPrefix)
    }
}
