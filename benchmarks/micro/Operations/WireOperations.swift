import HTTPWire

/// Reading heads: the parser of a connection, used again for each message.
enum WireOperations {
    static func all() throws -> [Operation] {
        let request = try World.request(token: World.opaqueToken(17)).bytes
        var requests = RequestHeadParser(limits: HeadLimits())
        let response = [UInt8](
            ("HTTP/1.1 200 OK\r\nServer: upstream\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
                + "ETag: \"33a64df5\"\r\nContent-Length: 1024\r\n\r\n").utf8)
        var responses = ResponseHeadParser(limits: HeadLimits())
        return [
            Operation("HTTPWire.requestHead") { count in
                var good = 0
                for _ in 0..<count {
                    requests.reset()
                    if try requests.parse(request.span) == .complete, requests.index.byteCount == request.count {
                        good += 1
                    }
                }
                return good
            },
            Operation("HTTPWire.responseHead") { count in
                var good = 0
                for _ in 0..<count {
                    responses.reset()
                    if try responses.parse(response.span) == .complete, responses.index.byteCount == response.count {
                        good += 1
                    }
                }
                return good
            },
        ]
    }
}
