/// A `Content-Type` value: its type in lower case and its parameters (RFC 9110 §8.3.1).
struct MediaTypeField: Sendable {
    let name: String
    let parameters: [String: String]

    init(_ value: String) {
        let parts = value.utf8.split(separator: UInt8(ascii: ";")).map { Substring($0).trimmingOptionalWhitespace }
        self.name = parts.first?.lowercased() ?? ""
        var parameters: [String: String] = [:]
        for part in parts.dropFirst() {
            guard let equals = part.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let value = part.utf8[part.utf8.index(after: equals)...]
            let quote = UInt8(ascii: "\"")
            let isQuoted = value.count >= 2 && value.first == quote && value.last == quote
            let name = String(Substring(part.utf8[..<equals])).lowercased()
            parameters[name] = String(Substring(isQuoted ? value.dropFirst().dropLast() : value))
        }
        self.parameters = parameters
    }
}

extension StringProtocol {
    var trimmingOptionalWhitespace: String {
        var rest = Substring(self).utf8
        while let first = rest.first, first == 0x20 || first == 0x09 { rest.removeFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        return String(Substring(rest))
    }
}
