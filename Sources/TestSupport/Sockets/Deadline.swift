import Glibc

/// When a wait for an event is given up, on the monotonic clock.
package struct Deadline: Sendable {
    private let nanoseconds: UInt64

    package static func after(seconds: Double) -> Deadline {
        Deadline(nanoseconds: Self.now + UInt64(seconds * 1_000_000_000))
    }

    /// Far beyond what anything takes, however busy the machine: a test that reaches it has failed.
    package static var patient: Deadline { .after(seconds: 60) }

    package static var now: UInt64 {
        var time = Glibc.timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    package var isPassed: Bool { Self.now >= self.nanoseconds }

    /// Rounded up, as `poll` wants it.
    var millisecondsLeft: Int32 {
        let now = Self.now
        guard self.nanoseconds > now else { return 0 }
        return Int32(clamping: (self.nanoseconds - now + 999_999) / 1_000_000)
    }

    var asTimespec: Glibc.timespec {
        Glibc.timespec(tv_sec: Int(self.nanoseconds / 1_000_000_000), tv_nsec: Int(self.nanoseconds % 1_000_000_000))
    }
}

/// What a test waited for did not come.
package struct TimedOut: Error, CustomStringConvertible {
    package let description: String
    package init(_ what: String) { self.description = "waited in vain for \(what)" }
}
