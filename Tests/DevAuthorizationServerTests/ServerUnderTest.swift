import DevAuthorizationServer
import Foundation
import FoundationNetworking
import JOSE
import OAuthModel
import Synchronization

/// Runs a server on free ports for as long as the body runs.
func withServer<Value>(
    _ change: (inout DevAuthorizationServer.Options) -> Void = { _ in },
    _ body: (ServerUnderTest) async throws -> Value
) async throws -> Value {
    var options = DevAuthorizationServer.Options.forTests
    change(&options)
    let server = ServerUnderTest(running: try await DevAuthorizationServer(options).start())
    do {
        let value = try await body(server)
        await server.running.stop()
        return value
    } catch {
        await server.running.stop()
        throw error
    }
}

extension DevAuthorizationServer.Options {
    /// Free ports, silence, memory.
    static var forTests: Self {
        var options = Self()
        options.publicPort = 0
        options.adminPort = 0
        options.announce = { _ in }
        options.signingKeys = Self.signingKeysForTests
        return options
    }

    /// Made once for all servers, whose keys still have names of their own: making two for each of hundreds took most of
    /// the tests' time.
    private static let signingKeysForTests = try? (accessToken: Self.pem(), idToken: Self.pem())

    private static func pem() throws -> String {
        String(decoding: try OpenSSLPrivateKey(generating: .rsa(bits: 2_048)).pem(), as: UTF8.self)
    }
}

/// What came back.
struct Answer: Sendable {
    var status: Int
    var fields: [String: String]
    var body: [UInt8]

    /// The body as JSON; `.null` when it is none.
    var json: JSONValue { (try? JSONReader.read(self.body, limits: JSONLimits(depth: 32, bytes: 1 << 24))) ?? .null }
    subscript(name: String) -> JSONValue? { self.json.objectValue?[name] }
    func text(_ name: String) -> String { self[name]?.stringValue ?? "" }
    func field(_ name: String) -> String { self.fields[name.lowercased()] ?? "" }
}

/// A server and how a client speaks to it: real HTTP over loopback.
struct ServerUnderTest: Sendable {
    let running: RunningAuthorizationServer

    enum Side { case `public`, admin }

    /// Redirects are shown, not followed, and cookies are nobody's but a `Browser`'s.
    private static let session: URLSession = {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        return URLSession(configuration: configuration, delegate: Redirects(), delegateQueue: nil)
    }()

    func call(
        _ side: Side, _ method: String, _ path: String, body: [UInt8]? = nil, fields: [String: String] = [:]
    ) async throws -> Answer {
        let base = side == .public ? self.running.publicURL : self.running.adminURL
        guard let url = URL(string: base + path) else { throw URLError(.badURL) }
        var request = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: 30)
        request.httpMethod = method
        request.httpBody = body.map { Data($0) }
        for (name, value) in fields { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await Self.session.data(for: request)
        guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        var answered: [String: String] = [:]
        for (name, value) in response.allHeaderFields { answered["\(name)".lowercased()] = "\(value)" }
        return Answer(status: response.statusCode, fields: answered, body: Array(data))
    }

    func get(_ side: Side, _ path: String, fields: [String: String] = [:]) async throws -> Answer {
        try await self.call(side, "GET", path, fields: fields)
    }

    func post(_ side: Side, _ path: String, json: JSONValue) async throws -> Answer {
        try await self.call(
            side, "POST", path, body: JSONWriter.write(json), fields: ["Content-Type": "application/json"])
    }

    func post(
        _ side: Side, _ path: String, form: [(String, String)], credentials: ClientCredentials? = nil
    ) async throws -> Answer {
        var fields = ["Content-Type": "application/x-www-form-urlencoded"]
        if let credentials {
            fields["Authorization"] = String(decoding: credentials.basicFieldValue().bytes, as: UTF8.self)
        }
        let body = FormURLEncoded(form.map { FormURLEncoded.Parameter(name: $0.0, value: $0.1) }).encoded()
        return try await self.call(side, "POST", path, body: body, fields: fields)
    }

    /// A confidential client for client_credentials with these members besides.
    func makeClient(_ members: JSONObject = [:]) async throws -> Client {
        var document: JSONObject = [
            "grant_types": ["client_credentials"], "scope": "photos.read photos.write",
        ]
        for member in members.members { document[member.name] = member.value }
        let answer = try await self.post(.admin, "/admin/clients", json: .object(document))
        guard answer.status == 201 else { throw Refused(answer: answer) }
        return Client(id: answer.text("client_id"), secret: answer.text("client_secret"), answer: answer)
    }

    func token(_ client: Client, _ form: [(String, String)] = []) async throws -> Answer {
        try await self.post(
            .public, "/oauth2/token", form: [("grant_type", "client_credentials")] + form,
            credentials: client.credentials)
    }

    func introspect(_ token: String, scope: String? = nil) async throws -> Answer {
        let wanted = scope.map { [("scope", $0)] } ?? []
        return try await self.post(.admin, "/admin/oauth2/introspect", form: [("token", token)] + wanted)
    }

    func isActive(_ token: String) async throws -> Bool {
        try await self.introspect(token)["active"] == true
    }
}

struct Client: Sendable {
    var id: String
    var secret: String
    var answer: Answer
    var credentials: ClientCredentials { ClientCredentials(clientID: self.id, secret: SecretBytes(self.secret)) }
}

/// A step that had to go well did not.
struct Refused: Error { var answer: Answer }

private final class Redirects: NSObject, URLSessionTaskDelegate {
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }
}

/// A clock that stands until it is moved.
final class ManualClock: Sendable {
    private let seconds: Mutex<Double>
    init(_ seconds: Double) { self.seconds = Mutex(seconds) }
    func advance(by seconds: Double) { self.seconds.withLock { $0 += seconds } }
    var now: Date { Date(timeIntervalSince1970: self.seconds.withLock { $0 }) }
}

/// A path for a database file of its own, with what lies beside it removed afterwards.
func withDatabasePath<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("das-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try await body(directory.appendingPathComponent("server.sqlite").path)
}
