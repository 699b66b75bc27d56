import OAuthModel
import TestSupport

/// How a row's bytes travel.
enum CorpusWay: String, Sendable, CaseIterable {
    /// As the row says, else at once.
    case plain
    /// One byte a segment for the first 2 KiB, then 1 KiB, without pause: TCP segmentation carries no meaning.
    case segmented
    /// With one more request right behind.
    case pipelined
}

/// What came of sending a row.
struct CorpusObservation: Sendable {
    var responses: [RawMessage] = []
    var interim: [Int] = []
    /// The proxy ended the connection, or said it would, before we did.
    var isClosedByProxy = false
    var tunnelBytes: [UInt8] = []
    var timedOut = false
    var nonsense: String?
}

/// Sends a row and reads whatever comes back, to the connection's end.
struct CorpusClient {
    let row: CorpusRow
    let way: CorpusWay

    static let extraTarget = "/public/two"
    static let extra = Array("GET \(Self.extraTarget) HTTP/1.1\r\nHost: api.test\r\n\r\n".utf8)
    /// The fixture's head deadline is 10 s, as is the window in which a body's rate is measured; a busy machine has
    /// its share of the rest.
    static let patience = 30.0

    func run(on proxy: ProxyUnderTest) throws -> CorpusObservation {
        let connection = try proxy.connect()
        defer { connection.close() }
        var seen = CorpusObservation()
        do {
            try self.send(on: connection, &seen)
            try self.read(from: connection, &seen)
        } catch is TimedOut {
            seen.timedOut = true
        } catch {
            seen.nonsense = "\(error)"
        }
        return seen
    }

    // MARK: Sending

    private func send(on connection: RawHTTPConnection, _ seen: inout CorpusObservation) throws {
        let send = self.row.send
        if let size = send["chunk_bytes"].int {
            self.send(self.row.raw, inPiecesOf: { _ in size }, pause: send["pause_ms"].int ?? 0, on: connection)
        } else if send["split_after"] != .null {
            for piece in self.row.raw.split(after: 13) {
                connection.send(piece)
                connection.pollOnce(seconds: Double(send["pause_ms"].int ?? 0) / 1_000)
            }
        } else if send["wait_for_100_before_body"].bool {
            let head = self.row.raw.firstIndex(ofHeadEnd: ()) ?? self.row.raw.count
            connection.send(self.row.raw[..<head])
            let interim = try connection.readResponse(until: .after(seconds: Self.patience))
            seen.interim.append(interim?.status ?? 0)
            connection.send(self.row.raw[head...])
        } else if let pause = send["drip_ms"].int {
            connection.send(self.row.raw)
            let deadline = Deadline.after(seconds: Double(send["for_ms"].int ?? 0) / 1_000)
            while !deadline.isPassed, connection.end == nil, !connection.hasUnread {
                connection.send("x")
                connection.pollOnce(seconds: Double(pause) / 1_000)
            }
        } else if self.way == .segmented {
            self.send(self.row.raw, inPiecesOf: { $0 < 2_048 ? 1 : 1_024 }, pause: 0, on: connection)
        } else {
            connection.send(self.way == .pipelined ? self.row.raw + Self.extra : self.row.raw)
        }
        if send["half_close"].bool { connection.finishWriting() }
    }

    private func send(
        _ bytes: [UInt8], inPiecesOf size: (Int) -> Int, pause: Int, on connection: RawHTTPConnection
    ) {
        var offset = 0
        while offset < bytes.count, connection.end == nil {
            let end = min(bytes.count, offset + size(offset))
            guard connection.send(bytes[offset..<end]) == end - offset else { return }
            if pause > 0 { connection.pollOnce(seconds: Double(pause) / 1_000) }
            offset = end
        }
    }

    // MARK: Reading

    private func read(from connection: RawHTTPConnection, _ seen: inout CorpusObservation) throws {
        let deadline = Deadline.after(seconds: Self.patience)
        let wanted = (self.row.main.responseCount ?? 1) + (self.way == .pipelined ? 1 : 0)
        var isWritingFinished = false
        while let response = try connection.readResponse(
            to: seen.responses.isEmpty ? self.row.method : "GET", until: deadline)
        {
            if response.status == 101 {
                seen.responses.append(response)
                if self.way == .pipelined { seen.tunnelBytes = try connection.read(exactly: Self.extra.count) }
                connection.finishWriting()
                seen.tunnelBytes += try connection.readToEnd(until: deadline)
                return
            }
            if response.status < 200 {
                seen.interim.append(response.status)
                continue
            }
            seen.responses.append(response)
            if response.isClosing { seen.isClosedByProxy = true }
            if !seen.isClosedByProxy, seen.responses.count >= wanted, !isWritingFinished {
                isWritingFinished = true
                connection.finishWriting()
            }
        }
        if !isWritingFinished { seen.isClosedByProxy = true }
    }
}

extension [UInt8] {
    fileprivate func split(after mark: UInt8) -> [[UInt8]] {
        var pieces: [[UInt8]] = [[]]
        for byte in self {
            pieces[pieces.count - 1].append(byte)
            if byte == mark { pieces.append([]) }
        }
        return pieces.filter { !$0.isEmpty }
    }

    fileprivate func firstIndex(ofHeadEnd: ()) -> Int? {
        self.indices.first { $0 >= 4 && Array(self[($0 - 4)..<$0]) == [13, 10, 13, 10] }
    }
}
