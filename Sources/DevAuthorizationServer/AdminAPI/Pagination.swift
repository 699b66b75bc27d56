import HTTPTypes
import Hummingbird
import OAuthModel

/// One page of a list, as the query asks for it (Hydra 2.1: offset tokens).
struct Page: Sendable, Hashable {
    let size: Int
    let offset: Int

    /// What cannot be read counts as not given, as in Hydra.
    init(_ query: FormFields) {
        let asked = query["page_size"].flatMap { Int($0) } ?? Self.defaultSize
        self.size = min(max(asked, 1), Self.sizeMax)
        self.offset = query["page_token"].flatMap(Self.offset(inToken:)) ?? 0
    }

    static let defaultSize = 250
    static let sizeMax = 1_000

    /// The `Link` field: the request's own address with both parameters replaced.
    ///
    /// `next` only when there is another item, and neither `prev` nor `last`: clients of every Hydra release walk this
    /// right, while Hydra 2.1's own links can lead to an empty page.
    func links(path: String, query: FormFields, total: Int) -> String {
        var links = [self.link("first", path: path, query: query, offset: 0)]
        if self.offset + self.size < total {
            links.append(self.link("next", path: path, query: query, offset: self.offset + self.size))
        }
        return links.joined(separator: ",")
    }

    private func link(_ relation: String, path: String, query: FormFields, offset: Int) -> String {
        let kept = query.parameters.filter { $0.name != "page_size" && $0.name != "page_token" }
        let form = FormURLEncoded(
            kept + [
                FormURLEncoded.Parameter(name: "page_size", value: String(self.size)),
                FormURLEncoded.Parameter(name: "page_token", value: Self.token(offset: offset)),
            ])
        return "<\(path)?\(String(decoding: form.encoded(), as: UTF8.self))>; rel=\"\(relation)\""
    }

    private static func token(offset: Int) -> String {
        Base64URL.encode(JSONWriter.write(["offset": .string(String(offset)), "v": 2] as JSONObject))
    }

    private static func offset(inToken token: String) -> Int? {
        guard let bytes = Base64URL.decode(token),
            let value = try? JSONReader.read(bytes), let text = value.objectValue?["offset"]?.stringValue,
            let offset = Int(text), offset >= 0, offset <= Self.offsetMax
        else { return nil }
        return offset
    }

    /// Far behind any list, and small enough to add a page to.
    private static let offsetMax = 1 << 40
}

extension Reply {
    /// One page of a list: a bare array, with the way to the next one and how many there are in all.
    static func page(
        _ page: Page, of documents: [JSONObject], total: Int, path: String, query: FormFields
    ) -> Response {
        self.json(
            .array(documents.map { .object($0) }),
            fields: [.link: page.links(path: path, query: query, total: total), .totalCount: String(total)])
    }
}

extension HTTPField.Name {
    static let link = HTTPField.Name("Link")!
    static let totalCount = HTTPField.Name("X-Total-Count")!
}
