/// A JSON text laid out flat: its octets and a node for each value, two allocations whatever it holds.
///
/// For what is kept by the thousand, such as the claims of cached tokens: ``JSONValue`` takes an allocation for each name,
/// text, list and object, which is most of what reading an answer costs and several times its size.
package struct JSONDocument: Sendable {
    /// The text as it was read, and behind it the strings that were written with escapes.
    package let octets: [UInt8]
    private let nodes: [JSONNode]

    /// A value, by its place among the nodes; good for the document that named it.
    package struct Place: Sendable, Hashable {
        fileprivate let index: Int32
        fileprivate init(_ index: Int) { self.index = Int32(truncatingIfNeeded: index) }
    }

    /// Reads a text strictly, as ``JSONReader`` does.
    package init(reading text: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
        let cursor = try JSONCursor(reading: text.span, limits: limits)
        self.nodes = cursor.nodes
        self.octets = cursor.decoded.isEmpty ? text : text + cursor.decoded
    }

    /// Reads a text whose parts are judged one by one.
    ///
    /// An object below the outermost value that holds a member twice does not refuse the whole: it is noted in
    /// `ambiguous`, and nobody may look into it.
    package init(reading text: [UInt8], limits: JSONLimits, noting ambiguous: inout [Place]) throws(JSONError) {
        let cursor = try JSONCursor(reading: text.span, limits: limits, notesDuplicates: true)
        self.nodes = cursor.nodes
        self.octets = cursor.decoded.isEmpty ? text : text + cursor.decoded
        ambiguous = cursor.ambiguous.map { Place($0) }
    }

    /// The same value as an object's.
    package init(_ object: JSONObject) {
        var octets: [UInt8] = []
        var nodes: [JSONNode] = []
        Self.append(.object(object), to: &octets, &nodes)
        self.octets = octets
        self.nodes = nodes
    }

    /// The outermost value.
    package var root: Place { Place(0) }

    /// What it occupies in memory.
    package var footprint: Int { 64 + self.octets.capacity + 8 * self.nodes.capacity }

    private func node(_ place: Place) -> JSONNode { self.nodes[Int(place.index)] }

    private func end(of index: Int) -> Int { self.nodes[index].end(at: index) }
}

// MARK: What a value is

extension JSONDocument {
    package func isNull(_ place: Place) -> Bool { self.node(place).kind == .null }
    package func isString(_ place: Place) -> Bool { self.node(place).kind == .string }
    package func isNumber(_ place: Place) -> Bool { self.node(place).kind == .number }
    package func isArray(_ place: Place) -> Bool { self.node(place).kind == .array }
    package func isObject(_ place: Place) -> Bool { self.node(place).kind == .object }

    package func isListOfStrings(_ place: Place) -> Bool {
        guard self.isArray(place) else { return false }
        var contents = self.contents(of: place)
        while let element = contents.nextElement(in: self) {
            guard self.isString(element) else { return false }
        }
        return true
    }

    /// Whether the string here is exactly these octets, or the list here holds such a string.
    package func names(_ octets: Span<UInt8>, at place: Place) -> Bool {
        if self.isString(place) { return self.octets(of: place).hasSameOctets(as: octets) }
        guard self.isArray(place) else { return false }
        var contents = self.contents(of: place)
        while let element = contents.nextElement(in: self) {
            if self.isString(element), self.octets(of: element).hasSameOctets(as: octets) { return true }
        }
        return false
    }

    package func bool(at place: Place) -> Bool? {
        switch self.node(place).kind {
        case .true: true
        case .false: false
        case .null, .number, .string, .array, .object: nil
        }
    }

    /// Where the octets of a string (its escapes resolved) or of a number (as written) are among ``octets``.
    package func range(of place: Place) -> Range<Int> {
        let node = self.node(place)
        return node.isContainer ? 0..<0 : node.octets
    }

    /// The octets of a string (UTF-8, its escapes resolved) or of a number (as written).
    @_lifetime(borrow self)
    package func octets(of place: Place) -> Span<UInt8> { self.octets.span.extracting(self.range(of: place)) }

    /// A string or number as text.
    package func text(of place: Place) -> String {
        // What was read as a string is UTF-8; nothing is repaired here.
        String(decoding: self.octets[self.range(of: place)], as: UTF8.self)
    }

    /// The number here as a date; nil where there is none within ``NumericDate/range``.
    package func date(at place: Place, rounding: NumericDate.Rounding) -> NumericDate? {
        guard self.isNumber(place) else { return nil }
        return NumericDate(written: self.octets(of: place), rounding: rounding)
    }

