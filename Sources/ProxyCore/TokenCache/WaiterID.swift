/// A request that waits for an answer, as its loop knows it: which loop, which place, and which tenant of that place.
///
/// The generation makes telling a waiter that has gone harmless: its place has another tenant by then, or its tenant
/// another name.
package struct WaiterID: Sendable, Hashable {
    package var loop: UInt16
    package var slot: UInt32
    package var generation: UInt32

    package init(loop: UInt16, slot: UInt32, generation: UInt32) {
        self.loop = loop
        self.slot = slot
        self.generation = generation
    }
}

/// One question to the authorization server about one token; unique within a cache.
package struct FlightID: Sendable, Hashable {
    package var number: UInt64
    package init(number: UInt64) { self.number = number }
}
