import OAuthModel
import Testing

@Suite("Go durations")
struct GoDurationTests {
    @Test(
        "what Go's parser refuses, is negative or does not fit is refused",
        arguments: [
            "", "+", "-1h", "1", "h", ".s", "1.h.", "1x", "1 h", " 1h", "1h ", "1h-2m", "2562048h",
            "9223372036854775808ns",
            "99999999999999999999h", "1e3s", "0x1s", "١h",
        ])
    func refuses(text: String) { #expect(GoDuration(text) == nil) }

    @Test(
        "the rest is written in Go's form, without fractions",
        arguments: [
            ("0", "0s"), ("0s", "0s"), ("90m", "1h30m0s"), ("2h", "2h0m0s"), ("1m", "1m0s"), ("45s", "45s"),
            ("1h30m", "1h30m0s"), ("1.5h", "1h30m0s"), ("300ms", "300ms"), ("1.5s", "1s500ms"), ("+.5m", "30s"),
            ("1us", "1us"), ("1µs", "1us"), ("1μs", "1us"), ("1ns", "1ns"),
            ("0.3333333333333333333h", "19m59s999ms999us999ns"),
            ("1h1m1s1ms1us1ns", "1h1m1s1ms1us1ns"), ("100s", "1m40s"), ("1.s", "1s"),
            ("9223372036854775807ns", "2562047h47m16s854ms775us807ns"),
        ])
    func reads(text: String, written: String) {
        #expect(GoDuration(text)?.description == written)
        #expect(GoDuration(written) == GoDuration(text))
    }
}
