import Testing

@testable import OAuthModel

@Suite("Dates and durations at their extremes")
struct RFC3339DateTimeTests {
    @Test(
        "what Go does not read is refused, and a tolerant reader takes it",
        arguments: ["2026-01-31 08:00:00Z", "2026-01-31T08:00:60Z"])
    func strictness(text: String) {
        #expect(RFC3339DateTime(text, .strict) == nil)
        #expect(RFC3339DateTime(text, .tolerant) != nil)
    }

    @Test("more than nine decimal places are refused", arguments: [RFC3339DateTime.Reading.strict, .tolerant])
    func decimalPlaces(reading: RFC3339DateTime.Reading) {
        #expect(RFC3339DateTime("2026-01-31T08:00:00.1234567890Z", reading) == nil)
        #expect(RFC3339DateTime("2026-01-31T08:00:00.123456789Z", reading)?.nanoseconds == 123_456_789)
        #expect(RFC3339DateTime("2026-01-31T08:00:00.5Z", reading)?.millisecondText == "2026-01-31T08:00:00.500Z")
    }

    @Test(
        "no number of seconds is too far: years that four digits cannot say stop at the ends",
        arguments: [
            (Int64.min, "0001-01-01T00:00:00Z"), (-62_135_596_801, "0001-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"), (253_402_300_800, "9999-12-31T23:59:59Z"), (.max, "9999-12-31T23:59:59Z"),
        ])
    func clamps(seconds: Int64, text: String) { #expect(RFC3339DateTime(clamping: seconds).description == text) }

    @Test("a zone that leads out of the four digits is read, and written at the end")
    func zoneBeyond() throws {
        #expect(
            try #require(RFC3339DateTime("9999-12-31T23:59:59-23:59", .strict)).description == "9999-12-31T23:59:59Z")
        #expect(
            try #require(RFC3339DateTime("0000-01-01T00:00:00+23:59", .strict)).description == "0001-01-01T00:00:00Z")
    }

    @Test(
        "a duration of any number of nanoseconds has a text, and seconds beyond 292 years stop there",
        arguments: [
            (GoDuration(nanoseconds: .min), "-2562047h47m16s854ms775us808ns"),
            (GoDuration(nanoseconds: -1), "-1ns"), (.seconds(.max), "2562047h47m16s854ms775us807ns"),
            (.seconds(.min), "-2562047h47m16s854ms775us808ns"),
        ])
    func durations(duration: GoDuration, text: String) { #expect(duration.description == text) }
}
