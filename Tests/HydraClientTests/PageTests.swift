import OAuthModel
import Synchronization
import Testing

@testable import HydraClient

@Suite("Lists, page after page")
struct PageTests {
    @Test(
        "only a link with rel=next is a next page",
        arguments: [
            [], [""], ["garbage"], [#"</admin/clients?page_token=x>; rel="prev""#],
            [#"</admin/clients?page_token=x>; rel="nextish""#],
            [#"</admin/clients?page_token=x; rel="next""#], [#"</a?page_token=x>; title="rel=next""#],
            [#"</a?page_token=x>; title="\", </a?page_token=x>; rel=next"#], [#"</a?page_token=x>; title="\"#],
        ])
    func isLast(links: [String]) async throws {
        try await withHydra { _ in
            .answer(200, links.map { ("Link", $0) }, body: "[]")
        } _: { _, hydra in
            let page = try await hydra.listClients()
            #expect(page.nextPageToken == nil)
        }
    }

    @Test(
        "the token of the next page is found, however the field is written",
        arguments: [
            [#"</a?page_size=2&page_token=t%2B1>; rel="next""#],
            [#"</a?page_token=0>; rel="first",</a?page_token=t%2B1>;rel=next,</a?page_token=9>; rel="last""#],
            [
                #"</a?page_token=0>; rel="first""#,
                #"<https://h.example/a,b?page_token=t%2B1#f>; x="<,;>"; REL="last Next""#,
            ],
        ])
    func findsNext(links: [String]) async throws {
        let fields = links.map { ("Link", $0) } + [("X-Total-Count", "12")]
        try await withHydra { _ in
            .answer(200, fields, body: "[]")
        } _: { _, hydra in
            let page = try await hydra.listClients()
            #expect(page.nextPageToken == "t+1")
            #expect(page.totalCount == 12)
        }
    }

    @Test(
        "a next page that nothing says how to ask for is an error: the list would look whole",
        arguments: [
            #"</admin/clients>; rel="next""#, #"</admin/clients?page_token=>; rel="next""#,
            #"</admin/clients?page_token=%zz>; rel="next""#, "</a?page_token=x&page_token=y>; rel=next",
        ])
    func refusesUnusable(link: String) async throws {
        try await withHydra { _ in
            .answer(200, [("Link", link)], body: #"[{"client_id":"a"}]"#)
        } _: { _, hydra in
            let error = await failure { () throws(HydraClientError) in _ = try await hydra.listClients() }
            #expect(error?.stage == .decoding)
            #expect(error?.code == .unexpectedMember)
        }
    }

    @Test(
        "a link to another host is asked for here: no token for a gateway goes there",
        arguments: ["EVIL/admin/clients?page_token=1", "//evil.example/?page_token=1", "javascript:?page_token=1"])
    func staysHere(target: String) async throws {
        let evil = ScriptedHydra { _ in .json("[]") }
        try await evil.start()
        let link = "<\(target.replacing("EVIL", with: evil.origin))>; rel=next"
        try await withHydra {
            $0.adminToken = BearerToken("ory_pat_secret")
        } answering: { request in
            .answer(200, request.target.contains("page_token") ? [] : [("Link", link)], body: #"[{"client_id":"a"}]"#)
        } _: { server, hydra in
            var count = 0
            for try await _ in hydra.clients() { count += 1 }
            #expect(count == 2)
            #expect(server.requests.map(\.target) == ["/admin/clients", "/admin/clients?page_token=1"])
            #expect(evil.requests.isEmpty)
        }
        await evil.stop()
    }

    @Test("a list whose pages never end is an error after so many")
    func isBounded() async {
        let numbers = Numbers()
        let endless = HydraClient.PagedSequence<Int>("listOAuth2Clients") { _ throws(HydraClientError) in
            HydraClient.Page(elements: [0], nextPageToken: "\(numbers.next())")
        }
        let walk = Walk(endless)
        let error = await failure { () throws(HydraClientError) in try await walk.toTheEnd() }
        #expect(error?.code == .endlessPages)
        #expect(await walk.count == HydraClient.PagedSequence<Int>.pagesMax)
    }

    @Test("null is a list without elements")
    func nullIsEmpty() async throws {
        try await withHydra { _ in
            .json("null")
        } _: { _, hydra in
            let page = try await hydra.listTrustedIssuers()
            #expect(page.elements.isEmpty)
        }
    }

    @Test("a sequence gives every element, asks for each page once, and keeps its question")
    func walks() async throws {
        try await withHydra(answering: Self.pages(3)) { server, hydra in
            var ids: [String?] = []
            for try await client in hydra.clients(owner: "me", pageSize: 2) { ids.append(client.clientID) }
            #expect(ids == ["0a", "0b", "1a", "1b", "2a", "2b"])
            #expect(
                server.requests.map(\.target) == [
                    "/admin/clients?owner=me&page_size=2", "/admin/clients?owner=me&page_size=2&page_token=1",
                    "/admin/clients?owner=me&page_size=2&page_token=2",
                ])
        }
    }

    @Test("a page is asked for when it is needed, not before")
    func isLazy() async throws {
        try await withHydra(answering: Self.pages(3)) { server, hydra in
            let clients = hydra.clients()
            #expect(server.requests.isEmpty)
            var iterator = clients.makeAsyncIterator()
            _ = try await iterator.next()
            _ = try await iterator.next()
            #expect(server.requests.count == 1)
            _ = try await iterator.next()
            #expect(server.requests.count == 2)
        }
    }

    @Test("an empty page is the end, though it links to another one")
    func endsWithEmptyPage() async throws {
        try await withHydra { _ in
            .answer(200, [("Link", #"</a?page_token=more>; rel="next""#)], body: "[]")
        } _: { server, hydra in
            var iterator = hydra.consentSessions(subject: "a").makeAsyncIterator()
            for _ in 0..<2 {
                let element = try await iterator.next()
                #expect(element == nil)
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test("links that lead in a circle are an error, not an endless list")
    func noticesCircle() async throws {
        try await withHydra { request in
            let next = request.target.contains("page_token=1") ? "2" : "1"
            return .answer(200, [("Link", "</a?page_token=\(next)>; rel=next")], body: #"[{"id":"i"}]"#)
        } _: { server, hydra in
            let walk = Walk(hydra.trustedIssuers())
            let error = await failure { () throws(HydraClientError) in try await walk.toTheEnd() }
            #expect(error?.code == .endlessPages)
            #expect(error?.operation == "listTrustedOAuth2JwtGrantIssuers")
            #expect(await walk.count == 3)
            #expect(server.requests.count == 3)
        }
    }

    @Test("a page that fails ends the sequence with its error")
    func endsWithError() async throws {
        try await withHydra { request in
            request.target.contains("page_token")
                ? .json(#"{"error":"invalid_request"}"#, 400)
                : .answer(200, [("Link", "</a?page_token=1>; rel=next")], body: #"[{"client_id":"a"}]"#)
        } _: { server, hydra in
            var iterator = hydra.clients().makeAsyncIterator()
            let first = try await iterator.next()
            #expect(first?.clientID == "a")
            let error = await failure { () throws(HydraClientError) in _ = try await iterator.next() }
            #expect(error?.code == .invalidRequest)
            let last = try await iterator.next()
            #expect(last == nil)
            #expect(server.requests.count == 2)
        }
    }

    /// So many pages of two clients, linked with tokens 1, 2, ….
    private static func pages(
        _ count: Int
    ) -> @Sendable (ScriptedHydra.Request) -> ScriptedHydra.Reaction {
        { request in
            let token = request.target.split(separator: "page_token=").dropFirst().first.flatMap { Int($0) } ?? 0
            let link = token + 1 < count ? [("Link", "</x?page_token=\(token + 1)>; rel=\"next\"")] : []
            return .answer(200, link, body: #"[{"client_id":"\#(token)a"},{"client_id":"\#(token)b"}]"#)
        }
    }
}

/// One number after another.
private final class Numbers: Sendable {
    private let last = Mutex(0)

    func next() -> Int {
        self.last.withLock { last in
            last += 1
            return last
        }
    }
}

/// Counts what a sequence gives.
private actor Walk<Element: Sendable> {
    private(set) var count = 0
    private let sequence: HydraClient.PagedSequence<Element>

    init(_ sequence: HydraClient.PagedSequence<Element>) { self.sequence = sequence }

    func toTheEnd() async throws(HydraClientError) {
        var iterator = self.sequence.makeAsyncIterator()
        while try await iterator.next(isolation: self) != nil { self.count += 1 }
    }
}
