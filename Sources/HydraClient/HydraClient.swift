import FoundationEssentials
import OAuthModel

/// A client of Ory Hydra's OAuth2 API: all 28 operations, typed, for Hydra 2.x up to 26.x and servers that speak like it.
///
/// ```swift
/// let hydra = try HydraClient(
///     HydraClient.Configuration(publicURL: "http://127.0.0.1:4444", adminURL: "http://127.0.0.1:4445"))
/// let answer = try await hydra.introspectToken(token)
/// await hydra.shutdown()
/// ```
/// A value: copies share their connections. Every call ends within ``Configuration/timeout`` and reads no more than
/// ``Configuration/responseBytesMax``; what is idempotent is tried again when the network or the server is briefly away,
/// everything else never. All errors are ``HydraClientError``.
public struct HydraClient: Sendable {
    /// The two listeners of a server: one for clients and browsers, one for whoever runs it.
    public enum Side: Sendable, Hashable, CaseIterable { case `public`, admin }

    /// As it was given; a change needs another client.
    public let configuration: Configuration
    let connections: Connections
    private let publicBase: BaseURL?
    private let adminBase: BaseURL?

    /// Throws ``HydraClientError/Code/baseURLUnusable`` for a URL that is none.
    public init(_ configuration: Configuration) throws(HydraClientError) {
        self.configuration = configuration
        self.publicBase = try Self.base(configuration.publicURL, "publicURL")
        self.adminBase = try Self.base(configuration.adminURL, "adminURL")
        self.connections = Connections { configuration.adjustConnections?(&$0) }
    }

    /// Cuts what is under way and closes all connections, those of copies too.
    ///
    /// Letting go of the last copy does the same without waiting for it.
    public func shutdown() async {
        await self.connections.shutdown()
    }

    func base(_ side: Side, for operation: String) throws(HydraClientError) -> BaseURL {
        let base =
            switch side {
            case .public: self.publicBase
            case .admin: self.adminBase
            }
        guard let base else {
            throw HydraClientError(
                .request, .baseURLUnusable, operation: operation,
                message: "this is an operation of the \(side) side, whose URL is not configured")
        }
        return base
    }

    private static func base(_ text: String?, _ name: String) throws(HydraClientError) -> BaseURL? {
        guard let text else { return nil }
        guard let base = BaseURL(text) else {
            throw HydraClientError(
                .request, .baseURLUnusable, operation: "HydraClient",
                message: "\(name) is no http or https URL without user information and fragment")
        }
        return base
    }
}

// The connections hold the requests that are under way, tokens and all.
extension HydraClient: CustomStringConvertible, CustomReflectable {
    public var description: String {
        let urls = [self.configuration.publicURL, self.configuration.adminURL].map { url in
            url.map(AddressText.withoutQuery) ?? "none"
        }
        return "HydraClient(public: \(urls[0]), admin: \(urls[1]))"
    }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
