package import HTTPWire

/// The methods a route serves: those HTTP names as bits, any other token as bytes.
///
/// GET does not include HEAD, and case matters (RFC 9110 §9.1).
package struct MethodSet: Sendable, Hashable {
    /// A bit each `Method.rawValue`; `other` is never set.
    private let known: UInt16
    /// Further tokens, sorted.
    private let others: [[UInt8]]
    /// Every token but CONNECT and TRACE, those of `others` included.
    private let isOpen: Bool

    /// What a route without `methods` serves.
    package static let anyButConnectAndTrace = MethodSet(known: Self.ordinary, others: [], isOpen: true)

    /// Reads method tokens as a configuration lists them.
    package init(_ tokens: [String]) throws(MethodProblem) {
        guard !tokens.isEmpty else { throw .empty }
        var known: UInt16 = 0
        var others: [[UInt8]] = []
        for token in tokens {
            let bytes = [UInt8](token.utf8)
            guard !bytes.isEmpty, bytes.allSatisfy({ OctetSet.token.contains($0) }) else { throw .notAToken(token) }
            let method = Method(bytes.span)
            switch method {
            case .connect, .trace: throw .refusedEverywhere(token)
            case .other:
                let upper = Method([UInt8](token.uppercased().utf8).span)
                guard upper == .other else { throw .wrongCase(token, rightly: token.uppercased()) }
                if !others.contains(bytes) { others.append(bytes) }
            case .get, .head, .post, .put, .delete, .patch, .options:
                known |= 1 << UInt16(method.rawValue)
            }
        }
        self.init(known: known, others: others.sorted { $0.lexicographicallyPrecedes($1) }, isOpen: false)
    }

    private init(known: UInt16, others: [[UInt8]], isOpen: Bool) {
        self.known = known
        self.others = others
        self.isOpen = isOpen
    }

    /// Whether a request's method is among them; `token` is the method as it came.
    @inline(__always)
    package func contains(_ method: Method, token: Span<UInt8>) -> Bool {
        guard method == .other else { return self.known & (1 &<< UInt16(method.rawValue)) != 0 }
        return self.isOpen || self.namesOther(token)
    }

    private func namesOther(_ token: Span<UInt8>) -> Bool {
        for other in self.others where token.elementsEqual(other.span) { return true }
        return false
    }

    package func contains(_ head: borrowing RequestHead) -> Bool {
        self.contains(head.index.method, token: head.bytes.slice(head.index.methodRange))
    }

    /// Whether some request has a method of both.
    package func overlaps(_ other: MethodSet) -> Bool {
        if self.known & other.known != 0 { return true }
        if self.isOpen { return other.isOpen || !other.others.isEmpty }
        if other.isOpen { return !self.others.isEmpty }
        return self.others.contains { other.others.contains($0) }
    }

    package func union(_ other: MethodSet) -> MethodSet {
        let others = self.others + other.others.filter { !self.others.contains($0) }
        return MethodSet(
            known: self.known | other.known,
            others: others.sorted { $0.lexicographicallyPrecedes($1) },
            isOpen: self.isOpen || other.isOpen)
    }

    /// The value of `Allow` (RFC 9110 §10.2.1).
    package var allowValue: String { self.tokens.joined(separator: ", ") }

    /// The methods one by one; an open set names those that HTTP does.
    package var tokens: [String] {
        Self.names.filter { self.known & (1 << UInt16($0.0.rawValue)) != 0 }.map(\.1)
            + self.others.map { String(decoding: $0, as: UTF8.self) }
    }

    package var isAnyButConnectAndTrace: Bool { self.isOpen }

    private static let names: [(Method, String)] = [
        (.get, "GET"), (.head, "HEAD"), (.post, "POST"), (.put, "PUT"), (.delete, "DELETE"), (.patch, "PATCH"),
        (.options, "OPTIONS"),
    ]
    private static let ordinary: UInt16 = Self.names.reduce(0) { $0 | 1 << UInt16($1.0.rawValue) }
}

/// Why a `methods` list cannot be used.
package enum MethodProblem: Error, Sendable, Hashable, CustomStringConvertible {
    case empty
    case notAToken(String)
    case wrongCase(String, rightly: String)
    case refusedEverywhere(String)

    package var description: String {
        switch self {
        case .empty: "no method is listed (leave `methods` out to serve any but CONNECT and TRACE)"
        case .notAToken(let text): "`\(text)` is no method (letters, digits and !#$%&'*+-.^_`|~)"
        case .wrongCase(let text, let rightly): "`\(text)` is another method than `\(rightly)` (write `\(rightly)`)"
        case .refusedEverywhere(let text): "\(text) is refused on every route (leave it out)"
        }
    }
}
