/// What is said about a token: the claims of a JWT or the members of an introspection answer.
///
/// Held flat (``JSONDocument``), since a cache keeps them by the thousand; a claim becomes a ``JSONValue`` when it is asked for.
public struct ClaimSet: Sendable {
    /// An object, and where each of its members stands.
    package let document: JSONDocument

    public init(_ members: JSONObject) { self.document = JSONDocument(members) }

    /// Nil where the document is no object.
    package init?(_ document: JSONDocument) {
        guard document.isObject(document.root) else { return nil }
        self.document = document
    }

    public var members: JSONObject { self.document.object(at: self.document.root) }

    /// The claim of exactly this name.
    ///
    /// `.null` is a value here; whether it means "absent" is for the reader to say.
    public subscript(name: String) -> JSONValue? { self.place(of: name).map { self.document.value(at: $0) } }

    public subscript(claim: RegisteredClaim) -> JSONValue? { self[claim.rawValue] }

    /// The claim at a path such as `ext.tenant`.
    public subscript(path: ClaimPath) -> JSONValue? { self.place(of: path).map { self.document.value(at: $0) } }

    package func place(of name: String) -> JSONDocument.Place? {
        self.document.member(named: name, of: self.document.root)
    }

    package func place(of path: ClaimPath) -> JSONDocument.Place? { path.find(in: self.document) }
}

extension ClaimSet: Hashable {
    public static func == (left: ClaimSet, right: ClaimSet) -> Bool { left.members == right.members }
    public func hash(into hasher: inout Hasher) { hasher.combine(self.members) }
}

/// A claim name in which dots step into objects: `ext.tenant` is the member `tenant` of the member `ext`.
///
/// Claim names may contain dots themselves (`https://example.com/tenant`), so at each step the longest name that exists is
/// taken: first all that is left of the path as one literal name, then ever shorter beginnings of it that name an object.
/// The step taken is final; there is no second try through another object. Made once, looked up without allocating.
public struct ClaimPath: Sendable, Hashable {
    public let text: String
    private let dots: [Int]

    /// `nil` for empty text.
    public init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        self.text = text
        self.dots = text.utf8.enumerated().filter { $0.element == UInt8(ascii: ".") }.map(\.offset)
    }

    func find(in document: borrowing JSONDocument) -> JSONDocument.Place? {
        let name = self.text.utf8.span
        var object = document.root
        var start = 0
        while true {
            if let place = document.member(named: name.extracting(start..<name.count), of: object) { return place }
            guard let step = self.step(in: document, from: start, of: object) else { return nil }
            object = step.object
            start = step.start
        }
    }

    /// The object that the longest beginning of what is left names, and where the path goes on.
    private func step(
        in document: borrowing JSONDocument, from start: Int, of object: JSONDocument.Place
    ) -> (object: JSONDocument.Place, start: Int)? {
        let name = self.text.utf8.span
        for dot in self.dots.reversed() where dot >= start {
            let place = document.member(named: name.extracting(start..<dot), of: object)
            if let place, document.isObject(place) { return (place, dot + 1) }
        }
        return nil
    }

    public static func == (left: ClaimPath, right: ClaimPath) -> Bool { left.text.hasSameOctets(as: right.text) }
    public func hash(into hasher: inout Hasher) { hasher.combine(self.text) }
}
