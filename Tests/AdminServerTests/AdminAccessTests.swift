import OAuthModel
import Testing

@testable import AdminServer

@Suite("Who may call the admin API (SPEC §6)") struct AdminAccessTests {
    typealias Caller = AdminAccess.Caller
    typealias Denial = AdminAccess.Denial

    private func denial(
        _ caller: Caller, isOpen: Bool = false, isLocal: Bool = false, token: String? = "secret",
        hosts: [String] = ["Admin.example.com"]
    ) -> Denial? {
        let access = AdminAccess(isLocal: isLocal, token: token.map { SecretBytes($0) }, hosts: hosts)
        do throws(Denial) {
            try access.check(caller, isOpen: isOpen)
            return nil
        } catch {
            return error
        }
    }

    private func caller(
        host: String? = "127.0.0.1", origin: Bool = false, authorization: [String] = ["Bearer secret"]
    ) -> Caller {
        Caller(hasOrigin: origin, host: host, authorization: authorization)
    }

    @Test("A request with Origin is refused on every path and address, token or not", arguments: [true, false])
    func origin(isLocal: Bool) {
        for isOpen in [true, false] {
            #expect(self.denial(self.caller(origin: true), isOpen: isOpen, isLocal: isLocal) == .crossOrigin)
        }
    }

    @Test(
        "A Host that is no IP literal, not localhost and not configured is refused everywhere",
        arguments: [
            "", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "admin.example.com.evil",
            "[evil]", "[::1", "::1", "127.0.0.1:x", "localhost:80:80", "1.2.3", "0x7f.1", "localhost evil",
            "admin.example.com.",
        ])
    func foreignHost(host: String) {
        for isOpen in [true, false] {
            for isLocal in [true, false] {
                #expect(
                    self.denial(self.caller(host: host), isOpen: isOpen, isLocal: isLocal) == .foreignHost)
            }
        }
    }

    @Test("RFC 9112 §3.2: without a Host a request is malformed, whoever sends it", arguments: [true, false])
    func missingHost(isLocal: Bool) {
        for isOpen in [true, false] {
            #expect(self.denial(self.caller(host: nil), isOpen: isOpen, isLocal: isLocal) == .missingHost)
            #expect(
                self.denial(self.caller(host: nil, origin: true), isOpen: isOpen, isLocal: isLocal) == .missingHost)
        }
    }

    @Test(
        "An IP literal, localhost and configured names are ours, with or without a port",
        arguments: [
            "127.0.0.1", "10.1.2.3:9901", "[::1]", "[fe80::1]:9901", "localhost", "LOCALHOST:9901", "admin.example.com",
            "ADMIN.example.com:443",
        ])
    func ourHost(host: String) {
        #expect(self.denial(self.caller(host: host)) == nil)
    }

    @Test(
        "Beyond this machine a call needs the token",
        arguments: [
            ([], Denial.noToken),
            (["Bearer wrong"], .wrongToken),
            (["Bearer secre"], .wrongToken),
            (["Bearer secret2"], .wrongToken),
            (["Bearer"], .wrongToken),
            (["Basic secret"], .wrongToken),
            (["secret"], .wrongToken),
            (["Bearer secret", "Bearer secret"], .wrongToken),
        ])
    func token(authorization: [String], expected: Denial) {
        #expect(self.denial(self.caller(authorization: authorization)) == expected)
        #expect(self.denial(self.caller(authorization: authorization), isOpen: true) == nil)
        #expect(self.denial(self.caller(authorization: authorization), isLocal: true) == nil)
    }

    @Test("Without a token configured there is nothing there beyond this machine", arguments: [nil, ""])
    func hidden(token: String?) {
        #expect(self.denial(self.caller(), token: token) == .hidden)
        #expect(self.denial(self.caller(authorization: ["Bearer "]), token: token) == .hidden)
        #expect(self.denial(self.caller(), isOpen: true, token: token) == nil)
        #expect(self.denial(self.caller(), isLocal: true, token: token) == nil)
    }

    @Test(
        "The scheme is read in any case, with any number of spaces",
        arguments: [
            "Bearer secret", "bearer secret", "BEARER   secret",
        ])
    func scheme(value: String) {
        #expect(self.denial(self.caller(authorization: [value])) == nil)
    }

    @Test(
        "Loopback and Unix sockets are this machine; everything else is not",
        arguments: [
            (AdminAddress.network(host: "0.0.0.0", port: 1), false), (.network(host: "::", port: 1), false),
            (.network(host: "10.0.0.1", port: 1), false), (.network(host: "128.0.0.1", port: 1), false),
            (.network(host: "127.1.2.3", port: 1), true), (.network(host: "::1", port: 1), true),
            (.network(host: "localhost", port: 1), true), (.unix(path: "/run/admin.sock"), true),
        ])
    func local(address: AdminAddress, isLocal: Bool) {
        #expect(address.isLocal == isLocal)
    }
}
