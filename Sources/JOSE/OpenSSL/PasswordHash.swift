import COpenSSL
import OAuthModel

/// A stored secret that cannot be read back: scrypt (RFC 7914), written as `$scrypt$ln=…,r=…,p=…$salt$hash`.
///
/// The development server keeps client secrets this way. What is being checked runs through as many blocks as the
/// stored text says, so that text is bounded too.
package enum PasswordHash {
    /// How much work a guess costs.
    package struct Cost: Sendable, Hashable {
        /// log₂ of N.
        package var logRounds: Int
        package var blockSize: Int
        package var parallelism: Int

        package init(logRounds: Int, blockSize: Int, parallelism: Int) {
            self.logRounds = logRounds
            self.blockSize = blockSize
            self.parallelism = parallelism
        }

        /// 16 MiB and some 40 ms a guess: a laptop's development server stays quick.
        package static let interactive = Cost(logRounds: 14, blockSize: 8, parallelism: 1)

        /// Some 40 µs a guess: for what is never written down, and nobody but the process itself can read.
        package static let transient = Cost(logRounds: 4, blockSize: 8, parallelism: 1)

        /// More than this in a stored text is damage, not care: 64 MiB of memory at r = 8.
        var isBounded: Bool {
            (1...16).contains(self.logRounds) && (1...8).contains(self.blockSize) && (1...4).contains(self.parallelism)
        }
    }

    package static func make(_ password: [UInt8], cost: Cost = .interactive) -> String {
        precondition(cost.isBounded, "the cost is out of the range that verification accepts")
        let salt = RandomBytes.make(count: self.saltByteCount)
        guard let hash = self.derive(password, salt: salt, cost: cost) else {
            preconditionFailure("scrypt refused parameters within its bounds")
        }
        return "$scrypt$ln=\(cost.logRounds),r=\(cost.blockSize),p=\(cost.parallelism)"
            + "$\(Base64URL.encode(salt))$\(Base64URL.encode(hash))"
    }

    /// Whether `password` made `stored`.
    ///
    /// A text that is not one of ours matches nothing.
    package static func verify(_ password: [UInt8], against stored: String) -> Bool {
        guard let (cost, salt, hash) = self.parse(stored),
            let candidate = self.derive(password, salt: salt, cost: cost)
        else { return false }
        return ConstantTime.areEqual(candidate, hash)
    }

    private static func parse(_ text: String) -> (Cost, salt: [UInt8], hash: [UInt8])? {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt",
            let salt = Base64URL.decode(String(parts[3])), salt.count == self.saltByteCount,
            let hash = Base64URL.decode(String(parts[4])), hash.count == self.hashByteCount
        else { return nil }
        let settings = parts[2].split(separator: ",", omittingEmptySubsequences: false)
        guard settings.count == 3,
            let logRounds = self.value(settings[0], of: "ln="),
            let blockSize = self.value(settings[1], of: "r="),
            let parallelism = self.value(settings[2], of: "p=")
        else { return nil }
        let cost = Cost(logRounds: logRounds, blockSize: blockSize, parallelism: parallelism)
        return cost.isBounded ? (cost, salt, hash) : nil
    }

    private static func value(_ setting: Substring, of name: String) -> Int? {
        setting.hasPrefix(name) ? Int(setting.dropFirst(name.count)) : nil
    }

    private static func derive(_ password: [UInt8], salt: [UInt8], cost: Cost) -> [UInt8]? {
        defer { ERR_clear_error() }
        var succeeded = false
        let hash = unsafe [UInt8](unsafeUninitializedCapacity: self.hashByteCount) { buffer, count in
            // The lengths handed over are those of the arrays and of the buffer just allocated.
            succeeded = unsafe password.withUnsafeBytes { password in
                unsafe EVP_PBE_scrypt(
                    password.assumingMemoryBound(to: CChar.self).baseAddress, password.count, salt, salt.count,
                    UInt64(1) << UInt64(cost.logRounds), UInt64(cost.blockSize), UInt64(cost.parallelism),
                    self.memoryMax, buffer.baseAddress, self.hashByteCount) == 1
            }
            count = succeeded ? self.hashByteCount : 0
        }
        return succeeded ? hash : nil
    }

    private static let saltByteCount = 16
    private static let hashByteCount = 32
    /// Twice what the largest bounded cost needs: 128 · r · (N + p) bytes.
    private static let memoryMax: UInt64 = 128 << 20
}

/// Comparison that takes as long for a near miss as for a far one.
package enum ConstantTime {
    package static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return unsafe CRYPTO_memcmp(a, b, a.count) == 0
    }
}
