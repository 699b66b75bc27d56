import DevAuthorizationServer
import Foundation
import OAuthModel
import Synchronization

/// A browser as far as the flows need one: it keeps cookies, and follows redirects while they stay at the endpoints.
final class Browser: Sendable {
    let server: ServerUnderTest
    private let jar = Mutex<[String: String]>([:])

    init(_ server: ServerUnderTest) { self.server = server }

    var cookies: [String: String] {
        get { self.jar.withLock { $0 } }
        set { self.jar.withLock { $0 = newValue } }
    }

    /// One request by address or path; what the answer sets is kept.
    func visit(_ address: String, form: [(String, String)]? = nil) async throws -> Answer {
        let path =
            address.hasPrefix(self.server.running.publicURL)
            ? String(address.dropFirst(self.server.running.publicURL.count)) : address
        var fields: [String: String] = [:]
        let cookies = self.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
        if !cookies.isEmpty { fields["Cookie"] = cookies }
        var body: [UInt8]?
        if let form {
            fields["Content-Type"] = "application/x-www-form-urlencoded"
            body = FormURLEncoded(form.map { FormURLEncoded.Parameter(name: $0.0, value: $0.1) }).encoded()
        }
        let answer = try await self.server.call(
            .public, form == nil ? "GET" : "POST", path, body: body, fields: fields)
        // The fields of one name come joined; no cookie of ours has a comma.
        for cookie in answer.field("Set-Cookie").split(separator: ",") {
            let pair = cookie.split(separator: ";")[0].trimmingCharacters(in: .whitespaces)
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let isRemoved = cookie.contains("Max-Age=0")
            self.jar.withLock { $0[halves[0]] = isRemoved ? nil : halves[1] }
        }
        return answer
    }

    /// The first address outside the endpoints that a browser sent to this one ends at.
    func walk(_ address: String) async throws -> String {
        var address = address
        for _ in 0..<8 {
            let answer = try await self.visit(address)
            guard (300..<400).contains(answer.status) else { throw Refused(answer: answer) }
            address = answer.field("Location")
            let path = address.dropFirst(self.server.running.publicURL.count).prefix { $0 != "?" }
            guard address.hasPrefix(self.server.running.publicURL), Self.endpoints.contains(String(path)) else {
                return address
            }
        }
        throw URLError(.httpTooManyRedirects)
    }

    private static let endpoints = ["/oauth2/auth", "/oauth2/sessions/logout"]
}

/// An address taken apart.
struct Place: Sendable, CustomStringConvertible {
    let address: String
    /// Without query and fragment.
    let base: String
    private let parameters: [FormURLEncoded.Parameter]
    let isFragment: Bool

    init(_ address: String) {
        self.address = address
        let cut = address.firstIndex { $0 == "?" || $0 == "#" }
        self.base = String(address[..<(cut ?? address.endIndex)])
        let rest = cut.map { address[address.index(after: $0)...] } ?? ""
        self.isFragment = address.contains("#")
        self.parameters =
            (try? FormURLEncoded(parsing: Array(rest.replacing("#", with: "&").utf8)))?.parameters ?? []
    }

    subscript(name: String) -> String? { self.parameters.first { $0.name == name }?.value }
    var description: String { self.address }
}

/// One way through authorization endpoint and pages, which are played through the admin API.
struct Flow: Sendable {
    let browser: Browser
    let client: Client
    var subject: String
    var parameters: [(String, String)]
    /// RFC 7636, Appendix B.
    static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    static let callback = "http://127.0.0.1:5555/callback"
    static let requests = "/admin/oauth2/auth/requests"

    init(_ browser: Browser, _ client: Client, subject: String = "alice", _ changes: [(String, String?)] = []) {
        self.browser = browser
        self.client = client
        self.subject = subject
        var parameters: [(String, String)] = [
            ("response_type", "code"), ("client_id", client.id), ("redirect_uri", Self.callback),
            ("scope", client.answer.text("scope")), ("state", "state-4711"), ("code_challenge", Self.challenge),
            ("code_challenge_method", "S256"),
        ]
        for (name, value) in changes {
            parameters.removeAll { $0.0 == name }
            if let value { parameters.append((name, value)) }
        }
        self.parameters = parameters
    }

