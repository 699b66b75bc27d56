import HTTPTypes
import Hummingbird
import NIOCore
import OAuthModel
import ProxyCore

/// What the admin listener answers: a closed table of paths and methods.
struct AdminResponder<State: AdminState>: HTTPResponder {
    typealias Context = BasicRequestContext

    let access: AdminAccess
    let state: State

    private enum Endpoint: String, CaseIterable {
        case livez = "/livez"
        case readyz = "/readyz"
        case metrics = "/metrics"
        case routes = "/routes"
        case reload = "/reload"

        /// Open to whoever reaches the listener: they say nothing that a caller could use.
        var isOpen: Bool {
            switch self {
            case .livez, .readyz, .metrics: true
            case .routes, .reload: false
            }
        }

        var methods: [HTTPRequest.Method] {
            switch self {
            case .livez, .readyz, .metrics, .routes: [.get, .head]
            case .reload: [.post]
            }
        }
    }

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let reply = await self.reply(to: request)
        return request.method == .head ? reply.response.createHeadResponse() : reply.response
    }

    private func reply(to request: Request) async -> AdminReply {
        // Whose request it is comes first: a stranger does not learn which paths there are.
        let endpoint = Endpoint(rawValue: request.uri.path)
        do throws(AdminAccess.Denial) {
            try self.access.check(Self.caller(of: request), isOpen: endpoint?.isOpen ?? true)
        } catch {
            return .denied(error)
        }
        guard let endpoint else { return .notFound }
        guard endpoint.methods.contains(request.method) else {
            return .methodNotAllowed(allow: endpoint.methods.map(\.rawValue).joined(separator: ", "))
        }
        switch endpoint {
        case .livez: return .liveness(problem: self.state.livenessProblem)
        case .readyz: return .readiness(Readiness(self.state.readinessFacts))
        case .metrics: return .metrics(self.state.metricsText())
        case .routes: return .routes(of: self.state.generation)
        case .reload: return .reload(await self.state.reload())
        }
    }

    private static func caller(of request: Request) -> AdminAccess.Caller {
        AdminAccess.Caller(
            hasOrigin: request.headers.contains(.origin), host: request.head.authority,
            // The first one has become the authority.
            hasRepeatedHost: request.headers.contains { $0.name.canonicalName == "host" },
            authorization: request.headers[values: .authorization])
    }
}
