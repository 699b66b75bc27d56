/// A `Content-Type` value: its type in lower case and its parameters (RFC 9110 §8.3.1).
struct MediaTypeField: Sendable {
    let name: String
    let parameters: [String: String]

    init(_ value: String) {
        let parts = value.split(separator: ";").map { $0.trimmingOptionalWhitespace }
        self.name = parts.first?.lowercased() ?? ""
        var parameters: [String: String] = [:]
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let value = part[part.index(after: equals)...]
            let isQuoted = value.count >= 2 && value.hasPrefix("\"") && value.hasSuffix("\"")
            parameters[part[..<equals].lowercased()] = String(isQuoted ? value.dropFirst().dropLast() : value)
        }
        self.parameters = parameters
    }
}

extension StringProtocol {
    var trimmingOptionalWhitespace: String {
        let head = self.drop { $0 == " " || $0 == "\t" }
        return String(head.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
