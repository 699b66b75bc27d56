extension StringProtocol {
    /// The words between single spaces, empty ones dropped (RFC 6749 §3.3; the contract, §5).
    ///
    /// By bytes: a space with a combining mark behind it is one `Character`, and still a space.
    var spaceSeparatedWords: [String] {
        self.utf8.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
    }
}
