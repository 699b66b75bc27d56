/// When a granted scope covers a wanted one.
///
/// RFC 6749 leaves it to the server; these are Hydra's three answers.
///
/// Everything is compared by bytes and case-sensitively, and nothing is allocated.
public enum ScopeStrategy: String, Sendable, Hashable, CaseIterable {
    /// Equal.
    case exact
    /// Equal, or the granted parts (between dots) are the first of the wanted ones: `photos` covers `photos.read`.
    case hierarchic
    /// Part by part, where a granted `*` stands for one part, or for all that follow when it is the last.
    case wildcard

    /// Whether one of the granted words covers the wanted one.
    ///
    /// They need not be scope tokens: an authorization server stores what it was given.
    public func matches(granted: [String], wanted: String) -> Bool {
        for word in granted where self.covers(word.utf8.span, wanted: wanted.utf8.span) { return true }
        return false
    }

    /// Whether a granted scope covers a wanted one.
    package func covers(_ granted: Span<UInt8>, wanted: Span<UInt8>) -> Bool {
        switch self {
        case .exact: granted.hasSameOctets(as: wanted)
        case .hierarchic: Self.coversHierarchically(granted, wanted)
        case .wildcard: Self.coversByWildcard(granted, wanted)
        }
    }

    private static func coversHierarchically(_ granted: Span<UInt8>, _ wanted: Span<UInt8>) -> Bool {
        guard wanted.hasOctetPrefix(granted) else { return false }
        return wanted.count == granted.count || wanted[granted.count] == Self.dot
    }

    private static func coversByWildcard(_ granted: Span<UInt8>, _ wanted: Span<UInt8>) -> Bool {
        var grantedStart = 0
        var wantedStart = 0
        while true {
            let grantedEnd = Self.partEnd(granted, from: grantedStart)
            let wantedEnd = Self.partEnd(wanted, from: wantedStart)
            let isStar = grantedEnd == grantedStart + 1 && granted[grantedStart] == Self.star
            let grantedIsLast = grantedEnd == granted.count
            let wantedIsLast = wantedEnd == wanted.count
            // What the last granted part does not name, only a star may swallow.
            if grantedIsLast && !wantedIsLast && !isStar { return false }
            if isStar {
                // A star stands for something: never for an empty part.
                guard wantedEnd > wantedStart else { return false }
            } else {
                let part = granted.extracting(grantedStart..<grantedEnd)
                guard part.hasSameOctets(as: wanted.extracting(wantedStart..<wantedEnd)) else { return false }
            }
            if grantedIsLast { return true }
            if wantedIsLast { return false }
            grantedStart = grantedEnd + 1
            wantedStart = wantedEnd + 1
        }
    }

    private static func partEnd(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var end = start
        while end < bytes.count, bytes[end] != Self.dot { end += 1 }
        return end
    }

    private static let dot = UInt8(ascii: ".")
    private static let star = UInt8(ascii: "*")
}
