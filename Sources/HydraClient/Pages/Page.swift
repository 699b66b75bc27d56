import OAuthModel

extension HydraClient {
    /// One page of a list.
    public struct Page<Element: Sendable>: Sendable {
        /// In the order of the server; may be empty though more pages follow.
        public var elements: [Element]
        /// What to ask for the next page with; opaque.
        ///
        /// Nil on the last page.
        public var nextPageToken: String?
        /// How many there are in all, as Hydra counted up to 2.3; it ignores filters.
        public var totalCount: Int?

        public init(elements: [Element], nextPageToken: String? = nil, totalCount: Int? = nil) {
            self.elements = elements
            self.nextPageToken = nextPageToken
            self.totalCount = totalCount
        }
    }

    /// Asks for one page, whose elements must each have a text of this name.
    func page<Element: JSONMapped>(
        of call: Call, size: Int?, token: String?, requiring name: String? = nil
    ) async throws(HydraClientError) -> Page<Element> {
        var call = call
        call.ask("page_size", size.map { String($0) })
        call.ask("page_token", token)
        let answer = try await self.perform(call)
        let value = try self.json(answer, of: call)
        // Go writes null for a list without elements.
        guard let members = value.isNull ? [] : value.arrayValue else {
            throw Self.unexpectedMember(MemberProblem(kind: "a list"), of: call, status: answer.status)
        }
        var elements: [Element] = []
        elements.reserveCapacity(members.count)
        for (index, member) in members.enumerated() {
            do throws(MemberProblem) {
                elements.append(try Element(reading: member, requiring: name))
            } catch {
                throw Self.unexpectedMember(error.inside(String(index)), of: call, status: answer.status)
            }
        }
        return Page(
            elements: elements, nextPageToken: try self.nextPageToken(in: answer, of: call),
            totalCount: answer.field("X-Total-Count").flatMap { Int($0) })
    }

    /// A next page that cannot be asked for is an error: the list would look whole.
    private func nextPageToken(in answer: Answer, of call: Call) throws(HydraClientError) -> String? {
        switch LinkField.next(in: answer.fields("Link")) {
        case .page(let token): return token
        case .none: return nil
        case .unusable:
            throw HydraClientError(
                .decoding, .unexpectedMember, operation: call.operation,
                message: "the link to the next page has no `page_token`", status: answer.status)
        }
    }
}
