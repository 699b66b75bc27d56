import Foundation
import HTTPWire
import Testing

@Suite("HTTP dates")
struct HTTPDateTests {
    static func text(_ seconds: Int64) -> String {
        String(decoding: Array(copying: HTTPDate(secondsSinceEpoch: seconds).span), as: UTF8.self)
    }

    @Test(
        "RFC 9110 §5.6.7: IMF-fixdate",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"), (.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (-62_167_219_200, "Sat, 01 Jan 0000 00:00:00 GMT"), (.min, "Sat, 01 Jan 0000 00:00:00 GMT"),
        ] as [(Int64, String)])
    func known(seconds: Int64, text: String) {
        #expect(Self.text(seconds) == text)
    }

    @Test("agrees with Foundation's calendar on random moments")
    func agreesWithFoundation() {
        var random = SeededRandom.fresh()
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        for _ in 0..<500 {
            let seconds = Int64.random(in: -10_000_000_000...200_000_000_000, using: &random)
            let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(Self.text(seconds) == expected, "seed \(random.seed)")
        }
    }
}
