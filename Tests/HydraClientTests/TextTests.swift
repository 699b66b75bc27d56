import Foundation
import Testing

@testable import HydraClient

@Suite("Dates and durations as text")
struct TextTests {
    @Test(
        "what is no date of RFC 3339 is refused",
        arguments: [
            "", "2026-01-31", "2026-01-31T08:00:00", "2026-1-31T08:00:00Z", "2026-02-29T08:00:00Z",
            "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1:00",
            "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00Zx", "٢٠٢٦-01-01T00:00:00Z", "+2026-01-01T00:00:00Z",
        ])
    func refusesDate(text: String) { #expect(RFC3339Text.date(text) == nil) }

    @Test(
        "a date is read and written",
        arguments: [
            ("1970-01-01T00:00:00Z", 0.0, "1970-01-01T00:00:00Z"),
            ("2024-02-29t23:59:59.5z", 1_709_251_199.5, "2024-02-29T23:59:59.500Z"),
            ("2000-03-01T00:00:00+00:00", 951_868_800, "2000-03-01T00:00:00Z"),
            ("2026-01-31T09:30:00+05:30", 1_769_832_000, "2026-01-31T04:00:00Z"),
            ("1969-12-31T23:59:59Z", -1, "1969-12-31T23:59:59Z"),
            ("9999-12-31T23:59:59Z", 253_402_300_799, "9999-12-31T23:59:59Z"),
            ("0001-01-01T00:00:00Z", -62_135_596_800, "0001-01-01T00:00:00Z"),
        ])
    func readsDate(text: String, seconds: Double, written: String) {
        #expect(RFC3339Text.date(text) == Date(timeIntervalSince1970: seconds))
        #expect(RFC3339Text.text(Date(timeIntervalSince1970: seconds)) == written)
    }

    @Test("every day of four centuries is read as it is written")
    func daysRoundTrip() {
        let differing = (0..<146_097).filter { day in
            let date = Date(timeIntervalSince1970: Double(day - 73_000) * 86_400)
            return RFC3339Text.date(RFC3339Text.text(date)) != date
        }
        #expect(differing == [])
    }

    @Test("what is no duration of Go's is refused", arguments: ["", "1", "h", "--1h", "-+1h", "1h-1m", "1 h"])
    func refusesDuration(text: String) { #expect(GoDurationText.duration(text) == nil) }

    @Test(
        "a duration is read, and written in whole units",
        arguments: [
            ("2h0m0s", Duration.seconds(7_200), "2h0m0s"), ("90m", .seconds(5_400), "1h30m0s"),
            ("1.5s", .milliseconds(1_500), "1s500ms"), ("0", .zero, "0s"), ("-1ns", .nanoseconds(-1), "-1ns"),
        ])
    func readsDuration(text: String, duration: Duration, written: String) {
        #expect(GoDurationText.duration(text) == duration)
        #expect(GoDurationText.text(duration) == written)
    }

    @Test(
        "a date that no year of four digits can say stops at the ends, and what is no time is Go's none",
        arguments: [
            (Double.nan, "0001-01-01T00:00:00Z"), (-.nan, "0001-01-01T00:00:00Z"),
            (.infinity, "9999-12-31T23:59:59Z"), (-.infinity, "0001-01-01T00:00:00Z"),
            (.greatestFiniteMagnitude, "9999-12-31T23:59:59Z"), (-.greatestFiniteMagnitude, "0001-01-01T00:00:00Z"),
            (1e19, "9999-12-31T23:59:59Z"), (253_402_300_799.9, "9999-12-31T23:59:59Z"),
            (.leastNonzeroMagnitude, "1970-01-01T00:00:00Z"), (-0.001, "1969-12-31T23:59:59.999Z"),
        ])
    func clampsDate(seconds: Double, written: String) {
        #expect(RFC3339Text.text(Date(timeIntervalSince1970: seconds)) == written)
    }

    /// A minute beyond what 64 bits of seconds can say.
    static let beyond = Duration.seconds(Int64.max) + .seconds(60)

    @Test(
        "a duration beyond Go's range stops at its ends",
        arguments: [
            (Duration.seconds(Int64.max), "2562047h47m16s854ms775us807ns"), (beyond, "2562047h47m16s854ms775us807ns"),
            (.seconds(Int64.min), "-2562047h47m16s854ms775us807ns"), (.zero - beyond, "-2562047h47m16s854ms775us807ns"),
            (.nanoseconds(Int64.min), "-2562047h47m16s854ms775us807ns"),
        ])
    func clampsDuration(duration: Duration, written: String) {
        #expect(GoDurationText.text(duration) == written)
        #expect(GoDurationText.duration(written).map { GoDurationText.text($0) } == written)
    }

    @Test(
        "whole seconds stop at the ends of 64 bits",
        arguments: [
            (Duration.seconds(Int64.max), Int64.max), (beyond, .max), (.seconds(Int64.min), .min),
            (.zero - beyond, .min),
            (.milliseconds(1), 1), (.zero, 0),
        ])
    func clampsWholeSeconds(duration: Duration, seconds: Int64) { #expect(duration.wholeSeconds == seconds) }
}
