/// Why a request target is refused instead of repaired (RFC 9112 §3.2, SPEC §5 "Paths").
package enum TargetProblem: Int, Error, Sendable, Hashable, CaseIterable {
    /// Neither origin-form, absolute-form with `http` or `https`, nor `*` with OPTIONS.
    case form
    /// An absolute-form target whose scheme this connection does not speak.
    case scheme
    /// No valid host, with user information, or a port that is none.
    case authority
    /// `%` without two hexadecimal digits behind it.
    case cutEscape
    /// An escape of a control byte, `/`, `\`, `?`, `#` or `;`: routers disagree about what it means.
    case ambiguousEscape
    case notUTF8
    /// A raw byte outside `pchar` (RFC 3986 §3.3).
    case forbiddenByte
    case dotSegment
    case emptySegment
    /// Escapes of reserved characters lead to one route as they are and elsewhere when they are decoded.
    case ambiguousRoute

    package var label: StaticString {
        switch self {
        case .form: "target_form"
        case .scheme: "target_scheme"
        case .authority: "target_authority"
        case .cutEscape: "path_cut_escape"
        case .ambiguousEscape: "path_ambiguous_escape"
        case .notUTF8: "path_not_utf8"
        case .forbiddenByte: "path_forbidden_byte"
        case .dotSegment: "path_dot_segment"
        case .emptySegment: "path_empty_segment"
        case .ambiguousRoute: "path_ambiguous_route"
        }
    }
}
