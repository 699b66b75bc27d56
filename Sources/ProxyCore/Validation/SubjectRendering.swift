import OAuthModel
import Synchronization

/// The subject fields of one token, written once and used by every request that carries it.
///
/// The six standard fields are written when the token comes; of other sets the first one asked for is kept, since a
/// service seldom has two. Sets are compared by content, so a reload finds its own again.
final class SubjectRendering: Sendable {
    private let standard: Result<[UInt8], SubjectValueProblem>
    private let other = AtomicLazyReference<Other>()

    private final class Other: Sendable {
        let set: SubjectFieldSet
        let lines: [UInt8]
        init(set: SubjectFieldSet, lines: [UInt8]) {
            self.set = set
            self.lines = lines
        }
    }

    init(claims: ClaimSet, scopes: ScopeSet, audiences: [[UInt8]]) {
        self.standard = Result { () throws(SubjectValueProblem) in
            try SubjectFieldSet.standard.render(claims: claims, scopes: scopes, audiences: audiences)
        }
    }

    /// What it may come to hold besides the standard lines.
    var weight: Int { 96 + Self.keptBytesMax + ((try? self.standard.get().count) ?? 0) }

    @inline(__always)
    func lines(_ set: SubjectFieldSet, of token: ValidatedToken) throws(SubjectValueProblem) -> [UInt8] {
        if set.isStandard { return try self.standard.get() }
        if let other = self.other.load(), other.set == set { return other.lines }
        let lines = try set.render(token)
        if lines.count <= Self.keptBytesMax { _ = self.other.storeIfNil(Other(set: set, lines: lines)) }
        return lines
    }

    /// Counted in every token's weight, so small; longer ones are written anew for each request.
    private static let keptBytesMax = 512
}
