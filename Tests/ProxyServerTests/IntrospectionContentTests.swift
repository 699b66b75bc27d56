import Reactor
import ReactorTesting
import TestSupport
import Testing

@testable import ProxyServer

/// What the fields of an introspection answer may say of its content (RFC 9110 §8).
@Suite struct IntrospectionContentTests {
    @Test(
        "a type that is another, or said twice, and encoded content are no answer",
        arguments: [
            ["Content-Type: text/html"], ["Content-Type: application/json text/html"],
            ["Content-Type: application/json", "Content-Type: application/json"],
            ["Content-Type: application/json", "content-type: text/html"],
            ["Content-Type: application/json", "Content-Encoding: gzip"],
            ["Content-Type: application/json", "Content-Encoding: identity", "Content-Encoding: br"],
        ])
    func refuses(fields: [String]) throws {
        let (proxy, client) = try self.asked(answered: fields)
        #expect(client.takeStatus() == 502)
        let isForwarded = proxy.kernel.takeUpstream(at: ScriptedProxy.upstream) != nil
        #expect(!isForwarded)
    }

    @Test(
        "JSON with or without parameters, and nothing said of it, is an answer",
        arguments: [
            [], ["Content-Type: Application/JSON ; charset=utf-8"],
            ["Content-Type: application/json", "Content-Encoding: Identity"],
            ["Content-Type: application/json", "Content_Type: text/html"],
        ])
    func accepts(fields: [String]) throws {
        let (proxy, client) = try self.asked(answered: fields)
        try proxy.answer(try proxy.upstream(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        #expect(client.takeStatus() == 200)
    }

    /// A client whose token was asked about, and found good, in an answer with these fields.
    private func asked(answered fields: [String]) throws -> (ScriptedProxy, ScriptedPeer) {
        let proxy = try ScriptedProxy()
        let client = try proxy.client(request("GET", "/api/1", token: "tok"))
        let body = #"{"active":true,"scope":"read","sub":"alice"}"#
        let head = ["HTTP/1.1 200 OK"] + fields + ["Content-Length: \(body.utf8.count)", "", ""]
        try proxy.answer(try proxy.server(), head.joined(separator: "\r\n") + body)
        return (proxy, client)
    }
}
