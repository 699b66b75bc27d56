/// What the parser found in a response head, as ranges into its bytes; holds no byte itself.
@usableFromInline package struct ResponseHeadIndex: Sendable {
    /// 100 to 599.
    @usableFromInline package internal(set) var status: UInt16 = 0
    /// The reason phrase, possibly empty.
    @usableFromInline package internal(set) var reasonRange = ByteRange.empty
    @usableFromInline package internal(set) var minorVersion: UInt8 = 1
    @usableFromInline package internal(set) var fieldIndex = FieldIndex()
    /// What the framing fields say; what holds for this response depends on the request: see `framing(for:)`.
    @usableFromInline package internal(set) var statedFraming: BodyFraming?
    @usableFromInline package internal(set) var connection: ConnectionOptions = []
    /// How many bytes the head takes, its last CRLF included.
    @usableFromInline package internal(set) var byteCount = 0

    package init() {}

    /// The fields in the order they came.
    @inlinable package var fields: [HeadField] { self.fieldIndex.all }
    /// The kinds that occur under their real name.
    @inlinable package var kinds: FieldKindSet { self.fieldIndex.kinds }

    /// An answer before the final one (RFC 9110 §15.2); 101 is the last word in HTTP and does not count.
    @inlinable package var isInterim: Bool { self.status < 200 && self.status != 101 }

    /// Whether the sender will take another request on this connection (RFC 9112 §9.3).
    ///
    /// A response that ends with the connection (`untilClose`) rules it out whatever is said here.
    @inlinable package var keepsAlive: Bool {
        if self.connection.contains(.close) { return false }
        return self.minorVersion >= 1 || self.connection.contains(.keepAlive)
    }

    /// Where the content ends in the answer to such a request (RFC 9112 §6.3).
    @inlinable
    package func framing(for requestMethod: Method) -> BodyFraming {
        if requestMethod == .head || self.status < 200 || self.status == 204 || self.status == 304 { return .none }
        if requestMethod == .connect && self.status < 300 { return .none }
        return self.statedFraming ?? .untilClose
    }

    /// Whether the head announces content that this response cannot have: as any answer to HEAD may, and 304 (RFC 9110
    /// §8.6), while 1xx and 204 must not (RFC 9112 §6.1).
    ///
    /// A sender that does not know the rule sends the content too, perhaps a while later.
    package func announcesForbiddenContent(for requestMethod: Method) -> Bool {
        guard self.framing(for: requestMethod) == .none, let stated = self.statedFraming else { return false }
        return stated.hasContent
    }

    /// Forgets the head and keeps the memory of its fields.
    mutating func reset() {
        self.fieldIndex.removeAll()
        self.reasonRange = .empty
        self.statedFraming = nil
        self.connection = []
        self.byteCount = 0
    }
}

/// A response head: its bytes and the index over them; see `RequestHead`.
@usableFromInline package struct ResponseHead: ~Escapable {
    @usableFromInline package let bytes: Span<UInt8>
    @usableFromInline package let index: ResponseHeadIndex

    /// The index must be the one that a parser made over these bytes.
    @inlinable
    @_lifetime(copy bytes)
    package init(bytes: Span<UInt8>, index: ResponseHeadIndex) {
        self.bytes = bytes
        self.index = index
    }

    @inlinable package var status: UInt16 { self.index.status }
    @inlinable package var fields: [HeadField] { self.index.fieldIndex.all }
    @inlinable package var keepsAlive: Bool { self.index.keepsAlive }

    @inlinable package var reason: Span<UInt8> {
        @_lifetime(copy self) get { self.bytes.slice(self.index.reasonRange) }
    }

    @inlinable
    package func framing(for requestMethod: Method) -> BodyFraming { self.index.framing(for: requestMethod) }

    @inlinable
    @_lifetime(copy self)
    package func name(_ field: HeadField) -> Span<UInt8> { self.bytes.slice(field.name) }

    @inlinable
    @_lifetime(copy self)
    package func value(_ field: HeadField) -> Span<UInt8> { self.bytes.slice(field.value) }

    @inlinable
    @_lifetime(copy self)
    package func line(_ field: HeadField) -> Span<UInt8> { self.bytes.slice(field.line) }

    /// The first field that really has this kind's name.
    @inlinable
    package func first(of kind: FieldKind) -> HeadField? { self.index.fieldIndex.first(of: kind) }

    /// Whether a `Connection` field names this field, so that it must not be passed on (RFC 9110 §7.6.1).
    package func nominates(_ field: HeadField) -> Bool {
        guard self.index.connection.contains(.nominations) else { return false }
        return self.index.fieldIndex.nominates(self.name(field), in: self.bytes)
    }
}
