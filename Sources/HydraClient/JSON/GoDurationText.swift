import OAuthModel

/// A duration in Go's words, as Hydra writes lifespans (`2h0m0s`).
enum GoDurationText {
    /// Any duration that Go reads, such as `90m` or `1.5h`; also one below zero, which Hydra's store may hold.
    static func duration(_ text: String) -> Duration? {
        if text.utf8.first == UInt8(ascii: "-") {
            // A second sign is none of Go's.
            guard text.utf8.dropFirst().first != UInt8(ascii: "+") else { return nil }
            return GoDuration(String(text.dropFirst())).map { .zero - .nanoseconds($0.nanoseconds) }
        }
        return GoDuration(text).map { .nanoseconds($0.nanoseconds) }
    }

    /// In whole units, because the published pattern knows no fraction; what is below a nanosecond is dropped, and what is
    /// beyond Go's range stops at its end.
    static func text(_ duration: Duration) -> String {
        // Brought into range first: the components of what has more than 64 bits of seconds trap.
        let limited = min(max(duration, .nanoseconds(-Int64.max)), .nanoseconds(Int64.max)).components
        return GoDuration(nanoseconds: limited.seconds * 1_000_000_000 + limited.attoseconds / 1_000_000_000)
            .description
    }
}
