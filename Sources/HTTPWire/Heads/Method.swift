/// The request method (RFC 9110 §9.3); case matters, so `get` is `other`.
@usableFromInline package enum Method: UInt8, Sendable, Hashable, CaseIterable {
    case get, head, post, put, delete, patch, options, connect, trace, other

    @inlinable
    package init(_ name: Span<UInt8>) {
        switch name.count {
        case 3: self = name.equals("GET") ? .get : name.equals("PUT") ? .put : .other
        case 4: self = name.equals("POST") ? .post : name.equals("HEAD") ? .head : .other
        case 5: self = name.equals("PATCH") ? .patch : name.equals("TRACE") ? .trace : .other
        case 6: self = name.equals("DELETE") ? .delete : .other
        case 7: self = name.equals("OPTIONS") ? .options : name.equals("CONNECT") ? .connect : .other
        default: self = .other
        }
    }

    /// Whether sending a request twice asks for no more than sending it once (RFC 9110 §9.2.2).
    ///
    /// A method we do not know is taken not to be.
    @inlinable package var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        case .post, .patch, .connect, .other: false
        }
    }
}
