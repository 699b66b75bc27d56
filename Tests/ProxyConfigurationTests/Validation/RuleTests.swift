import Foundation
import Glibc
import JOSE
import OAuthModel
import Testing

@testable import ProxyConfiguration

/// What one key says against another.
@Suite struct RuleTests {
    private let sample = SampleConfiguration()
    private let server = "authorization_servers.main"

    struct Case: Sendable, CustomTestStringConvertible {
        let keys: [(String, String?)]
        let message: String
        var testDescription: String { self.message }
        init(_ keys: [(String, String?)], _ message: String) {
            self.keys = keys
            self.message = message
        }
    }

    static let cases: [Case] = [
        // Listeners and limits.
        Case(
            [("listeners", "[{address: '127.0.0.1:1'}, {address: '127.0.0.1:1'}]")],
            "`127.0.0.1:1` is listened on already, see line 1"),
        Case([("listeners[].socket_mode", "0600")], "`socket_mode` belongs to a `unix:` address"),
        Case([("admin.address", "127.0.0.1:8080")], "`127.0.0.1:8080` is listened on for clients already"),
        Case([("limits.field", "128KiB")], "`limits.field`: 128KiB is more than `limits.head`, 64KiB"),
        Case(
            [("limits.head", "4KiB"), ("limits.field", "2KiB"), ("limits.token", "1KiB")],
            "`limits.target`: 8KiB is more than `limits.head`, 4KiB"),
        Case([("limits.token", "32KiB")], "`limits.token`: 32KiB is more than `limits.field`, 16KiB"),
        // Secrets.
        Case([("admin.token", "s3cret")], "a secret is never written in this file"),
        Case([("admin.token", "{s3cret: x}")], "unknown key in `admin.token`"),
        Case([("admin.token", "{file: a, env: b}")], "a secret comes from exactly one place"),
        Case([("admin.token", "{}")], "a secret comes from exactly one place"),
        Case([("admin.token", "{file: /does/not/exist}")], "the secret file `/does/not/exist` does not exist"),
        Case([("admin.token", "{file: /etc}")], "the secret file `/etc` is a folder"),
        Case([("admin.token", "{env: NOT_SET_ANYWHERE}")], "the environment variable `NOT_SET_ANYWHERE` is not set"),
        Case([("admin.token", "{env: EMPTY}")], "the secret is empty"),
        Case([("admin.token", "{env: LINES}")], "the secret holds control characters"),
        Case([("admin.token", "{env: BLANK}")], "`admin.token`: the secret begins or ends with a space"),
        Case([("admin", "{address: '127.0.0.1:1', token:s3cret}")], "unknown key that is no plain word in `admin`"),
        Case([("admin", "token:s3cret")], "a text that is no plain word where a mapping belongs"),
        Case([("upstreams", "token:s3cret")], "a text that is no plain word where a mapping belongs"),
        Case([("routes[].hosts", "['https://u:s3cret@api.example']")], "`https://…@api.example` is no host"),
        Case([("routes[].paths", "['https://u:s3cret@h/x']")], "`https://…@h/x` does not begin with `/`"),
        Case([("log.access", "none")], "`none` is neither `stdout` nor `off`"),
        // Strategies.
        Case([("authorization_servers.main.issuer", nil)], "strategy `verify_or_introspect` needs `issuer`"),
        Case([("authorization_servers.main.jwt.audiences", nil)], "nothing says whom tokens must be meant for"),
        Case(
            [("authorization_servers.main.jwt.audiences", "[any]")], "`any` in a list would be the name of an audience"),
        Case([("routes[].audiences", "[a, any]")], "`any` in a list would be the name of an audience"),
        Case(
            [("authorization_servers.main.jwt.jwks_uri", "\"http://user:s3cret@127.0.0.1/jwks\"")],
            "`http://…@127.0.0.1/jwks` is no URL to a service"),
        Case([("upstreams.main.url", "\"http://s3cret@127.0.0.1\"")], ", without user and password"),
        Case(
            [("authorization_servers.main.issuer", "\"https://user:s3cret@as.example\"")],
            "`https://…@as.example` is no issuer"),
        Case([("authorization_servers.main.jwt", nil)], "strategy `verify_or_introspect` needs `jwt`"),
        Case(
            [("authorization_servers.main.introspection", nil)], "strategy `verify_or_introspect` needs `introspection`"
        ),
        Case([("authorization_servers.main.jwt.algorithms", "[none]")], "`none` is no signature"),
        Case([("authorization_servers.main.jwt.algorithms", "[HS256]")], "`HS256` has no public key"),
        Case([("authorization_servers.main.jwt.algorithms", "[RS255]")], "`RS255` is no algorithm that is served"),
        Case([("authorization_servers.main.jwt.leeway", "500ms")], "500ms is no whole number of seconds"),
        Case([("authorization_servers.main.jwt.leeway", "61s")], "`61s` is out of range"),
        Case([("authorization_servers.main.jwt.min_rsa_bits", "1024")], "`1024` is out of range"),
        // Endpoints.
        Case([("authorization_servers.main.jwt.discover", "true")], "the keys come from more than one place"),
        Case([("authorization_servers.main.jwt.jwks_uri", nil)], "nothing says where the keys are"),
        Case(
            [("authorization_servers.main.jwt.jwks_uri", "'http://far.example/k'")],
            "the key set would travel over http beyond this machine"),
        Case(
            [("authorization_servers.main.jwt.jwks_uri", "'unix:/run/k.sock'")],
            "keys are not fetched from Unix sockets"),
        Case(
            [
                ("authorization_servers.main.jwt.jwks_uri", nil),
                ("authorization_servers.main.jwt.jwks_file", "/does/not/exist"),
            ],
            "the key file `/does/not/exist` does not exist"),
        Case(
            [
                ("authorization_servers.main.jwt.jwks_uri", nil),
                ("authorization_servers.main.jwt.jwks_file", "/etc/hostname"),
            ],
            "the key file `/etc/hostname` holds no JWK Set"),
        Case(
            [
                ("authorization_servers.main.issuer", "'http://far.example'"),
                ("authorization_servers.main.jwt.jwks_uri", nil),
                ("authorization_servers.main.jwt.discover", "true"),
            ], "where the key set goes would be asked over http beyond this machine"),
        Case(
            [("authorization_servers.main.introspection.discover", "true")],
            "`endpoint` and `discover` exclude each other"),
        Case(
            [
                ("authorization_servers.main.introspection.endpoint", nil),
                ("authorization_servers.main.introspection.retries", "1"),
            ], "nothing says where the server answers"),
        Case(
            [
                ("authorization_servers.main.strategy", "introspect"), ("authorization_servers.main.issuer", nil),
                ("authorization_servers.main.jwt", nil), ("authorization_servers.main.introspection.endpoint", nil),
                ("authorization_servers.main.introspection.discover", "true"),
            ], "discovery needs the server's `issuer`"),
        Case(
            [
                ("authorization_servers.main.introspection.endpoint", "'http://far.example/i'"),
                (
                    "authorization_servers.main.introspection.client_authentication",
                    "{method: bearer, token: {env: TOKEN}}"
                ),
            ], "the proxy's secret would travel over http beyond this machine"),
        Case(
            [("authorization_servers.main.introspection.client_authentication", "{method: client_secret_post}")],
            "`client_secret_post` needs `client_id`"),
        Case(
            [("authorization_servers.main.introspection.client_authentication", "{method: none, client_id: a}")],
            "`none` does not use `client_id`"),
        Case(
            [
                (
                    "authorization_servers.main.introspection.client_authentication",
                    "{method: bearer, token: {env: SPACED}}"
                )
            ],
            "the token holds bytes that a bearer token cannot"),
        Case(
            [("authorization_servers.main.introspection.queue.wait", "2s")], "waiting 2s is longer than the timeout, 1s"
        ),
        // Upstreams.
        Case([("upstreams.main.url", "'http://127.0.0.1/base'")], "`http://127.0.0.1/base` has a path"),
        Case([("upstreams.'a b'.url", "'http://127.0.0.1'")], "`a b` is no name"),
        Case([("routes[].name", "'-'")], "`-` is no name"),
        Case(
            [("routes[].upstream", "mian"), ("routes[].token_sources", "[authorization, authorization]")],
            "this source is written twice"),
        // Routes.
        Case([("routes[].paths", nil)], "the route has no `paths`"),
        Case([("routes[].upstream", nil)], "the route has no `upstream`"),
        Case([("routes[].paths", "[]")], "the list is empty"),
        Case([("routes[].upstream", "mian")], "no upstream is called `mian` (did you mean `main`?)"),
        Case(
            [("routes[].authorization_server", "mein")],
            "no authorization server is called `mein` (did you mean `main`?)"),
        Case([("authorization_servers", nil)], "the route reads tokens, but there is no authorization server"),
        Case(
            [
                (
                    "authorization_servers.other",
                    "{strategy: introspect, introspection: {endpoint: 'http://127.0.0.1:1/'}}"
                )
            ],
            "the route does not say which authorization server answers for its tokens"),
        Case(
            [("routes[].access", "public"), ("routes[].scopes", "[a]")],
            "a public route reads no token, so this is never asked"),
        Case(
            [("routes[].access", "public"), ("routes[].subject", "required")],
            "`routes.orders.subject`: a public route reads no token, so this is never asked"),
        Case(
            [("routes[].access", "public"), ("routes[].max_answer_age", "5s")],
            "`routes.orders.max_answer_age`: a public route reads no token, so this is never asked"),
        Case([("routes[].hosts", "['a.*.example']")], "`a.*.example` has `*` elsewhere than as the whole first label"),
        Case([("routes[].hosts", "['a.example:80']")], "`a.example:80` has a port"),
        Case([("routes[].methods", "[GET, TRACE]")], "TRACE is refused on every route"),
        Case([("routes[].scopes", "{}")], "no scope is named"),
        Case([("routes[].scopes", "['a b']")], "`a b` is no scope (write a list with one scope an element)"),
        Case([("routes[].paths", "['/a;v=1']")], "`/a;v=1` has a `;`"),
        Case([("routes[].paths", "['/%7Ea']")], "`/%7Ea` is not in normal form and never matches"),
        Case([("routes[].path.strip_prefix", "/v1")], "no request for `/orders/{id}` begins with `/v1`"),
        Case([("routes[].path.add_prefix", "/v1/")], "`/v1/` is not made of whole literal segments"),
        Case([("routes[].path.add_prefix", "/../x")], "requests with `/../x` are refused"),
        Case([("routes[].host", "'a b'")], "`a b` is no host"),
        Case([("routes[].realm", "'a\"b'")], "cannot stand in a header field"),
        Case(
            [("routes[].keep_headers", "[X-Auth-Subject]")], "`X-Auth-Subject` is none of the fields that are taken out"
        ),
        Case([("routes[].subject_headers", "{X-A: sub}")], "`sub` names no claim"),
        Case([("routes[].token_sources", "['header:']")], "`header:` wants a field name"),
        Case([("routes[].token_sources", "['header:X Token']")], "`header:` wants a field name"),
        Case([("routes[].token_sources", "['header:X_Token']")], "`header:` wants a field name"),
        Case([("routes[].token_sources", "['header:authorization']")], "`Authorization` is a source by another name"),
        Case([("routes[].token_sources", "['header:Host']")], "`Host` has a meaning of its own"),
        Case([("routes[].token_sources", "['header:X-Auth-Subject']")], "`X-Auth-Subject` has a meaning of its own"),
        Case([("routes[].token_sources", "[authorization, authorization]")], "this source is written twice"),
        Case([("routes[].token_sources", "['header:X-A', 'header:x-a']")], "this source is written twice"),
        Case([("routes[].token_sources", "[body]")], "`body` is no token source"),
        Case(
            [("routes[].token_sources", "['header:X-A']"), ("routes[].subject_headers", "{X-A: '{sub}'}")],
            "`subject_headers` has a field of this name"),
        Case([("routes[].subject_headers", "{Authorization: '{sub}'}")], "`Authorization` is written by the proxy"),
        Case([("routes[].subject_headers", "{X-A: '{sub}', X_A: '{sub}'}")], "`X_A` is there twice"),
        Case([("routes[].claims", "[{claim: a}]")], "the claim has no condition"),
        Case([("routes[].claims", "[{claim: a, equals: 1, contains: 1}]")], "the claim has more than one condition"),
        Case([("routes[].claims", "[{claim: a, present: false}]")], "a claim's absence cannot be asked for"),
        Case(
            [("routes[].claims", "[{claim: a, equals: '{path.ids}'}]")],
            "the path `/orders/{id}` has no `{ids}` (did you mean `id`?)"),
        Case([("routes[].claims", "[{claim: a, equals: '{host.0}'}]")], "the route has no `hosts`"),
        Case(
            [("routes[].hosts", "['*.example']"), ("routes[].claims", "[{claim: a, equals: '{host.2}'}]")],
            "the host `*.example` has no label 2"),
        Case(
            [("routes[].claims", "[{claim: a, equals: '{sub}'}]")],
            "`{sub}` has braces and is neither part of a request"),
        Case([("defaults.name", "x")], "unknown key `name` in `defaults`"),
        Case([("routes[].paths", "[/a, /a]")], "route `orders` serves `/a` twice"),
    ]

