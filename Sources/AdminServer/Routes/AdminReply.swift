import HTTPTypes
import Hummingbird
import NIOCore
import OAuthModel
import ProxyCore

/// An answer of the admin API: JSON, or Prometheus text; never kept by a cache.
struct AdminReply: Sendable {
    let status: HTTPResponse.Status
    let fields: HTTPFields
    let body: [UInt8]

    private init(
        _ status: HTTPResponse.Status, _ document: JSONValue, fields: HTTPFields = [:]
    ) {
        var all = fields
        all[.contentType] = "application/json"
        self.init(status: status, fields: all, body: JSONWriter.write(document) + [0x0A])
    }

    private init(status: HTTPResponse.Status, fields: HTTPFields, body: [UInt8]) {
        self.status = status
        var all = fields
        all[.cacheControl] = "no-store"
        self.fields = all
        self.body = body
    }

    var response: Response {
        Response(
            status: self.status, headers: self.fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: self.body)))
    }

    // MARK: What is asked

    static func liveness(problem: String?) -> AdminReply {
        guard let problem else { return AdminReply(.ok, ["status": "alive"]) }
        return AdminReply(.serviceUnavailable, ["status": "dead", "reason": .string(problem)])
    }

    static func readiness(_ readiness: Readiness) -> AdminReply {
        let degraded = JSONValue.strings(readiness.degraded)
        guard let reason = readiness.reasons.first else {
            return AdminReply(.ok, ["status": "ready", "degraded": degraded])
        }
        return AdminReply(
            .serviceUnavailable,
            [
                "status": "not_ready", "reason": .string(reason), "reasons": .strings(readiness.reasons),
                "degraded": degraded,
            ])
    }

    static func metrics(_ text: [UInt8]) -> AdminReply {
        AdminReply(status: .ok, fields: [.contentType: "text/plain; version=0.0.4; charset=utf-8"], body: text)
    }

    static func routes(of generation: ProxyGeneration?) -> AdminReply {
        guard let generation else {
            return AdminReply(.serviceUnavailable, Self.problem("not_ready", "No configuration is loaded"))
        }
        return AdminReply(.ok, RouteDocument.document(of: generation))
    }

    static func reload(_ outcome: ReloadOutcome) -> AdminReply {
        switch outcome {
        case .adopted(let number, let warnings):
            return AdminReply(
                .ok,
                [
                    "status": "reloaded", "generation": .integer(Int64(clamping: number)),
                    "warnings": .strings(warnings),
                ])
        case .refused(let problems):
            // The request is fine, the file is not: what runs goes on as it was.
            return AdminReply(
                .unprocessableContent,
                [
                    "error": "invalid_configuration",
                    "error_description": "The configuration has problems; the old one stays",
                    "problems": .strings(problems),
                ])
        }
    }

    // MARK: What is refused

    static func denied(_ denial: AdminAccess.Denial) -> AdminReply {
        switch denial {
        case .missingHost:
            return AdminReply(.badRequest, Self.problem("invalid_request", "Host is missing"))
        case .repeatedHost:
            return AdminReply(.badRequest, Self.problem("invalid_request", "Host comes more than once"))
        case .crossOrigin:
            return AdminReply(.forbidden, Self.problem("cross_origin", "Requests with Origin are refused"))
        case .foreignHost:
            return AdminReply(
                .forbidden,
                Self.problem("foreign_host", "Host is no IP literal, not localhost and not in admin.hosts"))
        case .hidden: return .notFound
        case .noToken:
            return AdminReply(
                .unauthorized, Self.problem("no_credentials", "This call needs the admin token"),
                fields: [.wwwAuthenticate: #"Bearer realm="bearergate-admin""#])
        case .wrongToken:
            return AdminReply(
                .unauthorized, Self.problem("invalid_token", "The admin token is wrong"),
                fields: [.wwwAuthenticate: #"Bearer realm="bearergate-admin", error="invalid_token""#])
        }
    }

    static var notFound: AdminReply { AdminReply(.notFound, Self.problem("not_found", "Nothing is at this path")) }

    static func methodNotAllowed(allow: String) -> AdminReply {
        AdminReply(
            .methodNotAllowed, Self.problem("method_not_allowed", "The path does not serve this method"),
            fields: [.allow: allow])
    }

    private static func problem(_ code: String, _ description: String) -> JSONValue {
        ["error": .string(code), "error_description": .string(description)]
    }
}
