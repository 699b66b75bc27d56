import HTTPWire

/// The paths of one host entry as a tree of segments, laid out in flat arrays.
///
/// Flat, and one object, because a match must neither allocate nor count references; and the cost follows the depth of the request's
/// path, not the number of routes.
final class RouteTrie: Sendable {
    struct Node: Sendable {
        /// Where its literal children lie in `childHashes` and `children`, sorted by hash.
        var firstChild: Int32 = 0
        var childCount: Int32 = 0
        /// Node behind `{name}`, or −1.
        var parameter: Int32 = -1
        /// Leaf for a path that ends here, or −1.
        var leaf: Int32 = -1
        /// Leaf for `**` from here on, or −1.
        var rest: Int32 = -1
    }

    struct Child: Sendable {
        var keyStart: Int32
        var keyEnd: Int32
        var node: Int32
    }

    let nodes: [Node]
    let childHashes: [UInt64]
    let children: [Child]
    let keys: [UInt8]
    let leaves: [RouteLeaf]

    init(nodes: [Node], childHashes: [UInt64], children: [Child], keys: [UInt8], leaves: [RouteLeaf]) {
        self.nodes = nodes
        self.childHashes = childHashes
        self.children = children
        self.keys = keys
        self.leaves = leaves
    }

    /// The route of the most specific leaf whose path matches as a whole.
    ///
    /// From the left, a literal goes before `{name}` and `{name}` before `**`; where the more specific branch leads to
    /// nothing, the next one is tried, so each node is visited at most once.
    func match(
        _ path: Span<UInt8>, _ method: Method, _ token: Span<UInt8>, visited: inout Int
    ) throws(RouteMiss) -> RouteHit {
        let found = Int(self.search(0, path, from: 1, &visited))
        guard found >= 0 else { throw .noRoute }
        // Looked at where they lie: a leaf in a local would be a copy, with references to count.
        for index in 0..<self.leaves[found].entries.count
        where self.leaves[found].entries[index].methods.contains(method, token: token) {
            return self.leaves[found].entries[index].hit
        }
        throw .methodNotAllowed(allow: self.leaves[found].allow)
    }

    /// `from` is where the next segment begins; one past the end means that the path is used up.
    private func search(_ index: Int32, _ path: Span<UInt8>, from start: Int, _ visited: inout Int) -> Int32 {
        visited &+= 1
        let node = self.nodes[Int(index)]
        guard start <= path.count else { return node.leaf >= 0 ? node.leaf : node.rest }
        var end = start
        var hash = ByteHash()
        while end < path.count && path[end] != 0x2F {
            hash.combine(path[end])
            end &+= 1
        }
        if node.childCount > 0, let child = self.child(of: node, hash.value, path.extracting(start..<end)) {
            let found = self.search(child, path, from: end &+ 1, &visited)
            if found >= 0 { return found }
        }
        if node.parameter >= 0 && end > start {
            let found = self.search(node.parameter, path, from: end &+ 1, &visited)
            if found >= 0 { return found }
        }
        return node.rest
    }

    private func child(of node: Node, _ hash: UInt64, _ segment: Span<UInt8>) -> Int32? {
        var low = Int(node.firstChild)
        var high = low &+ Int(node.childCount)
        let end = high
        while low < high {
            let middle = (low &+ high) &>> 1
            if self.childHashes[middle] < hash { low = middle &+ 1 } else { high = middle }
        }
        while low < end && self.childHashes[low] == hash {
            let child = self.children[low]
            if self.has(child, segment) { return child.node }
            low &+= 1
        }
        return nil
    }

    private func has(_ child: Child, _ segment: Span<UInt8>) -> Bool {
        guard Int(child.keyEnd &- child.keyStart) == segment.count else { return false }
        for index in 0..<segment.count where self.keys[Int(child.keyStart) &+ index] != segment[index] { return false }
        return true
    }
}

/// The routes of one path, told apart by method.
struct RouteLeaf: Sendable {
    struct Entry: Sendable {
        var hit: RouteHit
        var methods: MethodSet
    }
    var entries: [Entry]
    /// `Allow` of a 405, made once.
    var allow: String
}
