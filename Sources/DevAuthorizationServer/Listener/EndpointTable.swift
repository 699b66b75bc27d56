import HTTPTypes
import Hummingbird
import Logging
import OAuthModel

/// What one listener answers: a closed table of paths and methods.
///
/// Hummingbird's own router knows no 405 and leaves path parameters encoded, so this small one stands in its place.
struct EndpointTable: HTTPResponder {
    typealias Context = BasicRequestContext
    typealias Handler = @Sendable (Call) async throws -> Response

    private var endpoints: [Endpoint] = []
    /// Where a path that is in no table leads, such as Hydra's old admin paths.
    var fallback: @Sendable (Call) -> Response? = { _ in nil }
    /// Whether a request that came over a socket is one the listener does not take.
    var callerRefusal: @Sendable (Request) -> HydraError? = { _ in nil }

    private struct Endpoint: Sendable {
        /// A segment is literal, or nil for a parameter.
        let segments: [String?]
        var handlers: [(method: HTTPRequest.Method, handler: Handler)]
    }

    /// Adds a handler; `{name}` in the path stands for one segment.
    mutating func on(_ method: HTTPRequest.Method, _ path: String, _ handler: @escaping Handler) {
        self.on(method, path.split(separator: "/").map { $0.hasPrefix("{") ? nil : String($0) }, handler)
    }

    /// Adds a handler for GET that changes nothing: HEAD is answered alike (RFC 9110 §9.1), its content left out below.
    mutating func onReading(_ path: String, _ handler: @escaping Handler) {
        for method in [HTTPRequest.Method.get, .head] { self.on(method, path, handler) }
    }

    /// The same by the path's segments: literal ones, decoded, and nil for a parameter.
    mutating func on(_ method: HTTPRequest.Method, _ segments: [String?], _ handler: @escaping Handler) {
        if let index = self.endpoints.firstIndex(where: { $0.segments == segments }) {
            self.endpoints[index].handlers.append((method, handler))
        } else {
            self.endpoints.append(Endpoint(segments: segments, handlers: [(method, handler)]))
        }
    }

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let response = await self.judge(request)
        // Whatever the answer is, no content follows its head (RFC 9110 §9.3.2).
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func judge(_ request: Request) async -> Response {
        if let refusal = RequestConditions.refusal(of: request) ?? self.callerRefusal(request) {
            return Reply.error(refusal)
        }
        return await self.answer(request)
    }

    /// The answer to a request, whatever happens on the way.
    func answer(_ request: Request) async -> Response {
        do {
            return try await self.dispatch(request)
        } catch let error as HydraError {
            return Reply.error(error)
        } catch is CancellationError {
            return Reply.error(.temporarilyUnavailable())
        } catch let error as StorageUnavailable {
            return Reply.error(.temporarilyUnavailable("\(error)"))
        } catch {
            // What fails here is the store or a key: ours, not the caller's. The text may name a path, so it stays.
            DevAuthorizationServer.logger.error("request failed", metadata: ["error": "\(error)"])
            return Reply.error(.serverError)
        }
    }

    private func dispatch(_ request: Request) async throws -> Response {
        let path = request.uri.path
        guard let segments = Self.segments(of: path) else {
            return Reply.error(.malformed("The path has a broken escape."))
        }
        guard !segments.contains(where: \.holdsNUL) else {
            return Reply.error(.malformed("The path holds a NUL character."))
        }
        guard let endpoint = self.endpoint(for: segments) else {
            let call = Call(request: request, path: path, parameters: [])
            return self.fallback(call) ?? Reply.unknownRoute(accept: request.headers[.accept])
        }
        guard let handler = endpoint.handlers.first(where: { $0.method == request.method })?.handler else {
            return Reply.error(
                .methodNotAllowed, fields: [.allow: endpoint.handlers.map(\.method.rawValue).joined(separator: ", ")])
        }
        let parameters = zip(endpoint.segments, segments).compactMap { $0 == nil ? $1 : nil }
        return try await handler(Call(request: request, path: path, parameters: parameters))
    }

    /// Literal segments win over parameters.
    private func endpoint(for segments: [String]) -> Endpoint? {
        let fitting = self.endpoints.filter { endpoint in
            endpoint.segments.count == segments.count
                && zip(endpoint.segments, segments).allSatisfy { $0 == nil ? !$1.isEmpty : $0 == $1 }
        }
        return fitting.max { a, b in a.segments.count { $0 != nil } < b.segments.count { $0 != nil } }
    }

    /// The path's segments, each decoded once; nil when an escape is broken or what it makes is not UTF-8.
    static func segments(of path: String) -> [String]? {
        var segments: [String] = []
        // By bytes: a `/` with a combining mark behind it still ends a segment.
        for bytes in path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst() {
            let segment = String(Substring(bytes))
            // A `+` in a path is a plus: only escapes are undone.
            let hasEscape = bytes.contains(UInt8(ascii: "%"))
            guard let text = hasEscape ? segment.replacing("+", with: "%2B").formDecoded : segment else { return nil }
            segments.append(text)
        }
        return segments
    }
}

extension StringProtocol {
    /// The text with `+` and `%XX` undone, if they are whole and make UTF-8.
    fileprivate var formDecoded: String? {
        guard let bytes = try? FormURLEncoded.decode(String(self).utf8.span) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// A request on its way to its handler.
struct Call: Sendable {
    let request: Request
    /// As it came, escapes and all.
    let path: String
    /// The values of `{…}`, in order, decoded.
    let parameters: [String]

    /// The query.
    ///
    /// One that cannot be read is refused: a list would not be filtered as it was asked to be.
    var query: FormFields {
        get throws {
            guard let query = self.request.uri.query else { return FormFields(parameters: []) }
            guard let form = try? FormURLEncoded(parsing: Array(query.utf8)) else {
                throw HydraError.invalidRequest("The query is not well-formed.")
            }
            return try FormFields(received: form.parameters)
        }
    }
}
