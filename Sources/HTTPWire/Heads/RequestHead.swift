/// What the parser found in a request head, as ranges into its bytes; holds no byte itself.
@usableFromInline package struct RequestHeadIndex: Sendable {
    @usableFromInline package internal(set) var method = Method.other
    @usableFromInline package internal(set) var methodRange = ByteRange.empty
    /// The whole target as it came.
    @usableFromInline package internal(set) var target = ByteRange.empty
    @usableFromInline package internal(set) var targetForm = TargetForm.origin
    /// Path and query; empty for authority-form, asterisk-form and an absolute-form that stops at the authority, where
    /// `/` is meant (RFC 9112 §3.2.1).
    @usableFromInline package internal(set) var pathAndQuery = ByteRange.empty
    /// The authority that the target URI has (RFC 9112 §3.3): the target's own, else the Host field's; nil only for
    /// HTTP/1.0 requests that say neither.
    @usableFromInline package internal(set) var authority: Authority?
    /// 0 or more; from 1 on it is served as HTTP/1.1 (RFC 9110 §2.5).
    @usableFromInline package internal(set) var minorVersion: UInt8 = 1
    @usableFromInline package internal(set) var fieldIndex = FieldIndex()
    /// Where the content ends; never `untilClose`.
    @usableFromInline package internal(set) var framing = BodyFraming.none
    @usableFromInline package internal(set) var connection: ConnectionOptions = []
    /// The client asked to be told before it sends its content, and there is content (RFC 9110 §10.1.1).
    @usableFromInline package internal(set) var expectsContinue = false
    /// How many bytes the head takes: empty lines before it and its last CRLF included.
    @usableFromInline package internal(set) var byteCount = 0

    package init() {}

    /// The fields in the order they came.
    @inlinable package var fields: [HeadField] { self.fieldIndex.all }
    /// The kinds that occur under their real name.
    @inlinable package var kinds: FieldKindSet { self.fieldIndex.kinds }

    /// Whether the connection may carry another request after this one (RFC 9112 §9.3).
    @inlinable package var keepsAlive: Bool {
        if self.connection.contains(.close) { return false }
        return self.minorVersion >= 1 || self.connection.contains(.keepAlive)
    }

    /// Forgets the head and keeps the memory of its fields.
    mutating func reset() {
        self.method = .other
        self.methodRange = .empty
        self.fieldIndex.removeAll()
        self.authority = nil
        self.framing = .none
        self.connection = []
        self.expectsContinue = false
        self.pathAndQuery = .empty
        self.byteCount = 0
    }
}

/// A request head: its bytes and the index over them.
///
/// A view: it cannot outlive the bytes, and making one copies no byte. Only a parser makes an index, so whoever holds
/// a head knows that it was unambiguous.
@usableFromInline package struct RequestHead: ~Escapable {
    @usableFromInline package let bytes: Span<UInt8>
    @usableFromInline package let index: RequestHeadIndex

    /// The index must be the one that a parser made over these bytes.
    @inlinable
    @_lifetime(copy bytes)
    package init(bytes: Span<UInt8>, index: RequestHeadIndex) {
        self.bytes = bytes
        self.index = index
    }

    @inlinable package var method: Method { self.index.method }
    @inlinable package var fields: [HeadField] { self.index.fieldIndex.all }
    @inlinable package var framing: BodyFraming { self.index.framing }
    @inlinable package var keepsAlive: Bool { self.index.keepsAlive }
    @inlinable package var expectsContinue: Bool { self.index.expectsContinue }

    @inlinable package var methodName: Span<UInt8> {
        @_lifetime(copy self) get { self.bytes.slice(self.index.methodRange) }
    }

    @inlinable package var target: Span<UInt8> {
        @_lifetime(copy self) get { self.bytes.slice(self.index.target) }
    }

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
}
