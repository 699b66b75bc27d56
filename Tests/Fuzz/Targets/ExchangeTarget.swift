import HTTPWire
import OAuthModel
import ProxyCore
import Reactor
import ReactorTesting

/// Clients, upstreams and the authorization server send any bytes in any pieces, at any time, to a whole loop.
///
/// An input is a list of steps: an octet that says what happens, an octet that says how many bytes belong to it, those bytes.
/// In the end every request that a client was owed an answer for has one, all that an upstream got parses and holds no token,
/// and nothing is left open or waiting.
enum ExchangeTarget {
    static func run(_ bytes: [UInt8]) {
        let proxy: FuzzedProxy
        do { proxy = try FuzzedProxy() } catch { end("the proxy of the fuzz targets does not start: \(error)") }
        var rest = bytes[...]
        while let code = rest.popFirst() {
            let data = Array(rest.dropFirst().prefix(Int(rest.first ?? 0)))
            rest = rest.dropFirst(1 + data.count)
            self.step(code % 16, data, proxy)
            let turns = Int(code >> 4) % 4
            if turns == 0 { proxy.settle() } else { for _ in 0..<turns { proxy.turn() } }
        }
        proxy.finish()
        for (number, client) in proxy.clients {
            AnswersJudged(client, number, in: proxy).judge()
        }
        for upstream in proxy.upstreams { self.judge(upstream) }
        for server in proxy.servers { self.judgeQuestions(server) }
    }

    private static func step(_ code: UInt8, _ data: [UInt8], _ proxy: FuzzedProxy) {
        let first = Int(data.first ?? 0)
        let second = data.count > 1 ? Int(data[1]) : 0
        switch code {
        case 0, 1, 2:
            guard let client = proxy.client(Int(code)) else { return }
            client.sent += data
            client.peer.send(data)
        case 3:
            proxy.upstreams.any(first)?.say(Array(data.dropFirst()))
        case 4:
            proxy.upstreams.any(first)?.say(Array((Canned.upstreamAnswers.any(second) ?? "").utf8))
        case 5: proxy.servers.any(first)?.say(Array((Canned.verdicts.any(second) ?? "").utf8))
        case 6: proxy.servers.any(first)?.say(Array(data.dropFirst()))
        case 7: proxy.pass(milliseconds: UInt64(first) * 20)
        case 8:
            proxy.clients[first % 3]?.isUnreliable = true
            proxy.clients[first % 3]?.peer.finish()
        case 9:
            proxy.clients[first % 3]?.isUnreliable = true
            proxy.clients[first % 3]?.peer.reset()
        case 10:
            proxy.upstreams.any(first).map { second.isMultiple(of: 2) ? $0.finish() : $0.reset() }
        case 11:
            switch second % 4 {
            case 0: proxy.servers.any(first)?.finish()
            case 1: proxy.servers.any(first)?.reset()
            case 2: proxy.keysArrive(FuzzKeys.set)
            default: proxy.keysArrive(nil)
            }
        case 12:
            proxy.kernel.random = SeededRandom(seed: UInt64(first))
            proxy.kernel.receiveTransfer = first.isMultiple(of: 2) ? .whole : .random
            proxy.kernel.sendTransfer = second.isMultiple(of: 2) ? .whole : .random
            proxy.kernel.shufflesEvents = first % 3 == 1
        case 13:
            let plans: [ScriptedKernel.ConnectPlan] = [
                .accept, .acceptAtOnce, .refuse, .hang, .failAtOnce(.connectionRefused), .fail(.timedOut),
            ]
            let address = second.isMultiple(of: 2) ? FuzzedProxy.upstream : FuzzedProxy.authorizationServer
            proxy.kernel.connectPlans[address] = plans[first % plans.count]
        case 14:
            proxy.clients[first % 3]?.peer.window = second * 4
        default: proxy.answerAll()
        }
    }

    // MARK: What must hold

    private static func judge(_ upstream: FuzzedService) {
        let stream = RequestStream(upstream.received, limits: .generous)
        let mayBeTunnel =
            upstream.sent.contains(Array(" 101".utf8)) && stream.requests.contains(where: \.asksForUpgrade)
        if case .refused(let error) = stream.ending {
            insist(mayBeTunnel, "what an upstream gets parses: \(error)")
        }
        for request in stream.requests {
            if mayBeTunnel && !["/public", "/api", "/ws"].contains(where: { request.path.starts(with: $0.utf8) }) {
                break
            }
            self.judge(request)
            if request.asksForUpgrade && mayBeTunnel { break }
        }
    }

    private static func judge(_ request: RequestStream.Request) {
        let isPublic = request.path.starts(with: "/public".utf8)
        let isGuarded = request.path.starts(with: "/api".utf8) || request.path.starts(with: "/ws".utf8)
        insist(isPublic || isGuarded, "only what a route serves goes on")
        insist(request.values("host").count == 1, "one Host goes on")
        insist(request.values("x-request-id").count == 1, "one X-Request-Id goes on")
        let subjects = request.values("x-auth-subject")
        if isPublic {
            insist(
                !request.fields.contains { ForwardedRequest.isReserved($0.name) }, "nobody says who asks a public route"
            )
        } else {
            insist(!request.fields.contains { $0.kind == .authorization }, "no token reaches an upstream")
            insist(subjects.count == 1, "who passes has a name, and one")
        }
    }

    /// What the authorization server is asked is a form with one token.
    private static func judgeQuestions(_ server: FuzzedService) {
        let stream = RequestStream(server.received, limits: .generous)
        if case .refused(let error) = stream.ending { insist(false, "a question parses: \(error)") }
        for request in stream.requests where request.isWhole {
            insist(request.method == .post && request.path == Array("/introspect".utf8), "RFC 7662 §2.1: a POST")
            guard let form = try? FormURLEncoded(parsing: request.content) else {
                end("finding: a question is a form")
            }
            insist(form.soleValue(of: "token").flatMap { BearerToken($0) } != nil, "a question is about one token")
        }
    }
}

extension Array {
    /// An element by any number; nil when there is none at all.
    func any(_ number: Int) -> Element? { self.isEmpty ? nil : self[number % self.count] }
}
