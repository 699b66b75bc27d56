package struct RawField: Sendable, Equatable, CustomStringConvertible {
    package let name: String
    package let value: [UInt8]
    package var text: String { String(decoding: self.value, as: UTF8.self) }
    package var description: String { "\(self.name): \(self.text)" }
}

/// An HTTP/1.1 message as it stood on the wire, read by code that shares nothing with the proxy's.
package struct RawMessage: Sendable, CustomStringConvertible {
    package var startLine = ""
    package var fields: [RawField] = []
    package var body: [UInt8] = []
    package var trailers: [RawField] = []
    /// The body's end was seen where its framing says it is.
    package var isComplete = false

    package var status: Int { self.word(1).flatMap { Int($0) } ?? 0 }
    package var method: String { self.word(0) ?? "" }
    package var target: String { self.word(1) ?? "" }
    package var text: String { String(decoding: self.body, as: UTF8.self) }

    private func word(_ index: Int) -> String? {
        let words = self.startLine.split(separator: " ", omittingEmptySubsequences: false)
        return index < words.count ? String(words[index]) : nil
    }

    package func values(_ name: String) -> [String] { Self.values(name, in: self.fields) }
    package func value(_ name: String) -> String? { self.values(name).first }
    package func trailerValues(_ name: String) -> [String] { Self.values(name, in: self.trailers) }

    private static func values(_ name: String, in fields: [RawField]) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.text)
    }

    package var isClosing: Bool {
        let options = self.values("connection").joined(separator: ",").lowercased()
        if options.contains("close") { return true }
        return self.startLine.contains("HTTP/1.0") && !options.contains("keep-alive")
    }

    package var description: String {
        let head = [self.startLine] + self.fields.map(\.description)
        let state = self.isComplete ? "" : " (cut)"
        return head.joined(separator: "\n") + "\n[\(self.body.count) bytes\(state)]"
            + self.trailers.map { "\n" + $0.description }.joined()
    }
}

/// Takes messages from a stream of bytes; `pull` adds to the buffer or tells that no more comes.
package struct MessageReader {
    package private(set) var buffer: [UInt8] = []

    package init(_ bytes: [UInt8] = []) { self.buffer = bytes }

    package enum Trouble: Error { case end, nonsense(String) }

    mutating func append(_ bytes: [UInt8]) { self.buffer.append(contentsOf: bytes) }
    mutating func takeAll() -> [UInt8] {
        defer { self.buffer = [] }
        return self.buffer
    }

    /// Start line and fields; nil at the end of the stream.
    package mutating func readHead(_ pull: () -> [UInt8]?) throws -> RawMessage? {
        var searched = 0
        while true {
            if let end = Self.endOfHead(self.buffer, from: max(0, searched - 3)) {
                let head = Array(self.buffer[..<end])
                self.buffer.removeFirst(end)
                return try Self.parse(head)
            }
            searched = self.buffer.count
            guard let more = pull() else {
                if self.buffer.isEmpty { return nil }
                throw Trouble.end
            }
            self.buffer.append(contentsOf: more)
        }
    }

    private static func endOfHead(_ bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return bytes.withUnsafeBufferPointer { bytes in
            var index = start
            while index + 3 < bytes.count {
                if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 {
                    return index + 4
                }
                index += 1
            }
            return nil
        }
    }

    private static func parse(_ head: [UInt8]) throws -> RawMessage {
        var message = RawMessage()
        var lines = Self.lines(head[...])
        message.startLine = String(decoding: lines.removeFirst(), as: UTF8.self)
        message.fields = try Self.fields(lines)
        return message
    }

    private static func lines(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        var index = start
        while index < bytes.endIndex {
            if bytes[index] == 10 {
                let end = index > start && bytes[index - 1] == 13 ? index - 1 : index
                if end > start { lines.append(bytes[start..<end]) }
                start = index + 1
            }
            index += 1
        }
        return lines
    }

    private static func fields(_ lines: [ArraySlice<UInt8>]) throws -> [RawField] {
        try lines.map { line in
            guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex else {
                throw Trouble.nonsense(String(decoding: line, as: UTF8.self))
            }
            let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
            var value = line[(colon + 1)...].drop(while: isSpace)
            while let last = value.last, isSpace(last) { value = value.dropLast() }
            return RawField(name: String(decoding: line[..<colon], as: UTF8.self), value: Array(value))
        }
    }

    /// Reads the body behind `message`'s head into it; it stays incomplete when the stream ends before it does.
    package mutating func readBody(
        into message: inout RawMessage, isResponse: Bool, hasNoBody: Bool = false, _ pull: () -> [UInt8]?
    ) throws {
        if hasNoBody {
            message.isComplete = true
        } else if message.values("transfer-encoding").joined().lowercased().contains("chunked") {
            try self.readChunks(into: &message, pull)
        } else if let length = message.value("content-length").flatMap({ Int($0) }) {
            while message.body.count < length {
                guard self.fill(1, pull) else { return }
                let count = min(self.buffer.count, length - message.body.count)
                message.body.append(contentsOf: self.buffer[..<count])
                self.buffer.removeFirst(count)
            }
            message.isComplete = true
        } else if isResponse {
            while let more = self.buffer.isEmpty ? pull() : self.takeAll() { message.body.append(contentsOf: more) }
            message.isComplete = true
        } else {
            message.isComplete = true
        }
    }

    private mutating func readChunks(into message: inout RawMessage, _ pull: () -> [UInt8]?) throws {
        while true {
            guard let line = self.line(pull) else { return }
            let digits = line.prefix { $0 != 0x3B && $0 != 0x20 }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else {
                throw Trouble.nonsense("chunk size \(String(decoding: line, as: UTF8.self))")
            }
            guard size > 0 else { break }
            guard self.fill(size + 2, pull) else {
                message.body.append(contentsOf: self.buffer.prefix(size))
                return
            }
            message.body.append(contentsOf: self.buffer[..<size])
            guard self.buffer[size] == 13, self.buffer[size + 1] == 10 else { throw Trouble.nonsense("chunk end") }
            self.buffer.removeFirst(size + 2)
        }
        var lines: [ArraySlice<UInt8>] = []
        while true {
            guard let line = self.line(pull) else { return }
            if line.isEmpty { break }
            lines.append(line[...])
        }
        message.trailers = try Self.fields(lines)
        message.isComplete = true
    }

    private mutating func fill(_ count: Int, _ pull: () -> [UInt8]?) -> Bool {
        while self.buffer.count < count {
            guard let more = pull() else { return false }
            self.buffer.append(contentsOf: more)
        }
        return true
    }

    private mutating func line(_ pull: () -> [UInt8]?) -> [UInt8]? {
        while true {
            if let end = self.buffer.firstIndex(of: 10) {
                let line = self.buffer[..<end]
                self.buffer.removeFirst(end + 1)
                return Array(line.last == 13 ? line.dropLast() : line)
            }
            guard let more = pull() else { return nil }
            self.buffer.append(contentsOf: more)
        }
    }
}
