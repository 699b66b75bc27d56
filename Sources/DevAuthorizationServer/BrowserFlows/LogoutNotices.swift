import BoundedHTTPClient
import Logging
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
        await withTaskGroup(of: Void.self) { group in
            for client in notices {
                group.addTask { await self.post(to: client, sessionEnded: id) }
            }
        }
    }

    private func post(to client: RegisteredClient, sessionEnded id: String) async {
        do {
            let form = FormURLEncoded([
                .init(name: "logout_token", value: try self.logoutToken(for: client, sessionEnded: id))
            ])
            let request = BoundedHTTPClient.Request(
                .POST, client.backchannelLogoutURI, fields: [("Content-Type", "application/x-www-form-urlencoded")],
                body: form.encoded())
            _ = try await self.http.send(request, bytesMax: Self.answerBytesMax, within: Self.noticeTimeout)
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
    private static let noticeTimeout = Duration.seconds(2)

    /// Nothing is made of the answer, so nobody needs to send more.
    private static let answerBytesMax = 65_536

    /// Two minutes, as the specification advises.
    private static let logoutTokenSeconds: Int64 = 120
}
