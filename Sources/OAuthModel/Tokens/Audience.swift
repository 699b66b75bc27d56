/// Whom a token is meant for: one string or a list of them (RFC 7519 §4.1.3, RFC 7662 §2.2).
public struct Audience: Sendable {
    /// In the order given.
    public let values: [String]

    public init(_ values: [String]) { self.values = values }

    /// A string, or a list of nothing but strings; anything else is no audience.
    public init?(json value: JSONValue) {
        switch value {
        case .string(let sole): self.values = [sole]
        case .array:
            guard let values = value.stringListValue else { return nil }
            self.values = values
        case .null, .bool, .number, .object: return nil
        }
    }

    /// Whether exactly these bytes are among the values.
    public func contains(_ audience: String) -> Bool {
        self.values.contains { $0.hasSameOctets(as: audience) }
    }

    /// Whether any of the wanted audiences is among the values.
    ///
    /// This, not ``AudienceStrategy``, protects a resource.
    public func containsAny(of wanted: some Sequence<String>) -> Bool {
        wanted.contains { self.contains($0) }
    }
}

extension Audience: Hashable {
    public static func == (left: Audience, right: Audience) -> Bool {
        left.values.elementsEqual(right.values) { $0.hasSameOctets(as: $1) }
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(self.values) }
}
