import OAuthModel

extension HydraClient {
    /// One page of a list.
    public struct Page<Element: Sendable>: Sendable {
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

    /// Asks for one page.
    func page<Element: JSONMapped>(
        of call: Call, size: Int?, token: String?
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
                elements.append(try Element(reading: member))
            } catch {
                throw Self.unexpectedMember(error.inside(String(index)), of: call, status: answer.status)
            }
        }
        return Page(
            elements: elements, nextPageToken: LinkField.nextPageToken(in: answer.fields("Link")),
            totalCount: answer.field("X-Total-Count").flatMap { Int($0) })
    }
}
