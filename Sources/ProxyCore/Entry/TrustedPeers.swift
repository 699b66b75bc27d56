import HTTPWire

/// Whose `Forwarded` and `X-Forwarded-*` are believed: networks, and peers on Unix sockets; nobody by default.
package struct TrustedPeers: Sendable, Hashable {
    private struct Network4: Sendable, Hashable {
        var address: UInt32
        var mask: UInt32
    }

    private struct Network6: Sendable, Hashable {
        var high: UInt64
        var low: UInt64
        var highMask: UInt64
        var lowMask: UInt64
    }

    private var networks4: [Network4] = []
    private var networks6: [Network6] = []
    package private(set) var includesUnixSockets = false

    package static let nobody = TrustedPeers()

    private init() {}

    /// Reads networks (`127.0.0.0/8`, `::1`) and `unix`, as a configuration lists them.
    package init(_ entries: [String]) throws(TrustedPeersProblem) {
        for entry in entries {
            if entry == "unix" { self.includesUnixSockets = true } else { try self.add(entry) }
        }
    }

    package func contains(_ address: IPAddress) -> Bool {
        switch address {
        case .v4(let number):
            self.networks4.contains { number & $0.mask == $0.address }
        case .v6(let high, let low):
            self.networks6.contains { high & $0.highMask == $0.high && low & $0.lowMask == $0.low }
        }
    }

    private mutating func add(_ entry: String) throws(TrustedPeersProblem) {
        let parts = entry.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { throw .notANetwork(entry) }
        let width = address.isIPv6 ? 128 : 32
        var length = width
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy(\.isASCIIDigit), let number = Int(parts[1]), number <= width else {
                throw .prefixLength(entry, max: width)
            }
            length = number
        }
        switch address {
        case .v4(let number):
            let mask: UInt32 = length == 0 ? 0 : ~0 << UInt32(32 - length)
            guard number & mask == number else {
                throw .bitsBehindPrefix(entry, rightly: Self.text(.v4(number & mask), length))
            }
            self.networks4.append(Network4(address: number, mask: mask))
        case .v6(let high, let low):
            let highMask: UInt64 = length == 0 ? 0 : ~0 << UInt64(64 - min(length, 64))
            let lowMask: UInt64 = length <= 64 ? 0 : ~0 << UInt64(128 - length)
            guard high & highMask == high, low & lowMask == low else {
                throw .bitsBehindPrefix(
                    entry, rightly: Self.text(.v6(high: high & highMask, low: low & lowMask), length))
            }
            self.networks6.append(Network6(high: high, low: low, highMask: highMask, lowMask: lowMask))
        }
    }

    private static func text(_ address: IPAddress, _ length: Int) -> String {
        String(decoding: address.text, as: UTF8.self) + "/\(length)"
    }
}

/// Why an entry of `trusted_peers` cannot be used; each says what would be right.
package enum TrustedPeersProblem: Error, Sendable, Hashable, CustomStringConvertible {
    case notANetwork(String)
    case prefixLength(String, max: Int)
    case bitsBehindPrefix(String, rightly: String)

    package var description: String {
        switch self {
        case .notANetwork(let text): "`\(text)` is no network (such as `10.0.0.0/8`, `fd00::/8`, `127.0.0.1` or `unix`)"
        case .prefixLength(let text, let max): "`\(text)` has a prefix length outside 0…\(max)"
        case .bitsBehindPrefix(let text, let rightly): "`\(text)` has bits set behind its prefix (write `\(rightly)`)"
        }
    }
}