    @Test("A rule that is broken is one problem that says so", arguments: Self.cases)
    func brokenRuleIsReported(one: Case) {
        var changed = self.sample
        for (path, value) in one.keys {
            if let value { changed.set(path, value) } else { changed.remove(path) }
        }
        let environment = ["BLANK": " a", "EMPTY": "\n", "LINES": "a\nb", "SPACED": "a b", "TOKEN": "abc"]
        let errors = changed.errors(environment: environment)
        #expect(errors.contains { $0.contains(one.message) }, "\(errors)")
        #expect(errors.count <= 2, "\(errors)")
        #expect(errors.allSatisfy { !$0.contains("s3cret") }, "no secret is repeated")
    }

    @Test("The sample itself has no problem")
    func sampleIsSound() {
        #expect(problems(of: self.sample.text) == [])
    }

    @Test("Two routes of equal rank are an error that names both routes and both lines")
    func namesBothRoutes() {
        let text = """
            version: 1
            listeners: [{address: 127.0.0.1:0}]
            upstreams: {u: {url: "http://127.0.0.1:1"}}
            defaults: {access: public, upstream: u}
            routes:
              - {name: one, paths: ["/orders/{id}"], methods: [GET, POST]}
              - {name: two, paths: [/other, "/orders/{number}"], methods: [POST]}
              - {name: bad, paths: [x]}
            """
        #expect(
            problems(of: text) == [
                "f:7:33: error: routes `one` (line 6) and `two` (line 7) both serve `/orders/{number}` for the same host and "
                    + "method (change a path, a host or `methods` of one of them)",
                "f:8:25: error: `routes.bad.paths[0]`: `x` does not begin with `/` (write `/x`)",
            ])
    }

    @Test("`plaintext: allow` is passed on by the server's name")
    func allowsPlaintextByName() throws {
        let allowed = try self.sample.with("\(self.server).plaintext", "allow").loaded().plaintextServers
        #expect(allowed == ["main"])
        #expect(try self.sample.loaded().plaintextServers == [])
    }

    @Test("One line end behind a secret is not part of it; a secret that everybody may read is a warning")
    func readsSecretFiles() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "bearergate-\(UInt64.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let secret = folder.appending(path: "admin.token")
        try Data("s3cret\r\n".utf8).write(to: secret)
        let text = self.sample.with("admin.token", "{file: admin.token}").text
        let loader = ConfigurationReloader(environment: [:])
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: secret.path)
        let quiet = try loader.load(text: text, folder: folder.path)
        #expect(quiet.admin?.token?.bytes == Array("s3cret".utf8))
        #expect(quiet.warnings == [])
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: secret.path)
        #expect(
            try loader.load(text: text, folder: folder.path).warnings.map(\.message)
                == ["`admin.token`: every user of this machine may read the secret file `admin.token`"])
    }

    @Test("A secret file without end is not read")
    func refusesLongSecrets() throws {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "bearergate-\(UInt64.random(in: .min ... .max))")
        try Data(repeating: 0x61, count: 20_000).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(
            self.sample.with("admin.token", "{file: '\(file.path)'}").errors().contains {
                $0.contains("is longer than 16384 bytes")
            })
        #expect(
            self.sample.with("admin.token", "{file: /dev/zero}").errors().contains { $0.contains("cannot be read") })
    }

    @Test("A named pipe that nobody writes to holds nothing up, whatever file it stands for")
    func refusesPipes() throws {
        let pipe = FileManager.default.temporaryDirectory.appending(
            path: "bearergate-\(UInt64.random(in: .min ... .max))"
        ).path
        try #require(mkfifo(pipe, 0o600) == 0)
        defer { unlink(pipe) }
        let secret = self.sample.with("admin.token", "{file: '\(pipe)'}").errors()
        #expect(secret.contains { $0.contains("the secret is empty") }, "\(secret)")
        let keys = self.sample.without("\(self.server).jwt.jwks_uri")
            .with("\(self.server).jwt.jwks_file", "'\(pipe)'").errors()
        let refusal = "cannot be read: it is no regular file"
        #expect(keys.contains { $0.contains("key file `\(pipe)` \(refusal) (write the path of a JWK Set") })
        let report = CheckReport(checking: pipe, environment: [:])
        #expect(report.exitCode == 1)
        #expect(report.problems.map(\.description).allSatisfy { $0.hasPrefix("\(pipe):1:1: error: the file is empty") })
    }

    @Test("A pipe whose writer keeps it open and writes nothing is waited for, and not for ever")
    func leavesUnfinishedPipe() throws {
        let pipe = Pipe()
        let path = "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"
        try pipe.fileHandleForWriting.write(contentsOf: Data("begun".utf8))
        #expect(throws: ConfigurationFiles.Failure.unfinished(within: .milliseconds(20))) {
            try ConfigurationFiles.read(path, bytesMax: 100, takesPipe: true, pipePatience: .milliseconds(20))
        }
        try pipe.fileHandleForWriting.write(contentsOf: Data("ended".utf8))
        try pipe.fileHandleForWriting.close()
        #expect(try ConfigurationFiles.read(path, bytesMax: 100, takesPipe: true) == Array("ended".utf8))
    }

    @Test(
        "A name that is a URL is repeated nowhere with its password",
        arguments: ["upstreams", "authorization_servers"])
    func namesAreShownWithoutPassword(section: String) {
        let errors = self.sample.with(section, "{'http://u:s3cret@h': {}}").errors()
        #expect(errors.contains { $0.contains("`\(section).http://…@h`") }, "\(errors)")
        #expect(errors.allSatisfy { !$0.contains("s3cret") }, "\(errors)")
    }

    @Test("No number of warnings hides an error, or has a file with one taken for sound")
    func warningsHideNoError() {
        let collector = ProblemCollector(file: "f")
        for number in 0..<2_000 { collector.warning("warning \(number)", at: .start, remedy: "none") }
        #expect(!collector.hasErrors)
        collector.error("the error", at: .start, remedy: "mend it")
        #expect(collector.hasErrors && collector.problems.contains { $0.message == "the error" })
    }

    @Test("A configuration that another program writes is read from its pipe")
    func readsPipedConfiguration() throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data(self.sample.text.utf8))
        try pipe.fileHandleForWriting.close()
        let report = CheckReport(checking: "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)", environment: [:])
        #expect(report.problems.map(\.description) == [])
    }

    @Test("A key file that `check` accepts is one that can be served from: no longer than a server's answer")
    func refusesLongKeyFiles() throws {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "bearergate-\(UInt64.random(in: .min ... .max))")
        defer { try? FileManager.default.removeItem(at: file) }
        let keys = self.sample.without("\(self.server).jwt.jwks_uri")
            .with("\(self.server).jwt.jwks_file", "'\(file.path)'")
        var text = try Data(contentsOf: URL(filePath: "\(Examples.folder)/keys.json"))
        text += Data(repeating: 0x20, count: JSONWebKeySet.byteCountMax - text.count)
        try text.write(to: file)
        #expect(keys.errors() == [])
        try (text + Data([0x20])).write(to: file)
        #expect(
            keys.errors().contains {
                $0.contains("`\(file.path)` is longer than 524288 bytes (write the path of a JWK Set")
            })
    }

    @Test("No message repeats a secret")
    func neverShowsSecrets() {
        let changed = self.sample.with("admin.token", "top-s3cret")
            .with("\(self.server).introspection.client_authentication", "{method: bearer, token: {env: SPACED}}")
        let printed = problems(of: changed.text, environment: ["SPACED": "top s3cret"]).joined()
        #expect(!printed.contains("s3cret"))
    }
}
