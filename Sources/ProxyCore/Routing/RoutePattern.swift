import HTTPWire

/// A path that a route serves, segment by segment: `/orders/{id}`, `/reports/**`.
package struct RoutePattern: Sendable, Hashable, CustomStringConvertible {
    package enum Segment: Sendable, Hashable {
        /// In normal form; empty only as the last one, for a path that ends with `/`.
        case literal([UInt8])
        /// One whole segment that is not empty.
        case parameter(String)
        /// Nothing, or any number of segments; last only.
        case rest
    }

    package let segments: [Segment]

    /// Reads a pattern as a configuration writes it.
    package init(_ text: String, allowsPathParameters: Bool = false) throws(RoutePatternProblem) {
        guard text.utf8.first == 0x2F else { throw .noLeadingSlash(text) }
        var segments: [Segment] = []
        let parts = text.utf8.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            let bytes = [UInt8](part)
            if bytes == [0x2A, 0x2A] {
                guard isLast else { throw .restInside(text) }
                segments.append(.rest)
            } else if bytes.contains(0x7B) || bytes.contains(0x7D) {
                let name = try Self.parameterName(bytes, in: text)
                guard !segments.contains(.parameter(name)) else { throw .repeatedParameter(name) }
                segments.append(.parameter(name))
            } else {
                segments.append(.literal(try Self.literal(bytes, isLast: isLast, text, allowsPathParameters)))
            }
        }
        self.segments = segments
    }

    /// Names of the parameters, in order.
    package var parameterNames: [String] {
        self.segments.compactMap { segment in
            if case .parameter(let name) = segment { name } else { nil }
        }
    }

    /// Whether a literal holds a reserved character, bare or escaped.
    var hasReservedLiteral: Bool {
        self.isReadOtherwise || self.literals.contains { $0.contains(where: PathNormalForm.isReserved) }
    }

    /// Whether most services read a literal as another path: it holds an escape of a reserved character, or a parameter.
    var isReadOtherwise: Bool { self.literals.contains { PathNormalForm.asServicesRead($0.span) != nil } }

    private var literals: [[UInt8]] {
        self.segments.compactMap { segment in
            if case .literal(let bytes) = segment { bytes } else { nil }
        }
    }

    package var description: String {
        self.segments.map { segment in
            switch segment {
            case .literal(let bytes): "/" + String(decoding: bytes, as: UTF8.self)
            case .parameter(let name): "/{\(name)}"
            case .rest: "/**"
            }
        }.joined()
    }

    private static func parameterName(_ bytes: [UInt8], in text: String) throws(RoutePatternProblem) -> String {
        guard bytes.first == 0x7B, bytes.last == 0x7D, bytes.count > 2 else { throw .partialParameter(text) }
        let name = bytes[1..<bytes.count - 1]
        guard let first = name.first, !first.isASCIIDigit,
            name.allSatisfy({ $0.isASCIIDigit || $0 == 0x5F || ($0 | 0x20) &- 0x61 < 26 })
        else { throw .parameterName(String(decoding: name, as: UTF8.self)) }
        return String(decoding: name, as: UTF8.self)
    }

    private static func literal(
        _ bytes: [UInt8], isLast: Bool, _ text: String, _ allowsPathParameters: Bool
    ) throws(RoutePatternProblem) -> [UInt8] {
        guard !bytes.isEmpty else {
            guard isLast else { throw .emptySegment(text) }
            return []
        }
        guard !bytes.contains(0x2A) else { throw .asterisk(text) }
        let path = [0x2F] + bytes
        let normal: PathNormalForm
        do { normal = try PathNormalForm(path.span) } catch { throw .refused(text, error) }
        if let rewritten = normal.rewritten {
            throw .notNormal(text, rightly: String(decoding: rewritten.dropFirst(), as: UTF8.self))
        }
        guard allowsPathParameters || !normal.hasPathParameters else { throw .pathParameter(text) }
        return bytes
    }
}

/// Why a path pattern cannot be used; each says what would be right.
package enum RoutePatternProblem: Error, Sendable, Hashable, CustomStringConvertible {
    case noLeadingSlash(String)
    case emptySegment(String)
    /// Of a prefix that is cut or added.
    case lastSlash(String)
    case restInside(String)
    case asterisk(String)
    case partialParameter(String)
    case parameterName(String)
    case repeatedParameter(String)
    case pathParameter(String)
    case notNormal(String, rightly: String)
    case refused(String, TargetProblem)

    package var description: String {
        switch self {
        case .noLeadingSlash(let text): "`\(text)` does not begin with `/` (write `/\(text)`)"
        case .emptySegment(let text):
            "`\(text)` has an empty segment, and requests with one are refused (write one `/`)"
        case .lastSlash(let text): "`\(text)` ends with `/` (write `\(text.dropLast())`: prefixes are whole segments)"
        case .restInside(let text): "`\(text)` has `**` before its end (`**` stands last; `{name}` is one segment)"
        case .asterisk(let text): "`\(text)` has `*` in a segment (write `{name}` for one segment, `/**` for all below)"
        case .partialParameter(let text): "`\(text)` has a brace inside a segment (`{name}` is a whole segment)"
        case .parameterName(let name): "`\(name)` is no parameter name (letters, digits and `_`, not a digit first)"
        case .repeatedParameter(let name): "`{\(name)}` is there twice (give each parameter its own name)"
        case .pathParameter(let text):
            "`\(text)` has a `;` (say `path_parameters: allow`, or requests with it are refused)"
        case .notNormal(let text, let rightly): "`\(text)` is not in normal form and never matches (write `\(rightly)`)"
        case .refused(let text, let problem): "requests with `\(text)` are refused: \(problem.summary)"
        }
    }
}

extension TargetProblem {
    /// For people who write configurations.
    package var summary: String {
        switch self {
        case .form: "it is no path (begin with `/`)"
        case .scheme: "the scheme is not served"
        case .authority: "the authority is malformed"
        case .cutEscape: "`%` without two hexadecimal digits (write `%25` for a percent sign)"
        case .ambiguousEscape: "the escape stands for a control byte or one of / \\ ? # ;"
        case .notUTF8: "the escapes are not UTF-8"
        case .forbiddenByte: "a byte that a path must escape (write it as `%XX`, in UTF-8)"
        case .dotSegment: "a segment is `.` or `..` (write the path it leads to)"
        case .emptySegment: "a segment is empty (write one `/`)"
        case .ambiguousRoute: "most services read it as a path of another route"
        }
    }
}
