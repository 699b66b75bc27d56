import Testing

@testable import HTTPWire

/// What is asked of eight octets at once is held against what is asked of each.
@Suite("Eight octets at once")
struct OctetWordTests {
    @Test("a run of path octets ends at the first octet that is none, wherever it stands", arguments: 0..<20)
    func endsRuns(place: Int) {
        for octet in UInt8.min...UInt8.max {
            let belongs = OctetSet.unreserved.contains(octet) || octet == 0x2F
            for count in place + 1...place + 10 {
                var bytes = [UInt8](repeating: 0x61, count: count)
                bytes[place] = octet
                #expect(bytes.span.endOfPathOctets(from: 0, to: count) == (belongs ? count : place))
                #expect(bytes.span.endOfPathOctets(from: place, to: count) == (belongs ? count : place))
                #expect(bytes.span.contains(octet) && !bytes.span.contains(octet == 0x62 ? 0x63 : 0x62))
            }
        }
    }

    @Test("an octet is found where it stands and nowhere else")
    func findsOctets() {
        for octet in UInt8(0)..<0x80 {
            for neighbour in [octet &- 1, octet &+ 1, octet ^ 0x80, 0, 0x7F, 0xFF] where neighbour != octet {
                let word = OctetWord(bits: UInt64(octet) << 24 | 0x0101_0101_0001_0101 &* UInt64(neighbour))
                #expect(word.exactlyEqual(to: octet) == 0x8000_0000)
            }
        }
    }
}
