/// The scopes of a token as they stand in its claims: no text of their own, so that a cached token holds them once.
package struct ScopeWords: Sendable {
    /// Where each of them is among the octets of the claims, in the order given.
    ///
    /// The first two stand apart: most tokens have no more, and looking at a list of its own for them is one more place in
    /// memory on every request.
    private var first = UInt32(0)..<0
    private var second = UInt32(0)..<0
    private var others: [Range<UInt32>] = []
    package private(set) var count = 0

    /// The scopes of a claim: a string is split at U+0020, a list has one scope an element; anything else grants nothing.
    ///
    /// Words that are no `scope-token` (RFC 6749 §3.3) are left out: they satisfy no rule.
    package init(of place: JSONDocument.Place?, in document: borrowing JSONDocument) {
        guard let place else { return }
        if document.isString(place) {
            self.split(document.range(of: place), of: document)
        } else if document.isListOfStrings(place) {
            var contents = document.contents(of: place)
            while let element = contents.nextElement(in: document) {
                self.add(document.range(of: element), of: document)
            }
        }
    }

    /// What they occupy in memory besides the claims.
    package var footprint: Int { self.others.isEmpty ? 0 : 32 + 8 * self.others.capacity }

    /// Whether exactly this scope is among them.
    package func contains(_ wanted: Span<UInt8>, in document: borrowing JSONDocument) -> Bool {
        for index in 0..<self.count where self.word(index, in: document).hasSameOctets(as: wanted) { return true }
        return false
    }

    /// Whether one of them covers the wanted scope: what is granted word for word is covered under every strategy.
    package func cover(
        _ wanted: Span<UInt8>, by strategy: ScopeStrategy, in document: borrowing JSONDocument
    ) -> Bool {
        if self.contains(wanted, in: document) { return true }
        guard strategy != .exact else { return false }
        for index in 0..<self.count where strategy.covers(self.word(index, in: document), wanted: wanted) {
            return true
        }
        return false
    }

    /// One of them; 0 is the first that was given.
    @_lifetime(borrow document)
    package func word(_ index: Int, in document: borrowing JSONDocument) -> Span<UInt8> {
        let word =
            switch index {
            case 0: self.first
            case 1: self.second
            default: self.others[index - 2]
            }
        return document.octets.span.extracting(Int(word.lowerBound)..<Int(word.upperBound))
    }

    private mutating func split(_ range: Range<Int>, of document: borrowing JSONDocument) {
        let octets = document.octets.span
        var start = range.lowerBound
        for index in range where octets[index] == 0x20 {
            self.add(start..<index, of: document)
            start = index + 1
        }
        self.add(start..<range.upperBound, of: document)
    }

    private mutating func add(_ range: Range<Int>, of document: borrowing JSONDocument) {
        guard Scope.isScopeToken(document.octets.span.extracting(range)) else { return }
        let word = UInt32(range.lowerBound)..<UInt32(range.upperBound)
        switch self.count {
        case 0: self.first = word
        case 1: self.second = word
        default: self.others.append(word)
        }
        self.count += 1
    }
}
