import OAuthModel
import Synchronization

/// The subject fields of one token, written once and used by every request that carries it.
///
/// They are written when they are first asked for: a token that is seen once is worth one rendering, and none when it is
/// refused. The standard fields are kept, and of other sets the first one, since a service seldom has two. Sets are
/// compared by content, so a reload finds its own again.
///
/// Safe: what is kept is retained once, when it is put there, and released once, when the token ends.
@safe struct SubjectRendering: ~Copyable, Sendable {
    // Each is written once, by whoever comes first, and let go of with the token.
    //
    // An `AtomicLazyReference` by hand: the library's is not specialised, and asks the runtime for its metadata at each
    // look (HandedOnNotLookedUp, among the decisions).
    private let standard = unsafe Atomic<Unmanaged<Kept>?>(nil)
    private let other = unsafe Atomic<Unmanaged<Kept>?>(nil)

    private final class Kept: Sendable {
        let set: SubjectFieldSet
        let lines: [UInt8]
        init(set: SubjectFieldSet, lines: [UInt8]) {
            self.set = set
            self.lines = lines
        }
    }

    init() {}

    deinit {
        unsafe self.standard.load(ordering: .acquiring)?.release()
        unsafe self.other.load(ordering: .acquiring)?.release()
    }

    /// What it may come to hold.
    static let weight = 96 + 2 * keptBytesMax

    @inline(__always)
    func lines(_ set: SubjectFieldSet, of token: ValidatedToken) throws(SubjectValueProblem) -> [UInt8] {
        // What is there stays until `deinit`, so it can be looked at while `self` is held.
        if set.isStandard {
            if let kept = unsafe self.standard.load(ordering: .acquiring)?.takeUnretainedValue() { return kept.lines }
        } else if let kept = unsafe self.other.load(ordering: .acquiring)?.takeUnretainedValue(), kept.set == set {
            return kept.lines
        }
        return try self.render(set, of: token)
    }

    private func render(_ set: SubjectFieldSet, of token: ValidatedToken) throws(SubjectValueProblem) -> [UInt8] {
        let lines = try set.render(token)
        guard lines.count <= Self.keptBytesMax else { return lines }
        // What is kept is counted by its bytes, so it has no spare room.
        let kept = Kept(set: set, lines: lines.capacity > Self.keptBytesMax ? lines.span.copied() : lines)
        let made = unsafe Unmanaged.passRetained(kept)
        let isFirst =
            if set.isStandard {
                unsafe self.standard.compareExchange(expected: nil, desired: made, ordering: .acquiringAndReleasing)
                    .exchanged
            } else {
                unsafe self.other.compareExchange(expected: nil, desired: made, ordering: .acquiringAndReleasing)
                    .exchanged
            }
        if !isFirst { unsafe made.release() }
        return lines
    }

    /// Counted in every token's weight, so small; longer ones are written anew for each request.
    private static let keptBytesMax = 512
}