    /// The value with everything in it.
    package func value(at place: Place) -> JSONValue {
        switch self.node(place).kind {
        case .null: return .null
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .number: return .number(JSONNumber(scanned: self.text(of: place)))
        case .string: return .string(self.text(of: place))
        case .array:
            var elements: [JSONValue] = []
            var contents = self.contents(of: place)
            while let element = contents.nextElement(in: self) { elements.append(self.value(at: element)) }
            return .array(elements)
        case .object: return .object(self.object(at: place))
        }
    }

    /// An object with everything in it; empty for what is none.
    package func object(at place: Place) -> JSONObject {
        guard self.isObject(place) else { return JSONObject() }
        var members: [JSONObject.Member] = []
        var contents = self.contents(of: place)
        while let member = contents.nextMember(in: self) {
            members.append(.init(name: self.text(of: member.name), value: self.value(at: member.value)))
        }
        return JSONObject(distinct: members)
    }

    /// Whether the value here is this one, by kind and octets: `1` is `1.0` but not `"1"`.
    package func holds(_ value: JSONValue, at place: Place) -> Bool {
        let node = self.node(place)
        switch (value, node.kind) {
        case (.null, .null), (.bool(true), .true), (.bool(false), .false): return true
        case (.string(let text), .string): return self.octets(of: place).hasSameOctets(as: text.utf8.span)
        case (.number(let number), .number):
            return JSONNumber(scanned: self.text(of: place)) == number
        case (.array, .array), (.object, .object): return self.value(at: place) == value
        default: return false
        }
    }
}

// MARK: What is in it

extension JSONDocument {
    /// What stands in a list or object, one after the other, in the order written.
    package struct Contents {
        private var next: Int
        private let end: Int

        fileprivate init(from next: Int, to end: Int) {
            self.next = next
            self.end = end
        }

        /// The next element of a list.
        package mutating func nextElement(in document: borrowing JSONDocument) -> Place? {
            guard self.next < self.end else { return nil }
            defer { self.next = document.end(of: self.next) }
            return Place(self.next)
        }

        /// The next member of an object.
        package mutating func nextMember(in document: borrowing JSONDocument) -> (name: Place, value: Place)? {
            guard self.next < self.end else { return nil }
            let name = Place(self.next)
            self.next += 1
            return self.nextElement(in: document).map { (name, $0) }
        }
    }

    /// Whether one of these is the value here, or anywhere in it.
    package func contains(anyOf places: [Place], at place: Place) -> Bool {
        let own = place.index..<Int32(truncatingIfNeeded: self.end(of: Int(place.index)))
        return places.contains { own.contains($0.index) }
    }

    /// What stands in a list, in the order written; nothing for what is none.
    package func elements(of list: Place) -> [Place] {
        guard self.isArray(list) else { return [] }
        var elements: [Place] = []
        var contents = self.contents(of: list)
        while let element = contents.nextElement(in: self) { elements.append(element) }
        return elements
    }

    /// Nothing, for what is neither list nor object.
    package func contents(of place: Place) -> Contents {
        let index = Int(place.index)
        return Contents(from: index + 1, to: self.node(place).isContainer ? self.end(of: index) : index + 1)
    }

    /// The member of an object that has exactly these octets as its name; nil also where there is no object.
    package func member(named name: Span<UInt8>, of object: Place) -> Place? {
        guard self.isObject(object) else { return nil }
        var contents = self.contents(of: object)
        while let member = contents.nextMember(in: self) {
            let range = self.range(of: member.name)
            if range.count == name.count, self.octets.span.extracting(range).hasSameOctets(as: name) {
                return member.value
            }
        }
        return nil
    }

    package func member(named name: String, of object: Place) -> Place? {
        self.member(named: name.utf8.span, of: object)
    }
}

// MARK: From a value

extension JSONDocument {
    private static func append(_ value: JSONValue, to octets: inout [UInt8], _ nodes: inout [JSONNode]) {
        switch value {
        case .null: nodes.append(JSONNode(.null))
        case .bool(let flag): nodes.append(JSONNode(flag ? .true : .false))
        case .number(let number): self.append(.number, number.text, to: &octets, &nodes)
        case .string(let text): self.append(.string, text, to: &octets, &nodes)
        case .array(let elements):
            let place = nodes.count
            nodes.append(JSONNode(.array))
            for element in elements { self.append(element, to: &octets, &nodes) }
            nodes[place].close(before: nodes.count)
        case .object(let object):
            let place = nodes.count
            nodes.append(JSONNode(.object))
            for member in object.members {
                self.append(.string, member.name, to: &octets, &nodes)
                self.append(member.value, to: &octets, &nodes)
            }
            nodes[place].close(before: nodes.count)
        }
    }

    private static func append(
        _ kind: JSONNode.Kind, _ text: String, to octets: inout [UInt8], _ nodes: inout [JSONNode]
    ) {
        nodes.append(JSONNode(kind, start: octets.count, count: text.utf8.count))
        octets.append(contentsOf: text.utf8)
    }
}
