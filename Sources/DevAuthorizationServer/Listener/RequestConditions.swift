import HTTPTypes
import Hummingbird

/// What a request off the wire has to fulfil before anyone looks where it goes.
enum RequestConditions {
    /// What to answer instead; nil when all is well.
    static func refusal(of request: Request) -> HydraError? {
        self.hostRefusal(request) ?? self.expectationRefusal(request)
    }

    /// RFC 9112 §3.2: exactly one `Host`, or two readers might take two of them.
    ///
    /// `ListenerConnection` has given HTTP/1.0 one.
    private static func hostRefusal(_ request: Request) -> HydraError? {
        guard let host = request.head.authority else { return .malformed("The request has no Host field.") }
        guard request.headers[values: .host].isEmpty else { return .malformed("The request has two Host fields.") }
        guard HostName(host) != nil else { return .malformed("The Host field is malformed.") }
        return nil
    }

    /// RFC 9110 §10.1.1: `100-continue`, which `ListenerConnection` has answered, is the only one there is.
    private static func expectationRefusal(_ request: Request) -> HydraError? {
        let fields = request.headers[values: .expect]
        guard fields.allSatisfy({ $0.lowercased() == ListenerConnection.continueExpectation }) else {
            return .expectationFailed
        }
        return nil
    }
}

extension HTTPField.Name {
    /// A request keeps its first one as the authority; here are those behind it.
    static let host = HTTPField.Name("Host")!
}
