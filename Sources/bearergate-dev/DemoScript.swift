import DevAuthorizationServer
import OAuthModel

/// The commands to paste, each with what it shows.
///
/// The text is a shell script: everything but the commands is a comment. `deploy/quickstart --check` runs the commands and
/// holds each answer against its `expect` lines (the status, then words that must be in it) and `absent` lines.
struct DemoScript: Sendable {
    let cast: DemoCast
    let proxyURL: String
    let server: RunningAuthorizationServer

    private struct Step: Sendable {
        var title: String
        var expected: [String]
        var absent: [String] = []
        var command: String
    }

    var text: String {
        var lines = [
            "",
            "# Bearergate is ready at \(self.proxyURL). Paste these into another terminal; Ctrl-C here ends the demo.",
        ]
        for (number, step) in zip(1..., self.steps) {
            lines += ["", "# \(number). \(step.title)"]
            lines += step.expected.map { "# expect: \($0)" } + step.absent.map { "# absent: \($0)" }
            lines.append(step.command)
        }
        return (lines + ["", "# end of commands"]).joined(separator: "\n")
    }

    private var steps: [Step] {
        [
            Step(
                title: "A token with notes:read reads. The service learns who asks, and does not get the token.",
                expected: ["200", "X-Auth-Client-Id", "demo-reader", "X-Auth-Scope"], absent: [self.cast.readerToken],
                command: self.request("/notes/1", token: self.cast.readerToken)),
            Step(
                title: "The same token may not write: the route asks for notes:write.",
                expected: ["403", "error=\"insufficient_scope\"", "scope=\"notes:write\""],
                command: self.request("/notes", method: "POST", token: self.cast.readerToken)),
            Step(
                title: "A token without any scope may not even read.",
                expected: ["403", "error=\"insufficient_scope\"", "scope=\"notes:read\""],
                command: self.request("/notes/1", token: self.cast.scopelessToken)),
            Step(
                title: "No token: 401 with a bare challenge.",
                expected: ["401", "WWW-Authenticate: Bearer"], absent: ["error=\"invalid_token\""],
                command: self.request("/notes/1")),
            Step(
                title: "A token that nobody issued.",
                expected: ["401", "error=\"invalid_token\""],
                command: self.request("/notes/1", token: "ory_at_garbage.garbage")),
            Step(
                title: "A client's own identity fields are not believed.",
                expected: ["200", "demo-reader"], absent: ["somebody-else"],
                command: self.request(
                    "/notes/1", token: self.cast.readerToken, fields: ["X-Auth-Client-Id: somebody-else"])),
            Step(
                title: "A JWT is verified by the proxy itself, with the server's published keys.",
                expected: ["200", "demo-reports"],
                command: self.request("/reports/2026/january", token: self.cast.reportsToken)),
            Step(
                title: "A JWT without the scope.",
                expected: ["403", "error=\"insufficient_scope\"", "scope=\"reports:read\""],
                command: self.request("/reports/2026/january", token: self.cast.scopelessJWT)),
            Step(
                title: "The first JWT with another signature.",
                expected: ["401", "error=\"invalid_token\""],
                command: self.request("/reports/2026/january", token: Self.tampered(self.cast.reportsToken))),
            Step(
                title: "A public route reads no token at all.",
                expected: ["200"], command: self.request("/health")),
            Step(
                title: "Another token that is good...",
                expected: ["200"], command: self.request("/notes/2", token: self.cast.revocableToken)),
            Step(
                title: "...is revoked at the authorization server...",
                expected: ["200"],
                command: "curl -s -i -u \(DemoCast.reader.clientID):\(DemoCast.readerSecret) -d token="
                    + "\(self.cast.revocableToken) \(self.server.publicURL)/oauth2/revoke"),
            Step(
                title: "...and refused once the answer of before has aged: the demo keeps answers for 5 seconds.",
                expected: ["401", "error=\"invalid_token\""],
                command: "sleep 6; " + self.request("/notes/2", token: self.cast.revocableToken)),
        ]
    }

    private func request(
        _ path: String, method: String = "GET", token: String? = nil, fields: [String] = []
    ) -> String {
        var words = ["curl -s -i"]
        if method != "GET" { words.append("-X \(method) -d '{\"text\":\"hello\"}'") }
        for field in fields + (token.map { ["Authorization: Bearer \($0)"] } ?? []) { words.append("-H '\(field)'") }
        return (words + [self.proxyURL + path]).joined(separator: " ")
    }

    /// The token with the first character of its signature replaced by another.
    private static func tampered(_ token: String) -> String {
        var parts = token.split(separator: ".").map(String.init)
        guard let signature = parts.popLast() else { return token }
        parts.append((signature.hasPrefix("A") ? "B" : "A") + signature.dropFirst())
        return parts.joined(separator: ".")
    }
}
