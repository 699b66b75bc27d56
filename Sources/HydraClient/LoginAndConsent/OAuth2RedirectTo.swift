/// Where the browser goes next (`oAuth2RedirectTo`).
///
/// The address carries a verifier that works once: it is for the browser only, and prints without its query.
public struct OAuth2RedirectTo: Sendable {
    /// The address whole.
    public var redirectTo = ""
    public var additionalMembers = AdditionalMembers()

    init() {}

    public init(_ redirectTo: String) { self.redirectTo = redirectTo }
}

extension OAuth2RedirectTo: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        try members.text(required: "redirect_to", &self.redirectTo)
    }
}

extension OAuth2RedirectTo: CustomStringConvertible, CustomReflectable {
    public var description: String { AddressText.withoutQuery(self.redirectTo) }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
