import HTTPWire

/// The requests in a stream of bytes: what a client has asked, or what an upstream was asked.
struct RequestStream {
    struct Request {
        let method: Method
        let path: [UInt8]
        let fields: [(name: String, kind: FieldKind, value: [UInt8])]
        let keepsAlive: Bool
        let asksForUpgrade: Bool
        var content: [UInt8] = []
        /// Its content lies whole in the stream.
        var isWhole = false
    }

    enum Ending: Equatable {
        case finished
        /// The last head or content does not end within the stream.
        case incomplete
        case refused(WireError)
    }

    private(set) var requests: [Request] = []
    private(set) var ending = Ending.finished
    /// Where the last request ends that is whole.
    private(set) var byteCount = 0

    init(_ bytes: [UInt8], limits: HeadLimits) {
        while self.byteCount < bytes.count {
            var parser = RequestHeadParser(limits: limits)
            let rest = Array(bytes[self.byteCount...])
            do throws(WireError) {
                guard try parser.parse(rest.span) == .complete else {
                    self.ending = .incomplete
                    return
                }
                let index = parser.index
                self.requests.append(Request(index, rest))
                guard try self.takeContent(of: index, rest, limits) else {
                    self.ending = .incomplete
                    return
                }
            } catch {
                self.ending = .refused(error)
                return
            }
        }
    }

    private mutating func takeContent(
        of index: RequestHeadIndex, _ bytes: [UInt8], _ limits: HeadLimits
    ) throws(WireError) -> Bool {
        let last = self.requests.count - 1
        var position = index.byteCount
        switch index.framing {
        case .none: break
        case .length(let count):
            guard count <= UInt64(bytes.count - position) else {
                self.requests[last].content = Array(bytes[position...])
                return false
            }
            self.requests[last].content = Array(bytes[position..<(position + Int(count))])
            position += Int(count)
        case .chunked:
            let span = bytes.span
            var decoder = ChunkedDecoder(limits: limits)
            while !decoder.isComplete {
                let (event, consumed) = try decoder.next(span, from: position)
                position += consumed
                switch event {
                case .data(let range): self.requests[last].content += bytes[range]
                case .needMore: return false
                case .end: break
                }
            }
        case .untilClose: end("finding: a request never ends with the connection")
        }
        self.requests[last].isWhole = true
        self.byteCount += position
        return true
    }
}

extension RequestStream.Request {
    init(_ index: RequestHeadIndex, _ bytes: [UInt8]) {
        self.method = index.method
        self.path = bytes[index.pathAndQuery]
        self.fields = index.fields.map { field in
            (String(decoding: bytes[field.name], as: UTF8.self).lowercased(), field.kind, bytes[field.value])
        }
        self.keepsAlive = index.keepsAlive
        self.asksForUpgrade = index.connection.contains(.upgrade)
    }

    func values(_ name: String) -> [[UInt8]] { self.fields.filter { $0.name == name }.map(\.value) }
}
