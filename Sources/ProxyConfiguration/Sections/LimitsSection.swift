import ProxyCore

/// `limits`: what one client may send (ARCHITECTURE §6); an upstream's answer whose head, chunk lines or trailers are beyond
/// them is a 502.
package struct LimitsSection: ConfigurationSection {
    package static let title = "limits"

    /// A whole message head.
    /// - `limits.head` (size, optional, default: 64KiB, range: 1KiB…1MiB): beyond it 431.
    static let head = ConfigurationKey.defaulted("head", .size(1_024...(1 << 20)), "64KiB", "A whole message head.")
    /// One field line.
    /// - `limits.field` (size, optional, default: 16KiB, range: 256B…1MiB): beyond it 431.
    static let field = ConfigurationKey.defaulted("field", .size(256...(1 << 20)), "16KiB", "One field line.")
    /// Field lines of a head.
    /// - `limits.fields` (integer, optional, default: 100, range: 1…1000): beyond it 431.
    static let fields = ConfigurationKey.defaulted("fields", .integer(1...1_000), "100", "Field lines of a head.")
    /// The request target.
    /// - `limits.target` (size, optional, default: 8KiB, range: 64B…1MiB): beyond it 414.
    static let target = ConfigurationKey.defaulted("target", .size(64...(1 << 20)), "8KiB", "The request target.")
    /// A bearer token.
    /// - `limits.token` (size, optional, default: 8KiB, range: 16B…64KiB): beyond it 400.
    static let token = ConfigurationKey.defaulted("token", .size(16...(64 << 10)), "8KiB", "A bearer token.")
    /// A request body.
    /// - `limits.body` (size or `none`, optional, default: none, range: 0B…1048576GiB): beyond it 413.
    static let body = ConfigurationKey.defaulted("body", .sizeOrNone(0...(1 << 50)), "none", "A request body.")
    /// Clients' connections open at once.
    /// - `limits.connections` (integer, optional, default: 20000, range: 1…1000000)
    static let connections = ConfigurationKey.defaulted(
        "connections", .integer(1...1_000_000), "20000", "Clients' connections open at once.")
    /// Empty lines before a request line.
    /// - `limits.empty_lines` (integer, optional, default: 2, range: 0…16)
    static let emptyLines = ConfigurationKey.defaulted(
        "empty_lines", .integer(0...16), "2", "Empty lines before a request line.")
    /// A chunk's size with its extensions.
    /// - `limits.chunk_line` (size, optional, default: 4KiB, range: 16B…64KiB)
    static let chunkLine = ConfigurationKey.defaulted(
        "chunk_line", .size(16...(64 << 10)), "4KiB", "A chunk's size with its extensions.")
    /// A trailer section.
    /// - `limits.trailers` (size, optional, default: 8KiB, range: 2B…64KiB)
    static let trailers = ConfigurationKey.defaulted("trailers", .size(2...(64 << 10)), "8KiB", "A trailer section.")
    /// Field lines of a trailer section.
    /// - `limits.trailer_fields` (integer, optional, default: 32, range: 0…1000)
    static let trailerFields = ConfigurationKey.defaulted(
        "trailer_fields", .integer(0...1_000), "32", "Field lines of a trailer section.")

    package static let keys: [any ConfigurationKeyDescription] = [
        head, field, fields, target, token, body, connections, emptyLines,
        chunkLine, trailers, trailerFields,
    ]

    let head: Written<Int>
    let field: Written<Int>
    let fields: Written<Int>
    let target: Written<Int>
    let token: Written<Int>
    let body: Written<UInt64?>
    let connections: Written<Int>
    let emptyLines: Written<Int>
    let chunkLine: Written<Int>
    let trailers: Written<Int>
    let trailerFields: Written<Int>

    package init(reading reader: SectionReader) {
        self.head = reader.value(Self.head)
        self.field = reader.value(Self.field)
        self.fields = reader.value(Self.fields)
        self.target = reader.value(Self.target)
        self.token = reader.value(Self.token)
        self.body = reader.value(Self.body)
        self.connections = reader.value(Self.connections)
        self.emptyLines = reader.value(Self.emptyLines)
        self.chunkLine = reader.value(Self.chunkLine)
        self.trailers = reader.value(Self.trailers)
        self.trailerFields = reader.value(Self.trailerFields)
    }
}

/// `timeouts`: how long a client may take, and how the process ends (SPEC §9).
package struct TimeoutsSection: ConfigurationSection {
    package static let title = "timeouts"

    /// How long a request head may take from its first byte, and a new connection until that byte.
    /// - `timeouts.head` (duration, optional, default: 10s, range: 100ms…5m): then 408; who never said a word is closed
    ///   without one.
    static let head = ConfigurationKey.defaulted(
        "head", .duration(.milliseconds(100) ... .seconds(300)), "10s", "How long a request head may take.")
    /// How long a connection may wait between requests.
    /// - `timeouts.idle` (duration, optional, default: 60s, range: 100ms…1h): then it is closed.
    static let idle = ConfigurationKey.defaulted(
        "idle", .duration(.milliseconds(100) ... .seconds(3_600)), "60s",
        "How long a connection waits between requests.")
    /// How long everything is served as before after SIGTERM, while `readyz` says no.
    /// - `timeouts.drain_delay` (duration, optional, default: 5s, range: 0s…10m)
    static let drainDelay = ConfigurationKey.defaulted(
        "drain_delay", .duration(0 ... .seconds(600)), "5s", "How long all is served as before after SIGTERM.")
    /// How long what is in flight may go on after that.
    /// - `timeouts.drain` (duration, optional, default: 30s, range: 0s…1h): the rest is cut.
    static let drain = ConfigurationKey.defaulted(
        "drain", .duration(0 ... .seconds(3_600)), "30s", "How long what is in flight may go on after that.")

    package static let keys: [any ConfigurationKeyDescription] = [head, idle, drainDelay, drain]

    let head: Written<Nanoseconds>
    let idle: Written<Nanoseconds>
    let drainDelay: Written<Nanoseconds>
    let drain: Written<Nanoseconds>

    package init(reading reader: SectionReader) {
        self.head = reader.value(Self.head)
        self.idle = reader.value(Self.idle)
        self.drainDelay = reader.value(Self.drainDelay)
        self.drain = reader.value(Self.drain)
    }
}
