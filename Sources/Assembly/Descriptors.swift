import Glibc

/// The process's limit of open files, raised as far as it goes (SPEC §9).
enum Descriptors {
    /// Raises the soft limit to the hard one and returns it.
    static func raiseLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return Self.fallback }
        if limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Three quarters: the rest is for upstreams, the authorization server, files and the admin API.
    static func connectionsMax(limit: Int) -> Int { max(1, limit / 4 * 3) }

    private static let fallback = 1_024
}
