/// An authorization server's introspection endpoint (RFC 7662) and documents, by script.
package final class StubAuthorizationServer: Sendable {
    package enum Answer: Sendable {
        case json(String)
        case status(Int, fields: KeyValuePairs<String, String> = [:], body: String = "")
        /// Held until the gate is opened.
        indirect case held(Gate, then: Answer)
        /// So much later.
        indirect case delayed(seconds: Double, then: Answer)
        /// Whatever the script does.
        case scripted(StubUpstream.Handler)

        package static let inactive = Answer.json(#"{"active":false}"#)
        package static func active(_ members: String) -> Answer { .json(#"{"active":true,\#(members)}"#) }
        /// Takes the question and never answers.
        package static let silence = Answer.scripted { _ = $0.waitForEnd(until: .after(seconds: 600)) }
    }

    private struct State {
        var answers: [String: Answer]
        var otherwise: Answer
        var documents: [String: String] = [:]
        var asked: [String] = []
    }

    private let state: Monitor<State>
    private let upstream: StubUpstream

    package init(
        _ answers: [String: Answer] = [:], otherwise: Answer = .inactive, at address: TestAddress = .port(0)
    ) throws {
        let state = Monitor(State(answers: answers, otherwise: otherwise))
        self.state = state
        self.upstream = try StubUpstream(at: address) { exchange in
            let form = try exchange.readBody()
            if exchange.method == "GET" {
                let document = state.withLock { $0.documents[exchange.target] }
                return exchange.respond(
                    document == nil ? 404 : 200, ["Content-Type": "application/json"], text: document ?? "{}")
            }
            let token = Self.token(in: form)
            let answer = state.withLock { state -> Answer in
                state.asked.append(token)
                return state.answers[token] ?? state.otherwise
            }
            try Self.give(answer, on: exchange)
        }
    }

    private static func give(_ answer: Answer, on exchange: StubExchange) throws {
        switch answer {
        case .json(let text): exchange.respond(200, ["Content-Type": "application/json"], text: text)
        case .status(let status, let fields, let body): exchange.respond(status, fields, text: body)
        case .held(let gate, let next):
            try gate.waitUntilOpen()
            try self.give(next, on: exchange)
        case .delayed(let seconds, let next):
            // Bytes are not expected; the end of the connection cuts the delay short.
            switch exchange.socket.receive(until: .after(seconds: seconds)) {
            case .timedOut: try self.give(next, on: exchange)
            case .bytes, .end, .reset: exchange.close()
            }
        case .scripted(let script): try script(exchange)
        }
    }

    /// The `token` of a form (RFC 7662 §2.1).
    private static func token(in form: [UInt8]) -> String {
        for pair in form.split(separator: UInt8(ascii: "&")) where pair.starts(with: "token=".utf8) {
            var bytes: [UInt8] = []
            var rest = pair.dropFirst(6)
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "%") else {
                    bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
                    continue
                }
                bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        return ""
    }

    package var address: TestAddress { self.upstream.address }
    package var server: StubServer { self.upstream.server }
    /// What reached the endpoint, whole.
    package var requests: [RawMessage] { self.upstream.requests }
    /// The tokens asked about, in order.
    package var asked: [String] { self.state.withLock { $0.asked } }
    package var callCount: Int { self.asked.count }

    package func waitForCalls(_ count: Int, until deadline: Deadline = .patient) throws {
        try self.state.wait(for: "\(count) introspection calls", until: deadline) { $0.asked.count < count }
    }

    package func set(_ answer: Answer, for token: String) { self.state.withLock { $0.answers[token] = answer } }
    package func setOtherwise(_ answer: Answer) { self.state.withLock { $0.otherwise = answer } }
    /// Serves a document such as a key set at a path.
    package func publish(_ document: String, at path: String) { self.state.withLock { $0.documents[path] = document } }

    package func stop() { self.upstream.stop() }
}

/// What holds scripts back until a test lets them go on.
package final class Gate: Sendable {
    private let isOpen = Monitor(false)
    package init() {}
    package func open() { self.isOpen.withLock { $0 = true } }
    package func waitUntilOpen() throws(TimedOut) { try self.isOpen.wait(for: "the gate to open") { !$0 } }
}
