import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import OAuthModel

// Clients that took part in a session are told of its end, through the browser and behind its back.
extension ServerCore {
    /// The addresses that the logout page shows in frames (OpenID Connect Front-Channel Logout 1.0 §2).
    func frontchannelFrames(_ clients: [RegisteredClient], sessionEnded id: String) -> [String] {
        let addresses = clients.map(\.frontchannelLogoutURI).filter { Self.isWeb($0) }
        return addresses.prefix(Self.noticesMax).map { address in
            address.addingQuery([.init(name: "iss", value: self.issuer), .init(name: "sid", value: id)])
        }
    }

    /// Posts a logout token to each client that has an address for it (OpenID Connect Back-Channel Logout 1.0 §2.5).
    ///
    /// Returns when all have answered or had their time: the logout itself does not depend on them.
    func notifyBackchannel(_ clients: [RegisteredClient], sessionEnded id: String) async {
        let notices = clients.filter { Self.isWeb($0.backchannelLogoutURI) }.prefix(Self.noticesMax)
        guard !notices.isEmpty else { return }
        var configuration = HTTPClient.Configuration()
        // A logout token is for the address that is registered, and for no other.
        configuration.redirectConfiguration = .disallow
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        await withTaskGroup(of: Void.self) { group in
            for client in notices {
                group.addTask { await self.post(to: client, sessionEnded: id, through: http) }
            }
        }
        try? await http.shutdown()
    }

    private func post(to client: RegisteredClient, sessionEnded id: String, through http: HTTPClient) async {
        do {
            var request = HTTPClientRequest(url: client.backchannelLogoutURI)
            request.method = .POST
            request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
            let form = FormURLEncoded([
                .init(name: "logout_token", value: try self.logoutToken(for: client, sessionEnded: id))
            ])
            request.body = .bytes(form.encoded())
            _ = try await http.execute(request, timeout: Self.noticeTimeout)
        } catch {
            // Its address may be out of order for long; the session has ended all the same.
            DevAuthorizationServer.logger.debug(
                "a client could not be told of a logout", metadata: ["client": "\(client.id)", "error": "\(error)"])
        }
    }

    /// OpenID Connect Back-Channel Logout 1.0 §2.4; it names the session, and therefore no subject.
    private func logoutToken(for client: RegisteredClient, sessionEnded id: String) throws -> String {
        let now = self.now().seconds
        return try self.idTokenKey.sign([
            "aud": .strings([client.id]), "events": ["http://schemas.openid.net/event/backchannel-logout": [:]],
            "exp": .integer(now + Self.logoutTokenSeconds), "iat": .integer(now), "iss": .string(self.issuer),
            "jti": .string(Identifiers.uuid()), "sid": .string(id),
        ])
    }

    private static func isWeb(_ address: String) -> Bool {
        guard let address = WebAddress(address), address.origin != nil else { return false }
        return ["http", "https"].contains(address.scheme)
    }

    /// As many clients as a person uses at once; a session with more is a test of something else.
    private static let noticesMax = 16

    /// A person waits for it.
    private static let noticeTimeout = TimeAmount.seconds(2)

    /// Two minutes, as the specification advises.
    private static let logoutTokenSeconds: Int64 = 120
}
