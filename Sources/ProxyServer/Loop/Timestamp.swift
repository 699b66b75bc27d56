/// RFC 3339 date and time in UTC, as log lines carry it.
enum Timestamp {
    static func bytes(secondsSinceEpoch seconds: Int64) -> [UInt8] {
        let days = Int64((Double(seconds) / 86_400).rounded(.down))
        let second = seconds - days * 86_400
        // Civil date from days: eras of 400 years begin on the first of March (proleptic Gregorian calendar).
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20)
        Self.append(year, digits: 4, to: &bytes)
        for (value, mark) in [
            (month, UInt8(ascii: "-")), (day, UInt8(ascii: "-")), (second / 3_600, UInt8(ascii: "T")),
            (second / 60 % 60, UInt8(ascii: ":")), (second % 60, UInt8(ascii: ":")),
        ] {
            bytes.append(mark)
            Self.append(value, digits: 2, to: &bytes)
        }
        bytes.append(UInt8(ascii: "Z"))
        return bytes
    }

    private static func append(_ value: Int64, digits: Int, to bytes: inout [UInt8]) {
        let text = String(value)
        for _ in text.utf8.count..<max(digits, text.utf8.count) { bytes.append(UInt8(ascii: "0")) }
        bytes.append(contentsOf: text.utf8)
    }
}
