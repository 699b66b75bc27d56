import HTTPPersistence
import Testing

@Suite("Which request of a connection is its last (RFC 9112 §9.3, §9.6)") struct ConnectionPersistenceTests {
    @Test(
        "the last request is the one whose client says so, HTTP/1.0's, and one that may lead out of HTTP",
        arguments: [
            (true, false, false, false), (false, false, false, true), (true, true, false, true),
            (true, false, true, true),
        ])
    func last(keepsAlive: Bool, isHTTP10: Bool, mayLeaveHTTP: Bool, isLast: Bool) {
        var persistence = ConnectionPersistence()
        #expect(
            persistence.head(keepsAlive: keepsAlive, isHTTP10: isHTTP10, mayLeaveHTTP: mayLeaveHTTP) == isLast)
        #expect(persistence.isAnsweringLast == isLast && !persistence.isOver)
        persistence.end()
        #expect(persistence.isOver == isLast)
    }

    @Test("only the answer to the last request is the last one, however many are waited for before it")
    func pipelined() {
        var persistence = ConnectionPersistence()
        _ = persistence.head(keepsAlive: true, isHTTP10: false, mayLeaveHTTP: false)
        persistence.end()
        _ = persistence.head(keepsAlive: false, isHTTP10: false, mayLeaveHTTP: false)
        #expect(!persistence.isAnsweringLast && persistence.isAnswering)
        persistence.answered()
        #expect(persistence.isAnsweringLast)
        // An answer may be over before its request is.
        persistence.answered()
        #expect(!persistence.isAnswering && !persistence.isAnsweringLast && !persistence.isOver)
        persistence.end()
        #expect(persistence.isOver)
    }

    @Test("an answer to what was no request counts for no other")
    func unasked() {
        var persistence = ConnectionPersistence()
        persistence.answered()
        _ = persistence.head(keepsAlive: false, isHTTP10: false, mayLeaveHTTP: false)
        #expect(persistence.isAnswering && persistence.isAnsweringLast)
    }
}
