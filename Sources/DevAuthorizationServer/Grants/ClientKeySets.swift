import BoundedHTTPClient
import JOSE
import NIOHTTP1

/// The keys that clients publish at their `jwks_uri` (RFC 7591 §2), fetched when an assertion needs them.
///
/// Whoever serves them is a stranger: an answer has its time and its size, no redirect is followed, one request is under
/// way for an address however many ask, and what goes wrong is the client's failure to show its keys.
actor ClientKeySets {
    private let http: BoundedHTTPClient
    private var cache = KeySetCache()
    private var fetches: [String: Task<KeySetCache.Outcome, Never>] = [:]

    init(http: BoundedHTTPClient) {
        self.http = http
    }

    /// The set at that address, for an assertion that names this key, or none.
    func keys(at address: String, naming key: KeyIdentifier?, now: Moment) async throws(KeySetProblem) -> JSONWebKeySet
    {
        guard Self.isTrustworthy(address) else {
            throw KeySetProblem(reason: "it is neither https nor http on this machine")
        }
        switch self.cache.lookup(address, naming: key, at: now) {
        case .known(let outcome): return try outcome.get()
        case .fetch: return try await self.fetched(address, now: now).get()
        }
    }

    private func fetched(_ address: String, now: Moment) async throws(KeySetProblem) -> KeySetCache.Outcome {
        if let underWay = self.fetches[address] { return await underWay.value }
        guard self.fetches.count < Self.fetchesMax else {
            throw KeySetProblem(reason: "too many others are being fetched; try again")
        }
        let fetch = Task {
            let answer = await self.ask(address)
            let outcome = self.cache.settle(address, answer, at: now)
            self.fetches[address] = nil
            return outcome
        }
        self.fetches[address] = fetch
        return await fetch.value
    }

    private nonisolated func ask(_ address: String) async -> KeySetCache.Outcome {
        let request = BoundedHTTPClient.Request(
            .GET, address, fields: [("Accept", "application/jwk-set+json, application/json")], body: nil)
        do throws(BoundedHTTPClient.Failure) {
            let response = try await self.http.send(request, bytesMax: Self.bytesMax, within: Self.limit)
            guard response.status == 200 else {
                return .failure(KeySetProblem(reason: "the status is \(response.status), not 200"))
            }
            do throws(JSONWebKeySetError) {
                return .success(try JSONWebKeySet.read(response.body))
            } catch {
                return .failure(KeySetProblem(reason: "the answer is no key set (\(error.label))"))
            }
        } catch {
            return .failure(KeySetProblem(reason: Self.reason(error)))
        }
    }

    /// Without the words of the network, which would tell a stranger what is behind this server.
    private static func reason(_ failure: BoundedHTTPClient.Failure) -> String {
        switch failure {
        case .notConnected, .connectionFailed, .stale: "its server cannot be reached"
        case .cutShort, .malformed: "its server's answer is broken"
        case .timedOut: "its server did not answer in time"
        case .cancelled: "this server is stopping"
        case .responseTooLong: "the answer is longer than \(Self.bytesMax) bytes"
        }
    }

    /// Whoever can change the keys on their way is that client.
    private static func isTrustworthy(_ address: String) -> Bool {
        guard let address = WebAddress(address), address.authority != nil, !address.namesUser else { return false }
        return address.isSecure
    }

    /// A dozen keys, each with a chain of certificates beside it.
    static let bytesMax = 131_072
    /// A token request waits for it.
    static let limit = Duration.seconds(3)
    /// So many servers may be slow at once before their clients are told to come back.
    private static let fetchesMax = 32
}
