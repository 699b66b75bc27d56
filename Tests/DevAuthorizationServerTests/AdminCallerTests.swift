import OAuthModel
import Testing

@testable import DevAuthorizationServer

@Suite("Who may call the admin API")
struct AdminCallerTests {
    private static let body = #"{"client_name":"made by a page"}"#

    private func create(_ server: ServerUnderTest, _ fields: String) async throws -> RawAnswer {
        try await RawConnection.answer(
            to: "POST /admin/clients HTTP/1.1\r\n\(fields)Content-Length: \(Self.body.utf8.count)\r\n",
            at: server.running.adminPort, body: Self.body)
    }

    @Test(
        "what a page of another origin has a browser send is 403, and so is a Host that is not loopback's",
        arguments: [
            "Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n", "Host: 127.0.0.1\r\nOrigin: null\r\n",
            "Host: 127.0.0.1\r\nOrigin: http://127.0.0.1:3000\r\n", "Host: 127.0.0.1\r\nOrigin: \r\n",
            "Host: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nOrigin: https://evil.example\r\n",
            "Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site\r\n", "Host: 127.0.0.1\r\nSec-Fetch-Site: same-site\r\n",
            "Host: 127.0.0.1\r\nSec-Fetch-Site: made-up\r\n",
            "Host: evil.example\r\n", "Host: evil.example:4445\r\nOrigin: http://evil.example:4445\r\n",
            "Host: 127.0.0.1.evil.example\r\n", "Host: localhost.evil.example\r\n", "Host: 10.0.0.1\r\n",
            "Host: [2001:db8::1]\r\n", "Host: \r\n",
        ])
    func refused(fields: String) async throws {
        try await withServer { server in
            let answer = try await self.create(server, fields)
            #expect(answer.status == 403)
            #expect(answer.text.contains("request_forbidden"))
            #expect(answer.text.contains("admin API"))
            #expect(try await server.get(.admin, "/admin/clients").json == [])
        }
    }

    @Test(
        "programs, and pages of its own origin, are answered",
        arguments: [
            "Host: 127.0.0.1:4445\r\n", "Host: LOCALHOST\r\n", "Host: [::1]:4445\r\n", "Host: 127.0.0.2\r\n",
            "Host: localhost:4445\r\nOrigin: http://localhost:4445\r\nSec-Fetch-Site: same-origin\r\n",
            "Host: localhost:4445\r\nSec-Fetch-Site: none\r\n",
        ])
    func taken(fields: String) async throws {
        try await withServer { server in
            let answer = try await self.create(server, fields)
            #expect(answer.status == 201)
        }
    }

    @Test(
        "RFC 9112 §3.2.2: a target in absolute-form says whom a request is meant for, whatever Host says",
        arguments: [
            ("http://evil.example/admin/clients", "127.0.0.1", 403),
            ("http://evil.example:4445/admin/clients", "127.0.0.1", 403),
            ("http://127.0.0.1@evil.example/admin/clients", "127.0.0.1", 400),
            ("http:///admin/clients", "127.0.0.1", 403), ("http://evil.example#/admin/clients", "127.0.0.1", 400),
            ("http://127.0.0.1:4445/admin/clients", "evil.example", 200),
            ("HTTP://localhost/admin/clients", "evil.example", 200), ("/admin/clients", "evil.example", 403),
        ])
    func absoluteForm(target: String, host: String, status: Int) async throws {
        try await withServer { server in
            let answer = try await RawConnection.answer(
                to: "GET \(target) HTTP/1.1\r\nHost: \(host)\r\n", at: server.running.adminPort)
            #expect(answer.status == status)
        }
    }

    @Test("the public listener is for other origins too, and has any name")
    func publicListener() async throws {
        try await withServer { server in
            let head =
                "GET /health/alive HTTP/1.1\r\nHost: id.example\r\nOrigin: https://app.example\r\n"
                + "Sec-Fetch-Site: cross-site\r\n"
            let answer = try await RawConnection.answer(to: head, at: server.running.publicPort)
            #expect(answer.status == 200)
        }
    }

    @Test("bound elsewhere than on loopback it answers to any Host, and still to no page of another origin")
    func boundElsewhere() async throws {
        try await withServer({ $0.host = "0.0.0.0" }) { server in
            let program = try await self.create(server, "Host: hydra:4445\r\n")
            #expect(program.status == 201)
            let page = "Host: hydra:4445\r\nOrigin: https://evil.example\r\n"
            let refused = try await self.create(server, page)
            #expect(refused.status == 403)
        }
    }

    @Test("the name that it was told to bind is its own")
    func configuredName() {
        let callers = AdminCallers(isOnLoopback: true, host: "Dev.Example")
        #expect(callers.refusal(of: .init(host: "dev.example:4445")) == nil)
        #expect(callers.refusal(of: .init(host: "other.example")) != nil)
    }
}
