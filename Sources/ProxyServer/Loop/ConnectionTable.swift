import ProxyCore

/// The client connections of one loop by place, so that an answer finds its waiter and finds nobody once it has gone.
struct ConnectionTable {
    private struct Place {
        var connection: DownstreamConnection?
        var generation: UInt32
    }

    private var places: [Place] = []
    private var free: [UInt32] = []
    private(set) var count = 0
    let loop: UInt16

    init(loop: UInt16) { self.loop = loop }

    /// Takes a place; the connection is filled in by `occupy`.
    mutating func reserve() -> WaiterID {
        let slot: UInt32
        if let last = self.free.popLast() {
            slot = last
        } else {
            slot = UInt32(self.places.count)
            self.places.append(Place(connection: nil, generation: 0))
        }
        self.count += 1
        return WaiterID(loop: self.loop, slot: slot, generation: self.places[Int(slot)].generation)
    }

    mutating func occupy(_ id: WaiterID, with connection: DownstreamConnection) {
        precondition(self.places[Int(id.slot)].generation == id.generation, "a reserved place keeps its generation")
        self.places[Int(id.slot)].connection = connection
    }

    /// Gives a connection a new name: whatever is still on its way to the old one finds nobody.
    mutating func rename(_ id: WaiterID) -> WaiterID {
        precondition(self.places[Int(id.slot)].generation == id.generation, "only the tenant is renamed")
        self.places[Int(id.slot)].generation &+= 1
        return WaiterID(loop: id.loop, slot: id.slot, generation: id.generation &+ 1)
    }

    mutating func release(_ id: WaiterID) {
        precondition(self.places[Int(id.slot)].generation == id.generation, "a place is released once")
        self.places[Int(id.slot)] = Place(connection: nil, generation: id.generation &+ 1)
        self.free.append(id.slot)
        self.count -= 1
    }

    func connection(for id: WaiterID) -> DownstreamConnection? {
        guard Int(id.slot) < self.places.count else { return nil }
        let place = self.places[Int(id.slot)]
        return place.generation == id.generation ? place.connection : nil
    }

    /// Everybody, for draining and stopping.
    var all: [DownstreamConnection] { self.places.compactMap(\.connection) }
}
