package import HTTPWire

/// What one client may cost: sizes and counts (SPEC §3 `limits`).
package struct Limits: Sendable, Equatable {
    package var head: HeadLimits
    /// Bytes of a bearer token.
    package var token: Int
    /// Bytes of a request body; nil: no limit.
    package var body: UInt64?
    package var connections: Int

    package init(head: HeadLimits = HeadLimits(), token: Int = 8_192, body: UInt64? = nil, connections: Int = 20_000) {
        self.head = head
        self.token = token
        self.body = body
        self.connections = connections
    }

    /// From single numbers, for rooms that do not know the wire; nil: the wire's default.
    package init(
        headBytes: Int?, fieldBytes: Int?, fields: Int?, targetBytes: Int?, emptyLines: Int?, chunkLineBytes: Int?,
        trailersBytes: Int?, trailerFields: Int?, token: Int, body: UInt64?, connections: Int
    ) {
        var head = HeadLimits()
        head.head = headBytes ?? head.head
        head.field = fieldBytes ?? head.field
        head.fields = fields ?? head.fields
        head.target = targetBytes ?? head.target
        head.emptyLines = emptyLines ?? head.emptyLines
        head.chunkLine = chunkLineBytes ?? head.chunkLine
        head.trailers = trailersBytes ?? head.trailers
        head.trailerFields = trailerFields ?? head.trailerFields
        self.init(head: head, token: token, body: body, connections: connections)
    }
}

/// How long a client may take (SPEC §3 `timeouts`).
package struct Timeouts: Sendable, Equatable {
    package var head: Nanoseconds = .seconds(10)
    /// Between requests.
    package var idle: Nanoseconds = .seconds(60)
    package var drainDelay: Nanoseconds = .seconds(5)
    package var drain: Nanoseconds = .seconds(30)
    package init() {}
}
