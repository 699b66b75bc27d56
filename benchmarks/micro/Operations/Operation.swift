/// One thing that a room does for a request, ready to be done any number of times.
package struct Operation {
    /// The room and what it does, such as `ProxyCore.cache.hit`: its name in the budgets.
    package let name: String
    /// Does it so many times and answers how often it came out as it should: always, or the figures mean nothing.
    package let run: (Int) throws -> Int

    package init(_ name: String, run: @escaping (Int) throws -> Int) {
        self.name = name
        self.run = run
    }
}

/// All operations that are measured, in the order in which a request meets them.
package enum Operations {
    package static func all() throws -> [Operation] {
        try WireOperations.all() + RoutingOperations.all() + CredentialOperations.all() + CacheOperations.all()
            + SignatureOperations.all() + ForwardingOperations.all() + AdmissionOperations.all()
    }
}

/// A fixture that is not what it was made to be.
struct Unusable: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
