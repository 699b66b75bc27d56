import DevAuthorizationServer
import OAuthModel
import ProxyConfiguration

/// What a development server begins with, from a YAML file: `clients`, `users` and `trusted_issuers`.
///
/// Read as strictly as the proxy's configuration: its problems at once, of each client or issuer the first rule that it
/// breaks, each with its line, and nothing stored.
struct SeedFile: Sendable {
    /// Nil when the file names none.
    let users: [DevAuthorizationServer.User]?
    /// All but the users.
    let document: JSONObject

    init(path: String) throws(ConfigurationProblems) {
        let problems = ProblemCollector(file: path)
        let bytes: [UInt8]
        do throws(ConfigurationFiles.Failure) {
            bytes = try ConfigurationFiles.read(path, bytesMax: YAMLText.bytesMax, takesPipe: true)
        } catch {
            problems.error("the seed \(error.summary)", at: .start, remedy: "name a file that can be read")
            throw ConfigurationProblems(problems.problems, isUnreadable: true)
        }
        try self.init(bytes: bytes, problems: problems)
    }

    private init(bytes: [UInt8], problems: ProblemCollector) throws(ConfigurationProblems) {
        let root = YAMLText.read(bytes, advice: Self.advice, problems: problems)
        guard let root, case .mapping(let members) = root.content else {
            if let root { problems.error("the seed is no mapping", at: root.position, remedy: Self.advice.beginning) }
            throw ConfigurationProblems(problems.problems)
        }
        guard Self.isReasonable(root, problems) else { throw ConfigurationProblems(problems.problems) }
        Self.reportMissingValues(root, problems)
        var document = JSONObject()
        for member in members { document[member.key] = Self.value(of: member.value) }
        let check = SeedCheck(document, hasUsers: true)
        for problem in check.problems {
            problems.error(problem.message, at: Self.position(of: problem, in: root), remedy: problem.remedy)
        }
        guard !problems.hasErrors else { throw ConfigurationProblems(problems.problems) }
        self.users = check.users
        document["users"] = nil
        self.document = document
    }

    private static let advice = YAMLText.Advice(
        beginning: "begin with `clients:`, `users:` or `trusted_issuers:`", sharing: "write it out for each")

    /// The key, where the key is wrong; else the value; else the nearest that holds it.
    private static func position(of problem: SeedProblem, in root: ConfigurationNode) -> Position {
        var node = root
        var position = root.position
        for step in problem.path {
            switch (step, node.content) {
            case (.member(let name), .mapping(let members)):
                guard let member = members.first(where: { $0.key.utf8.elementsEqual(name.utf8) }) else {
                    return position
                }
                node = member.value
                position = problem.isAboutName ? member.keyPosition : node.position
            case (.element(let index), .list(let items)) where items.indices.contains(index):
                node = items[index]
                position = node.position
            default:
                return position
            }
        }
        return position
    }

    /// Members are found one by one, so that a mapping with very many would be read for minutes.
    private static func isReasonable(_ node: ConfigurationNode, _ problems: ProblemCollector) -> Bool {
        switch node.content {
        case .scalar: return true
        case .list(let items): return items.allSatisfy { self.isReasonable($0, problems) }
        case .mapping(let members):
            guard members.count <= self.membersMax else {
                problems.error(
                    "this mapping has \(members.count) keys", at: node.position,
                    remedy: "at most \(self.membersMax) are read")
                return false
            }
            return members.allSatisfy { self.isReasonable($0.value, problems) }
        }
    }

    /// A client has about fifty members; metadata and claims are whatever somebody likes to write by hand.
    private static let membersMax = 1_000

    /// Nothing behind the colon is a slip of the pen; `null` says that nothing is meant.
    private static func reportMissingValues(_ node: ConfigurationNode, _ problems: ProblemCollector) {
        switch node.content {
        case .scalar: break
        case .list(let items): for item in items { self.reportMissingValues(item, problems) }
        case .mapping(let members):
            for member in members {
                if case .scalar("", isPlain: true) = member.value.content {
                    problems.error(
                        "this key has no value", at: member.keyPosition, remedy: "write a value or leave the key out")
                }
                self.reportMissingValues(member.value, problems)
            }
        }
    }

    /// Values as JSON has them: what is quoted is text, and so is all that is neither a number nor one of three words.
    private static func value(of node: ConfigurationNode) -> JSONValue {
        switch node.content {
        case .scalar(let text, isPlain: false): .string(text)
        case .scalar("", _), .scalar("~", _), .scalar("null", _): .null
        case .scalar("true", _): true
        case .scalar("false", _): false
        case .scalar(let text, _): JSONNumber(text).map { .number($0) } ?? .string(text)
        case .list(let items): .array(items.map { self.value(of: $0) })
        case .mapping(let members):
            .object(
                members.reduce(into: JSONObject()) { object, member in
                    object[member.key] = self.value(of: member.value)
                })
        }
    }
}
