package import Reactor

/// A host name of the configuration that had no address when it was first asked for (SPEC §5).
///
/// Reported once a name at start and once at each reload, from a loop's thread.
package struct UnresolvedName: Sendable, Hashable {
    package let host: String
    /// The upstream or authorization server that it belongs to; where several share it, one of them.
    package let service: String
    package let cause: ResolverError
}
