import HydraClient
import OAuthModel
import Testing

@Suite("What went wrong")
struct ErrorTests {
    private static let bodies: [(status: Int, body: String, code: HydraClientError.Code, description: String?)] = [
        (400, #"{"error":"invalid_request","error_description":"d"}"#, .invalidRequest, "d"),
        (401, #"{"error":"invalid_client"}"#, .invalidClient, nil),
        (401, #"{"error":"token_inactive","error_description":null,"status_code":401}"#, .tokenInactive, nil),
        (400, #"{"error":"jti_known"}"#, .assertionReplayed, nil),
        (400, #"{"error":"brand_new"}"#, HydraClientError.Code(rawValue: "brand_new"), nil),
        (404, #"{"error":"Unable to locate the resource","error_description":""}"#, .notFound, ""),
        (404, #"{"error":"Not Found"}"#, .notFound, nil),
        (404, #"{"error":"not_found"}"#, .notFound, nil),
        (409, #"{"error":"Conflict"}"#, .conflict, nil),
        (400, #"{"error":"The request was malformed or contained invalid parameters"}"#, .badRequest, nil),
        (401, #"{"error":"The request could not be authorized"}"#, .unauthorized, nil),
        (
            500, #"{"error":"error","error_description":"The error is unrecognizable"}"#, .serverError,
            "The error is unrecognizable"
        ),
        (404, #"{"error":{"code":404,"status":"Not Found","message":"m","reason":"r"}}"#, .notFound, "r"),
        (409, #"{"code":409,"message":"m"}"#, .conflict, "m"),
        (403, #"{"error":7}"#, .forbidden, nil),
        (429, "", .tooManyRequests, nil),
        (503, "", .temporarilyUnavailable, nil),
        (502, "<html>", .serverError, nil),
        (418, "[]", .unexpectedStatus, nil),
        (400, #"{"error":"a","error":"b"}"#, .badRequest, nil),
    ]

    @Test("an answer that refuses has a code, whatever its body", arguments: Self.bodies)
    func hasCode(status: Int, body: String, code: HydraClientError.Code, description: String?) async throws {
        try await withHydra {
            $0.retriesMax = 0
        } answering: { _ in
            .json(body, status)
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect(error?.stage == .status)
            #expect(error?.status == status)
            #expect(error?.code == code)
            #expect(error?.errorDescription == description)
            #expect(error?.operation == "getOAuth2Client")
        }
    }

    @Test(
        "the right status with a body that cannot be used is an error of decoding",
        arguments: [
            ("", HydraClientError.Code.notJSON), ("{", .notJSON), (#"{"client_id":"a"} {}"#, .notJSON),
            (#"{"client_id":"a","client_id":"b"}"#, .notJSON), (#"{"client_id":"\ud800"}"#, .notJSON),
            ("\u{FEFF}{}", .notJSON), (#"{"metadata":"# + String(repeating: "[", count: 200), .notJSON),
            ("[]", .unexpectedMember), ("null", .unexpectedMember), ("{}", .unexpectedMember),
            (#"{"client_id":7}"#, .unexpectedMember), (#"{"client_id":""}"#, .unexpectedMember),
        ])
    func cannotDecode(body: String, code: HydraClientError.Code) async throws {
        try await withHydra { _ in
            .json(body)
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect(error?.stage == .decoding)
            #expect(error?.code == code)
            #expect(error?.status == 200)
        }
    }

    @Test(
        "OpenID Connect Core §5.3.2: user info that is a signed JWT is an error that says so, and what to do",
        arguments: ["application/jwt", "Application/JWT;charset=utf-8", "application/jwt ; a=b"])
    func namesSignedUserInfo(type: String) async throws {
        try await withHydra { _ in
            .answer(200, [("Content-Type", type)], body: "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl")
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in
                _ = try await hydra.userInfo(accessToken: SecretBytes("at"))
            }
            #expect(error?.stage == .decoding)
            #expect(error?.code == .signedResponse)
            #expect(error?.status == 200)
            #expect(error?.message.contains("`userinfo_signed_response_alg` to `none`") == true)
            #expect(error?.description.contains("eyJ") == false)
        }
    }

    @Test(
        "user info is JSON unless it says that it is a JWT",
        arguments: ["application/json", "application/jwt+json", "text/plain;a=application/jwt", ""])
    func readsUserInfo(type: String) async throws {
        try await withHydra { _ in
            .answer(200, [("Content-Type", type)], body: #"{"sub":"alice"}"#)
        } _: { _, hydra in
            let claims = try await hydra.userInfo(accessToken: SecretBytes("at"))
            #expect(claims["sub"] == "alice")
        }
    }

    @Test(
        "a member of another kind, or out of its range, is an error that names it",
        arguments: [
            ("redirect_uris", #"["a",7]"#), ("redirect_uris", "{}"), ("redirect_uris", "[null]"), ("scope", "[]"),
            ("created_at", #""yesterday""#), ("created_at", #""10000-01-01T00:00:00Z""#), ("created_at", "1767225600"),
            ("created_at", #""2026-01-01T00:00:00+99:00""#), ("skip_consent", #""true""#),
            ("jwt_bearer_grant_access_token_lifespan", #""soon""#),
            ("jwt_bearer_grant_access_token_lifespan", #""2562048h""#),
            ("jwt_bearer_grant_access_token_lifespan", "3600"), ("client_secret_expires_at", "1e30"),
            ("client_secret_expires_at", #""0""#), ("client_secret", #"{"a":"b"}"#),
        ])
    func namesMember(name: String, value: String) async throws {
        try await withHydra { _ in
            .json(#"{"client_id":"a","\#(name)":\#(value)}"#)
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect(error?.code == .unexpectedMember)
            #expect(error?.message.hasPrefix("`\(name)` is not ") == true)
        }
    }

    @Test("an error of decoding says where, and never what was there")
    func saysWhere() async throws {
        let body = #"[{"client":{}},{"consent_request":{"client":{"client_secret":{"secret":"hunter2"}}}}]"#
        try await withHydra { _ in
            .json(body)
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in
                _ = try await hydra.listConsentSessions(subject: "a")
            }
            #expect(error?.message == "`1.consent_request.client.client_secret` is not a text")
            #expect("\(String(describing: error))".contains("hunter2") == false)
        }
    }

    @Test("an error with a status of success is an error all the same", arguments: Operation.all)
    func isErrorAnyway(operation: Operation) async throws {
        try await withHydra { _ in
            .json(#"{"error":"access_denied","error_description":"d"}"#)
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in try await operation.call(hydra) }
            switch operation.id {
            case "introspectOAuth2Token": #expect(error?.stage == .decoding)
            default:
                #expect(error?.stage == .status)
                #expect(error?.code == .accessDenied)
                #expect(error?.errorDescription == "d")
                #expect(error?.message == "the server answered 200, but with an error")
            }
            #expect(error?.status == 200)
        }
    }

    @Test(
        "what must be there is missed",
        arguments: Operation.all.filter { ["{}", ""].contains($0.answer) == false && $0.answer.first == "{" })
    func missesRequired(operation: Operation) async throws {
        try await withHydra { _ in
            .json("{}", operation.status)
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in try await operation.call(hydra) }
            #expect(error?.stage == .decoding)
            #expect(error?.code == .unexpectedMember)
        }
    }

    @Test("an error is one line, whatever the server writes")
    func isOneLine() async throws {
        let body = #"{"error":"a\nb","error_description":"c\r\n[fatal] forged\u0000\u009b2J\u2028\u202e\u0085x"}"#
        try await withHydra { _ in
            .json(body, 400)
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect(
                error?.description
                    == "getOAuth2Client: the server answered 400 (a b): c  [fatal] forged  2J   x")
        }
    }

    @Test(
        "a login, consent or logout that is over is no error but says where to send the browser (410)",
        arguments: ["login", "consent", "logout"])
    func isOver(step: String) async throws {
        try await withHydra { _ in
            .json(#"{"redirect_to":"https://hydra.example/oauth2/auth?a=b"}"#, 410)
        } _: { _, hydra in
            let redirect: OAuth2RedirectTo?
            switch step {
            case "login":
                let answer = try await hydra.loginRequest(challenge: "c")
                redirect = if case .done(let redirect) = answer { redirect } else { nil }
            case "consent":
                let answer = try await hydra.consentRequest(challenge: "c")
                redirect = if case .done(let redirect) = answer { redirect } else { nil }
            default:
                let answer = try await hydra.logoutRequest(challenge: "c")
                redirect = if case .done(let redirect) = answer { redirect } else { nil }
            }
            #expect(redirect?.redirectTo == "https://hydra.example/oauth2/auth?a=b")
        }
    }
}
