import JOSE

extension HydraClient {
    /// Every element of a list, page after page, each page asked for when the one before it is used up.
    ///
    /// Ends when no page follows, or when one is empty: Hydra 2.1 counts without its filters and then links to such a page.
    /// Links that lead back to a page that was seen are an error (``HydraClientError/Code/endlessPages``), and so is a list
    /// of more than ten thousand pages.
    public struct PagedSequence<Element: Sendable>: AsyncSequence, Sendable {
        public typealias Failure = HydraClientError

        typealias Fetch = @Sendable (_ pageToken: String?) async throws(HydraClientError) -> Page<Element>

        private let operation: String
        private let fetch: Fetch

        init(_ operation: String, fetch: @escaping Fetch) {
            self.operation = operation
            self.fetch = fetch
        }

        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(operation: self.operation, fetch: self.fetch)
        }

        public struct AsyncIterator: AsyncIteratorProtocol {
            private enum State {
                case beforeFirst
                case within(ArraySlice<Element>, next: String?)
                case ended
            }

            private let operation: String
            private let fetch: Fetch
            private var state = State.beforeFirst
            /// As digests: ten thousand tokens may be as long as the head of an answer each.
            private var tokensSeen: Set<Digest256> = []

            init(operation: String, fetch: @escaping Fetch) {
                self.operation = operation
                self.fetch = fetch
            }

            public mutating func next() async throws(HydraClientError) -> Element? {
                try await self.next(isolation: nil)
            }

            public mutating func next(
                isolation actor: isolated (any Actor)?
            ) async throws(HydraClientError) -> Element? {
                switch self.state {
                case .ended: return nil
                case .beforeFirst: try await self.turn(to: nil, isolation: actor)
                case .within(let elements, let token):
                    if elements.isEmpty { try await self.turn(toPageAfter: token, isolation: actor) }
                }
                guard case .within(var elements, let token) = self.state, let element = elements.popFirst() else {
                    self.state = .ended
                    return nil
                }
                self.state = .within(elements, next: token)
                return element
            }

            private mutating func turn(
                toPageAfter token: String?, isolation actor: isolated (any Actor)?
            ) async throws(HydraClientError) {
                guard let token else {
                    self.state = .ended
                    return
                }
                let digest = SHA256Digest.digest(of: Array(token.utf8))
                guard self.tokensSeen.insert(digest).inserted, self.tokensSeen.count < PagedSequence.pagesMax else {
                    self.state = .ended
                    throw HydraClientError(
                        .decoding, .endlessPages, operation: self.operation,
                        message: "the links from page to page lead in a circle, or never end")
                }
                try await self.turn(to: token, isolation: actor)
            }

            private mutating func turn(
                to token: String?, isolation actor: isolated (any Actor)?
            ) async throws(HydraClientError) {
                // A failed page ends the iteration, as callers of an asynchronous sequence expect.
                self.state = .ended
                let page = try await self.fetch(token)
                self.state = .within(page.elements[...], next: page.nextPageToken)
            }
        }

        /// A million elements and more at any size of page that a server has by default.
        static var pagesMax: Int { 10_000 }
    }
}
