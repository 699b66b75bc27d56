/// A moment as `Date` and its kin write it: `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110 §5.6.7).
///
/// Always 29 octets; made once a second by whoever keeps the clock, copied into every head in between.
package struct HTTPDate: Sendable {
    package static let byteCount = 29
    package let octets: InlineArray<29, UInt8>

    /// From seconds since 1970-01-01T00:00:00Z; years beyond 0 to 9999 have no such form and are held at the nearest end.
    package init(secondsSinceEpoch seconds: Int64) {
        let seconds = min(max(seconds, Self.first), Self.last)
        let days = Int(seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400)
        let second = Int(seconds) - days * 86_400
        let date = Self.civil(daysSinceEpoch: days)
        // 1970-01-01 was a Thursday.
        let weekday = ((days % 7) + 11) % 7
        var text = InlineArray<29, UInt8>(repeating: 0x20)
        Self.put(("SunMonTueWedThuFriSat" as StaticString).octets.extracting(weekday * 3..<weekday * 3 + 3), &text, 0)
        text[3] = 0x2C
        Self.put(date.day, digits: 2, &text, 5)
        let months = ("JanFebMarAprMayJunJulAugSepOctNovDec" as StaticString).octets
        Self.put(months.extracting((date.month - 1) * 3..<date.month * 3), &text, 8)
        Self.put(date.year, digits: 4, &text, 12)
        Self.put(second / 3_600, digits: 2, &text, 17)
        text[19] = 0x3A
        Self.put(second / 60 % 60, digits: 2, &text, 20)
        text[22] = 0x3A
        Self.put(second % 60, digits: 2, &text, 23)
        Self.put(("GMT" as StaticString).octets, &text, 26)
        self.octets = text
    }

    package var span: Span<UInt8> {
        @_lifetime(borrow self) get { self.octets.span }
    }

    /// The date in the Gregorian calendar, with years that begin in March so that the leap day comes last.
    private static func civil(daysSinceEpoch days: Int) -> (year: Int, month: Int, day: Int) {
        // Days since 0000-03-01; an era is 400 years or 146,097 days.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func put(_ text: Span<UInt8>, _ octets: inout InlineArray<29, UInt8>, _ offset: Int) {
        for index in 0..<text.count { octets[offset + index] = text[index] }
    }

    private static func put(_ number: Int, digits: Int, _ octets: inout InlineArray<29, UInt8>, _ offset: Int) {
        var rest = number
        for index in stride(from: digits - 1, through: 0, by: -1) {
            octets[offset + index] = 0x30 + UInt8(rest % 10)
            rest /= 10
        }
    }

    /// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
    private static let first: Int64 = -62_167_219_200
    private static let last: Int64 = 253_402_300_799
}
