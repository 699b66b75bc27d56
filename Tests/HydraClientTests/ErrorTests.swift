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
            ("", HydraClientError.Code.notJSON), ("{", .notJSON), (#"{"client_id":"a","client_id":"b"}"#, .notJSON),
            ("[]", .unexpectedMember), (#"{"client_id":7}"#, .unexpectedMember),
            (#"{"redirect_uris":["a",7]}"#, .unexpectedMember), (#"{"created_at":"yesterday"}"#, .unexpectedMember),
            (#"{"skip_consent":"true"}"#, .unexpectedMember),
            (#"{"jwt_bearer_grant_access_token_lifespan":"soon"}"#, .unexpectedMember),
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
        let body = #"{"error":"a\nb","error_description":"c\r\n[fatal] forged\u0000"}"#
        try await withHydra { _ in
            .json(body, 400)
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.client(id: "a") }
            #expect(
                error?.description
                    == "getOAuth2Client: the server answered 400 (a b): c  [fatal] forged ")
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
