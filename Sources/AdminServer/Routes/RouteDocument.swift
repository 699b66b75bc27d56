import OAuthModel
import ProxyCore

/// The compiled route table as JSON: what is in force, whatever the file says by now.
///
/// It holds no secret.
enum RouteDocument {
    static func document(of generation: ProxyGeneration) -> JSONValue {
        [
            "generation": .integer(Int64(clamping: generation.number)),
            "routes": .array(generation.routes.map(Self.route)),
        ]
    }

    private static func route(_ route: Route) -> JSONValue {
        let scopes = route.policy.scopes
        return [
            "name": .string(route.name),
            "hosts": .strings(route.hosts.map(\.description)),
            "paths": .strings(route.paths.map(\.description)),
            // An open set cannot be listed: null is any but CONNECT and TRACE.
            "methods": route.methods.isAnyButConnectAndTrace ? .null : .strings(route.methods.tokens),
            "access": .string("\(route.access)"),
            "realm": .string(route.realm),
            "token_sources": .strings(
                (route.tokenSources.readsAuthorization ? ["authorization"] : [])
                    + route.tokenSources.fields.map { "header:\($0)" }),
            "authorization_server": (route.authorizationServer?.settings.name).map { .string($0) } ?? .null,
            "scopes": [
                "all_of": .strings(scopes.allOf.map(\.text)), "any_of": .strings(scopes.anyOf.map(\.text)),
                "strategy": .string("\(scopes.strategy)"),
            ],
            "audiences": .strings(route.policy.audiences.map(Self.text)),
            "claims": .array(route.policy.claims.map(Self.claim)),
            "subject": route.policy.requiresSubject ? "required" : "optional",
            "upstream": .string(route.upstream.name),
            "host": .string(Self.host(route.host)),
            "path": [
                "strip_prefix": .string(Self.text(route.pathRewrite.stripPrefix)),
                "add_prefix": .string(Self.text(route.pathRewrite.addPrefix)),
            ],
            "path_parameters": route.allowsPathParameters ? "allow" : "refuse",
            "max_answer_age_seconds": route.maxAnswerAge.map(Self.seconds) ?? .null,
            "upgrade": route.allowsWebSocket ? ["websocket"] : [],
            "streams": route.endsStreamsAtExpiry ? "end_at_expiry" : "ignore",
            "cors_preflight": route.passesCORSPreflight ? "pass" : "check",
            "subject_headers": .strings(route.subjectFields.fields.map { Self.text($0.name) }),
            "keep_headers": .strings(route.keptFields.map(\.description)),
            "forward_token": .bool(route.forwardsToken),
            "report_only": .bool(route.isReportOnly),
        ]
    }

    private static func claim(_ requirement: ClaimRequirement) -> JSONValue {
        var document: JSONObject = ["claim": .string(requirement.claim.text)]
        switch requirement.condition {
        case .equals(.value(let value)): document["equals"] = value
        case .equals(.pathParameter(let name)): document["equals"] = .string("{path.\(name)}")
        case .equals(.hostLabel(let index)): document["equals"] = .string("{host.\(index)}")
        case .oneOf(let values): document["one_of"] = .array(values)
        case .contains(let value): document["contains"] = value
        case .containsAny(let values): document["contains_any"] = .array(values)
        case .present: document["present"] = true
        }
        return .object(document)
    }

    private static func host(_ rewrite: Route.HostRewrite) -> String {
        switch rewrite {
        case .keep: "keep"
        case .upstream: "upstream"
        case .name(let name): Self.text(name)
        }
    }

    private static func seconds(_ span: Nanoseconds) -> JSONValue {
        JSONNumber("\(Double(span) / 1e9)").map { .number($0) } ?? .null
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
