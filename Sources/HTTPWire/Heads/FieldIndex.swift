/// Where one field line lies, and what it is.
@usableFromInline package struct HeadField: Sendable, Hashable {
    @usableFromInline package var name: ByteRange
    /// The value without the whitespace around it (OWS, RFC 9112 §5.1).
    @usableFromInline package var value: ByteRange
    /// The whole line, its CRLF included: what is copied when a field is passed on as it came.
    @usableFromInline package var line: ByteRange
    @usableFromInline package var kind: FieldKind
    /// The name is made of letters, digits and hyphens only, so it *is* what its kind says and does not merely fold to it.
    @usableFromInline package var isSpeltExactly: Bool

    @inlinable
    package init(name: ByteRange, value: ByteRange, line: ByteRange, kind: FieldKind, isSpeltExactly: Bool) {
        self.name = name
        self.value = value
        self.line = line
        self.kind = kind
        self.isSpeltExactly = isSpeltExactly
    }
}

/// The fields of a head or a trailer section, in the order they came, with what occurs in them as three words.
@usableFromInline package struct FieldIndex: Sendable {
    @usableFromInline package private(set) var all: [HeadField] = []
    /// Kinds that occur under their real name.
    @usableFromInline package private(set) var kinds: FieldKindSet = []
    /// Kinds that occur more than once under their real name.
    @usableFromInline package private(set) var repeated: FieldKindSet = []
    /// Kinds that occur under a name that only folds to theirs (`Content_Length`).
    @usableFromInline package private(set) var lookalikes: FieldKindSet = []

    package init() {}

    /// Forgets the fields and keeps the memory.
    package mutating func removeAll() {
        self.all.removeAll(keepingCapacity: true)
        self.kinds = []
        self.repeated = []
        self.lookalikes = []
    }

    @inline(__always)
    mutating func append(_ field: HeadField) {
        self.all.append(field)
        if field.isSpeltExactly {
            if self.kinds.contains(field.kind) { self.repeated.insert(field.kind) }
            self.kinds.insert(field.kind)
        } else {
            self.lookalikes.insert(field.kind)
        }
    }

    /// The first field that really has this kind's name; look-alikes are passed over.
    @inlinable
    package func first(of kind: FieldKind) -> HeadField? {
        guard self.kinds.contains(kind) else { return nil }
        for index in 0..<self.all.count where self.all[index].kind == kind && self.all[index].isSpeltExactly {
            return self.all[index]
        }
        return nil
    }

    /// The only field of this kind; nil when there is none or more than one.
    @inlinable
    package func only(_ kind: FieldKind) -> HeadField? {
        self.repeated.contains(kind) ? nil : self.first(of: kind)
    }
}
