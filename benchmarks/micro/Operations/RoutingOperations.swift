import HTTPWire
import ProxyCore

/// From target to route, in tables of three sizes.
enum RoutingOperations {
    static func all() throws -> [Operation] {
        let request = try World.request(token: nil)
        let target = Operation("ProxyCore.target") { count in
            var good = 0
            for _ in 0..<count where try RequestTarget.parse(request.head, from: World.peer).hasPath { good += 1 }
            return good
        }
        return try [target] + [10, 1_000, 10_000].map(Self.match(routes:))
    }

    private static func match(routes count: Int) throws -> Operation {
        let routes = try (0..<count).map { try World.route("/service-\($0)/v1/**", nil, index: $0) }
        let table = try RouteTable(routes: routes)
        // A few requests spread over the table: one alone would have its nodes in the processor's nearest cache.
        let requests = try (0..<64).map { step in
            let index = step * count / 64
            let request = try World.request("/service-\(index)/v1/items/17", token: nil)
            return (request: request, target: try RequestTarget.parse(request.head, from: World.peer), index: index)
        }
        return Operation("ProxyCore.routes.\(count)") { count in
            var good = 0
            for step in 0..<count {
                let request = requests[step & 63]
                if try table.match(request.target, request.request.head).route.index == request.index { good += 1 }
            }
            return good
        }
    }
}
