import CLinux

/// Memory in pages of 2 MiB, where the system gives them to those who ask (`transparent_hugepage` is `madvise`).
enum LargePages {
    /// Asks for them for what the calling thread allocates; nothing depends on the answer.
    ///
    /// A cached token lies in a handful of places, and looking them up in pages of 4 KiB was a twentieth of what a request
    /// costs with 10,000 tokens in use.
    static func preferHere() { clinux_prefer_large_pages() }
}
