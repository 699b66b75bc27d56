/// The admin listener's address cannot be had.
package struct AdminServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// As configured.
    package let address: String
    package let reason: String
    package let isAddressInUse: Bool

    package var description: String { "cannot listen on \(self.address) for the admin API: \(self.reason)" }
}
