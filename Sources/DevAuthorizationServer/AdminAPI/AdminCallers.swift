import HTTPTypes
import Hummingbird
import OAuthModel

/// Who may call the admin API: programs, and pages of its own origin; never a page that a browser has from elsewhere.
///
/// The admin API asks nobody who they are, and loopback keeps other machines out, but not the browser on this one. A page
/// from anywhere can have it send requests to `127.0.0.1` (CSRF), or let its own name mean `127.0.0.1` and read the
/// answers too (DNS rebinding). The browser says of such requests where they come from (`Origin`, RFC 6454 §7;
/// `Sec-Fetch-Site`, W3C Fetch Metadata), and their `Host` is the page's name. Programs, among them login and consent pages
/// that call the admin API from their server, send neither of the first two and name the host they were configured with.
///
/// The public listener needs none of this: its endpoints want credentials in the request, its pages a cookie.
struct AdminCallers: Sendable {
    /// Whether only this machine can connect; then no other name than its own leads here.
    ///
    /// A listener on any other address has names that nobody told us, such as a container's.
    let isOnLoopback: Bool
    /// As configured.
    let host: String

    /// What is looked at of a request.
    struct Caller: Sendable {
        var host: String
        var origins: [String] = []
        var fetchSites: [String] = []
    }

    func refusal(of caller: Caller) -> HydraError? {
        guard caller.fetchSites.allSatisfy({ Self.ownSites.contains($0) }) else { return .foreignPage }
        guard caller.origins.allSatisfy({ Self.isOrigin($0, of: caller.host) }) else { return .foreignPage }
        guard !self.isOnLoopback || self.isOurs(caller.host) else { return .foreignHost }
        return nil
    }

    /// A page of our own, or no page at all, such as an address that somebody typed.
    private static let ownSites: Set<String> = ["same-origin", "none"]

    /// `Origin: null` is nobody's.
    private static func isOrigin(_ origin: String, of host: String) -> Bool {
        ["http://", "https://"].contains { ($0 + host).lowercased().hasSameOctets(as: origin.lowercased()) }
    }

    private func isOurs(_ field: String) -> Bool {
        guard let name = HostName(field) else { return false }
        return name.isLoopback || name.text.hasSameOctets(as: self.host.lowercased())
    }
}

extension AdminCallers {
    func refusal(of request: Request) -> HydraError? {
        self.refusal(
            of: Caller(
                host: request.head.authority ?? "", origins: request.headers[values: .origin],
                fetchSites: request.headers[values: .fetchSite]))
    }
}

extension HydraError {
    fileprivate static let foreignPage = HydraError.requestForbidden(
        "A web page of another origin may not call the admin API; call it from a program.")

    fileprivate static let foreignHost = HydraError.requestForbidden(
        "The admin API listens on loopback and is called by a loopback name such as 'localhost' or '127.0.0.1'; the Host "
            + "field names another.")
}

extension HTTPField.Name {
    fileprivate static let fetchSite = HTTPField.Name("Sec-Fetch-Site")!
}
