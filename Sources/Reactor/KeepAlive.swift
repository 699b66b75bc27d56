/// When TCP asks a silent peer whether it is still there (RFC 9293 §3.8.4).
///
/// A peer that vanishes without a word, because its machine lost power or a NAT on the way forgot the connection, would
/// be held for ever wherever silence is no fault: in tunnels and event streams. A peer that lives answers by itself,
/// however long its program says nothing.
package enum KeepAlive {
    /// Firewalls and NATs forget a silent connection after some minutes: asked every minute, they remember it.
    package static let idleSeconds: Int32 = 60
    /// Longer than any path takes there and back, so that an answer is not merely late.
    package static let intervalSeconds: Int32 = 15
    /// A minute of unanswered probes is no lost packet and no change of route: two minutes after its last word, a peer
    /// that has vanished is let go.
    package static let probesMax: Int32 = 4
}