    var server: ServerUnderTest { self.browser.server }

    /// The request's address, with more at its end.
    func address(_ more: [(String, String)] = []) -> String {
        let form = FormURLEncoded((self.parameters + more).map { FormURLEncoded.Parameter(name: $0.0, value: $0.1) })
        return self.server.running.publicURL + "/oauth2/auth?" + String(decoding: form.encoded(), as: UTF8.self)
    }

    /// Where the browser ends that makes the request.
    func begin() async throws -> Place { Place(try await self.browser.walk(self.address())) }

    /// The login challenge of a request that has to get that far.
    func loginChallenge() async throws -> String {
        let place = try await self.begin()
        guard let challenge = place["login_challenge"] else { throw Elsewhere(place: place) }
        return challenge
    }

    /// Accepts the login; where the browser has to go.
    func acceptLogin(_ challenge: String, _ members: JSONObject = [:]) async throws -> String {
        var body: JSONObject = ["subject": .string(self.subject)]
        for member in members.members { body[member.name] = member.value }
        return try await self.decide("login/accept?login_challenge=\(challenge)", body)
    }

    /// Logs in; the consent challenge.
    func consentChallenge(login members: JSONObject = [:]) async throws -> String {
        let address = try await self.acceptLogin(try await self.loginChallenge(), members)
        let place = Place(try await self.browser.walk(address))
        guard let challenge = place["consent_challenge"] else { throw Elsewhere(place: place) }
        return challenge
    }

    /// Accepts the consent; where the browser has to go.
    func acceptConsent(_ challenge: String, _ members: JSONObject = [:]) async throws -> String {
        let scope = self.parameters.first { $0.0 == "scope" }?.1 ?? ""
        var body: JSONObject = ["grant_scope": .strings(scope.split(separator: " ").map(String.init))]
        for member in members.members { body[member.name] = member.value }
        return try await self.decide("consent/accept?consent_challenge=\(challenge)", body)
    }

    /// All the way; where the client is answered.
    func run(login: JSONObject = [:], consent: JSONObject = [:]) async throws -> Place {
        let challenge = try await self.consentChallenge(login: login)
        return Place(try await self.browser.walk(try await self.acceptConsent(challenge, consent)))
    }

    /// All the way to the tokens.
    func tokens(login: JSONObject = [:], consent: JSONObject = [:]) async throws -> Answer {
        let place = try await self.run(login: login, consent: consent)
        guard let code = place["code"] else { throw Elsewhere(place: place) }
        return try await self.exchange(code)
    }

    func exchange(_ code: String) async throws -> Answer {
        try await self.server.post(
            .public, "/oauth2/token",
            form: [
                ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Self.callback),
                ("code_verifier", Self.verifier),
            ], credentials: self.client.credentials)
    }

    func decide(_ path: String, _ body: JSONObject) async throws -> String {
        let answer = try await self.server.put("\(Self.requests)/\(path)", json: .object(body))
        guard answer.status == 200 else { throw Refused(answer: answer) }
        return answer.text("redirect_to")
    }
}

/// A browser did not get where it had to.
struct Elsewhere: Error { let place: Place }

extension ServerUnderTest {
    func put(_ path: String, json: JSONValue?) async throws -> Answer {
        try await self.call(
            .admin, "PUT", path, body: json.map { JSONWriter.write($0) } ?? [],
            fields: ["Content-Type": "application/json"])
    }

    /// A confidential client for the code flow with these members besides.
    func makeWebClient(_ members: JSONObject = [:]) async throws -> Client {
        var document: JSONObject = [
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "redirect_uris": [.string(Flow.callback)], "scope": "openid offline photos.read",
        ]
        for member in members.members { document[member.name] = member.value }
        return try await self.makeClient(document)
    }

    /// Whether a new request of this browser would find somebody logged in.
    func skips(_ flow: Flow) async throws -> Bool {
        let challenge = try await flow.loginChallenge()
        return try await self.get(.admin, "\(Flow.requests)/login?login_challenge=\(challenge)")["skip"] == true
    }
}
