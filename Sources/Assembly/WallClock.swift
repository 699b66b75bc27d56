import Glibc
import OAuthModel
package import ProxyCore
import Reactor

/// The process's clocks: the ones that the loops use, for those who live off the loops.
package enum WallClock {
    package static func now() -> Instant {
        Instant(monotonic: LinuxKernel().now(), wall: NumericDate(seconds: Int64(time(nil))))
    }

    static func timestamp() -> [UInt8] {
        var seconds = time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 24)
        let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return text.prefix(count).map { UInt8(bitPattern: $0) }
    }
}
