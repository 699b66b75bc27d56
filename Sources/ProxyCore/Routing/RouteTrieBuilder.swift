/// Builds a `RouteTrie` from patterns, and finds routes of equal rank on the way.
struct RouteTrieBuilder {
    private struct Node {
        var literals: [[UInt8]: Int] = [:]
        var parameter: Int?
        var leaf: Int?
        var rest: Int?
    }

    /// Literals are added as most services read them.
    private let asServicesRead: Bool
    private var nodes = [Node()]
    private var leaves: [[RouteLeaf.Entry]] = []

    init(asServicesRead: Bool) {
        self.asServicesRead = asServicesRead
    }

    /// Adds one path of a route; answers the route that already serves it with one of its methods.
    mutating func add(_ route: Route, pattern index: Int) -> RouteHit? {
        var node = 0
        var isRest = false
        for segment in route.paths[index].segments {
            switch segment {
            case .literal(let bytes):
                let reading = self.asServicesRead ? PathNormalForm.asServicesRead(bytes.span) : nil
                node = self.literalChild(of: node, reading ?? bytes)
            case .parameter: node = self.parameterChild(of: node)
            case .rest: isRest = true
            }
        }
        let leaf = self.leaf(of: node, isRest: isRest)
        let rival = self.leaves[leaf].first { $0.methods.overlaps(route.methods) }
        self.leaves[leaf].append(RouteLeaf.Entry(hit: RouteHit(route: route, pattern: index), methods: route.methods))
        return rival?.hit
    }

    func build() -> RouteTrie {
        var nodes: [RouteTrie.Node] = []
        var hashes: [UInt64] = []
        var children: [RouteTrie.Child] = []
        var keys: [UInt8] = []
        for node in self.nodes {
            var flat = RouteTrie.Node()
            flat.firstChild = Int32(children.count)
            flat.childCount = Int32(node.literals.count)
            flat.parameter = Int32(node.parameter ?? -1)
            flat.leaf = Int32(node.leaf ?? -1)
            flat.rest = Int32(node.rest ?? -1)
            let sorted = node.literals.map { (hash: ByteHash.of($0.key.span), key: $0.key, node: $0.value) }
                .sorted { $0.hash < $1.hash }
            for entry in sorted {
                let start = Int32(keys.count)
                keys += entry.key
                hashes.append(entry.hash)
                children.append(
                    RouteTrie.Child(keyStart: start, keyEnd: Int32(keys.count), node: Int32(entry.node)))
            }
            nodes.append(flat)
        }
        let leaves = self.leaves.map { entries in
            let methods = entries.dropFirst().reduce(entries[0].methods) { $0.union($1.methods) }
            return RouteLeaf(entries: entries, allow: methods.allowValue)
        }
        return RouteTrie(nodes: nodes, childHashes: hashes, children: children, keys: keys, leaves: leaves)
    }

    private mutating func literalChild(of node: Int, _ bytes: [UInt8]) -> Int {
        if let child = self.nodes[node].literals[bytes] { return child }
        self.nodes.append(Node())
        self.nodes[node].literals[bytes] = self.nodes.count - 1
        return self.nodes.count - 1
    }

    private mutating func parameterChild(of node: Int) -> Int {
        if let child = self.nodes[node].parameter { return child }
        self.nodes.append(Node())
        self.nodes[node].parameter = self.nodes.count - 1
        return self.nodes.count - 1
    }

    private mutating func leaf(of node: Int, isRest: Bool) -> Int {
        if let leaf = isRest ? self.nodes[node].rest : self.nodes[node].leaf { return leaf }
        self.leaves.append([])
        if isRest {
            self.nodes[node].rest = self.leaves.count - 1
        } else {
            self.nodes[node].leaf = self.leaves.count - 1
        }
        return self.leaves.count - 1
    }
}
