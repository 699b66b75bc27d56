import OAuthModel
import Synchronization

/// The subject fields of one token, written once and used by every request that carries it.
///
/// The six standard fields are written when the token comes; of other sets the first one asked for is kept, since a
/// service seldom has two. Sets are compared by content, so a reload finds its own again.
///
/// Safe: what is kept is retained once, when it is put there, and released once, when this object ends.
@safe final class SubjectRendering: Sendable {
    private let standard: Result<[UInt8], SubjectValueProblem>
    /// Written once, by whoever comes first, and let go of with this object.
    ///
    /// An `AtomicLazyReference` by hand: the library's is not specialised, and asks the runtime for its metadata at
    /// each look, which cost 400 instructions a request.
    private let other = unsafe Atomic<Unmanaged<Other>?>(nil)

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

    deinit { unsafe self.other.load(ordering: .acquiring)?.release() }

    /// What it may come to hold besides the standard lines.
    var weight: Int { 96 + Self.keptBytesMax + ((try? self.standard.get().count) ?? 0) }

    @inline(__always)
    func lines(_ set: SubjectFieldSet, of token: ValidatedToken) throws(SubjectValueProblem) -> [UInt8] {
        if set.isStandard { return try self.standard.get() }
        // What is there stays until `deinit`, so it can be looked at while `self` is held.
        if let other = unsafe self.other.load(ordering: .acquiring)?.takeUnretainedValue(), other.set == set {
            return other.lines
        }
        let lines = try set.render(token)
        if lines.count <= Self.keptBytesMax { self.keep(Other(set: set, lines: lines)) }
        return lines
    }

    private func keep(_ made: Other) {
        let kept = unsafe Unmanaged.passRetained(made)
        let (isFirst, _) = unsafe self.other.compareExchange(
            expected: nil, desired: kept, ordering: .acquiringAndReleasing)
        if !isFirst { unsafe kept.release() }
    }

    /// Counted in every token's weight, so small; longer ones are written anew for each request.
    private static let keptBytesMax = 512
}
