package import OAuthModel

/// Holds a seed against what the admin API knows, before anything of it is stored.
///
/// The admin API ignores members that it does not know, as Hydra does; in a file that somebody wrote by hand such a member
/// is a slip of the pen.
package struct SeedCheck {
    package private(set) var problems: [SeedProblem] = []
    package private(set) var users: [DevAuthorizationServer.User]?

    /// - Parameter hasUsers: whether `users` may be there; a library's caller gives them elsewhere.
    package init(_ document: JSONObject, hasUsers: Bool) {
        let known = ["clients", "users", "trusted_issuers"].filter { hasUsers || $0 != "users" }
        for member in document.members {
            let path = [SeedProblem.Step.member(member.name)]
            guard known.contains(member.name) else {
                self.reportUnknown(member.name, known: known, at: path)
                continue
            }
            guard !member.value.isNull else { continue }
            guard let elements = member.value.arrayValue else {
                self.report(
                    "\(Self.kind(member.value)) where a list belongs", at: path, remedy: "write one `- …` for each")
                continue
            }
            switch member.name {
            case "clients": self.checkClients(elements)
            case "users": self.checkUsers(elements)
            default: self.checkTrustedIssuers(elements)
            }
        }
    }

    private mutating func checkClients(_ elements: [JSONValue]) {
        var ids: Set<[UInt8]> = []
        for (index, element) in elements.enumerated() {
            let path = [SeedProblem.Step.member("clients"), .element(index)]
            guard let client = self.object(element, RegisteredClient.seedMembers, required: ["client_id"], at: path)
            else { continue }
            let id = client["client_id"]?.stringValue ?? ""
            guard ids.insert(Array(id.utf8)).inserted else {
                self.report(
                    "a client with this id is above already", at: path + [.member("client_id")],
                    remedy: "keep one of them")
                continue
            }
            self.checkSecret(of: client, at: path)
            self.holding(client, at: path) {
                let secret = try client.text("client_secret") ?? ""
                _ = try RegisteredClient(document: client, id: id).validated(secret: secret.isEmpty ? nil : secret)
            }
        }
    }

    /// The admin API makes one up and answers with it; nobody would read that answer here.
    private mutating func checkSecret(of client: JSONObject, at path: [SeedProblem.Step]) {
        let method = client["token_endpoint_auth_method"]?.stringValue ?? ""
        guard !["none", "private_key_jwt"].contains(method), client["client_secret"]?.stringValue ?? "" == "" else {
            return
        }
        self.report(
            "`client_secret` is missing: nobody would know it", at: path,
            remedy: "write `client_secret: …`, or `token_endpoint_auth_method: none` for a public client")
    }

    private mutating func checkTrustedIssuers(_ elements: [JSONValue]) {
        // Looked up: a file holds tens of thousands.
        var found: [IssuersKey: (key: JSONObject, subjects: Set<[UInt8]>)] = [:]
        for (index, element) in elements.enumerated() {
            let path = [SeedProblem.Step.member("trusted_issuers"), .element(index)]
            guard
                let issuer = self.object(
                    element, TrustedIssuer.seedMembers, required: ["issuer", "scope", "expires_at", "jwk"], at: path)
            else { continue }
            var trusted: TrustedIssuer?
            self.holding(issuer, at: path) {
                // When it is made is of no account here.
                trusted = try TrustedIssuerEndpoints.trusted(issuer, now: Moment(milliseconds: 0))
            }
            guard let trusted else { continue }
            let name = IssuersKey(issuer: Array(trusted.issuer.utf8), keyID: Array(trusted.keyID.utf8))
            let subject = Array(trusted.subject.utf8)
            if let above = found[name], !trusted.hasSameKey(as: above.key) || above.subjects.contains(subject) {
                self.report(
                    "a trusted issuer above has the same issuer and `kid`, and the same subject or another key",
                    at: path, remedy: "keep one of them, or give the key a `kid` of its own")
            } else {
                found[name, default: (trusted.key, [])].subjects.insert(subject)
            }
        }
    }

    /// What a key goes by; by bytes, as the database compares.
    private struct IssuersKey: Hashable {
        let issuer: [UInt8]
        let keyID: [UInt8]
    }

    private mutating func checkUsers(_ elements: [JSONValue]) {
        var names: Set<[UInt8]> = []
        var users: [DevAuthorizationServer.User] = []
        for (index, element) in elements.enumerated() {
            let path = [SeedProblem.Step.member("users"), .element(index)]
            var user = JSONObject()
            if element.stringValue != nil {
                user["name"] = element
            } else {
                let members = [SeedMember("name", .text), SeedMember("claims", .object)]
                guard let object = self.object(element, members, required: ["name"], at: path, orText: true) else {
                    continue
                }
                user = object
            }
            let name = user["name"]?.stringValue ?? ""
            guard Identifiers.isUsable(name) else {
                self.report(
                    "a user's name is empty, longer than \(Identifiers.bytesMax) bytes, or has control characters",
                    at: path,
                    remedy: "write a name")
                continue
            }
            guard names.insert(Array(name.utf8)).inserted else {
                self.report("a user of this name is above already", at: path, remedy: "keep one of them")
                continue
            }
            users.append(DevAuthorizationServer.User(name, claims: user["claims"]?.objectValue ?? [:]))
        }
        self.users = users
    }

    /// The element as an object of these members; nil when anything about its shape is wrong, which has been reported.
    private mutating func object(
        _ element: JSONValue, _ members: [SeedMember], required: [String], at path: [SeedProblem.Step],
        orText: Bool = false
    ) -> JSONObject? {
        guard let object = element.objectValue else {
            self.report(
                "\(Self.kind(element)) where \(orText ? "a name or " : "")a mapping belongs", at: path,
                remedy: required.map { "`\($0): …`" }.joined(separator: ", "))
            return nil
        }
        // Once there are so many problems that no more are kept, nothing is put in place whatever the rest is like.
        let before = self.problems.count
        for member in object.members where before < Self.problemsMax {
            let place = path + [.member(member.name)]
            guard let known = members.first(where: { $0.name.hasSameOctets(as: member.name) }) else {
                if RegisteredClient.serversMembers.contains(member.name),
                    members.contains(where: { $0.name == "client_id" })
                {
                    self.report("\(Self.shown(member.name)) is the server's to say", at: place, remedy: "leave it out")
                } else {
                    self.reportUnknown(member.name, known: members.map(\.name), at: place)
                }
                continue
            }
            // As to the admin API, `null` is nothing.
            guard !member.value.isNull, !known.kind.admits(member.value) else { continue }
            let isQuotable = known.kind == .text && (member.value.boolValue != nil || member.value.numberValue != nil)
            self.report(
                "\(Self.kind(member.value)) where \(known.kind.rawValue) belongs", at: place,
                remedy: isQuotable ? "put it in quotes" : "write \(known.kind.example)")
        }
        for name in required where object[name].map({ $0.isNull || $0.stringValue == "" }) ?? true {
            self.report("the key `\(name)` is missing or empty", at: path, remedy: "write `\(name): …`")
        }
        return self.problems.count == before && before < Self.problemsMax ? object : nil
    }

    /// What only the admin API's own rules can tell, in its words.
    private mutating func holding(_ object: JSONObject, at path: [SeedProblem.Step], _ check: () throws -> Void) {
        do {
            _ = try JSONReader.read(JSONWriter.write(object), limits: JSONBody.limits)
        } catch {
            self.report("this is too large or too deep for the admin API", at: path, remedy: "write less")
            return
        }
        do {
            try check()
        } catch let error as HydraError {
            self.report("refused: \(error.description)", at: path, remedy: "write what the admin API takes")
        } catch {
            self.report("refused", at: path, remedy: "write what the admin API takes")
        }
    }

    /// - Parameter remedy: worked out only where the problem is kept.
    private mutating func report(
        _ message: String, at path: [SeedProblem.Step], remedy: @autoclosure () -> String, isAboutName: Bool = false
    ) {
        guard self.problems.count < Self.problemsMax else { return }
        self.problems.append(SeedProblem(path: path, message: message, remedy: remedy(), isAboutName: isAboutName))
    }

    private mutating func reportUnknown(_ name: String, known: [String], at path: [SeedProblem.Step]) {
        self.report(
            "unknown key \(Self.shown(name))", at: path, remedy: NearestWord.remedy(for: name, among: known),
            isAboutName: true)
    }

    /// As of a configuration: more is not read by anybody, and looking for what was meant takes its time each.
    private static let problemsMax = 1_000

    /// A key as a message may show it: what is no plain word may be a secret whose colon lacks its space.
    static func shown(_ name: String) -> String {
        NearestWord.isPlainWord(name) ? "`\(name)`" : "that is no plain word"
    }

    /// The same as a step of a path.
    static func bare(_ name: String) -> String { NearestWord.isPlainWord(name) ? name : "…" }

    private static func kind(_ value: JSONValue) -> String {
        switch value {
        case .null: "nothing"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "a mapping"
        }
    }
}
