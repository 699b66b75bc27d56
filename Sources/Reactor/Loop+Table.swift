extension Loop {
    /// What a loop watches.
    enum Member {
        case vacant
        case waker
        case endpoint(Endpoint)
        case listener(Listener)
    }

    /// A place in the table, and which of its successive tenants is meant.
    struct Place {
        let index: UInt32
        let generation: UInt32

        /// What epoll stores with the descriptor and hands back.
        var token: UInt64 { UInt64(self.generation) << 32 | UInt64(self.index) }
    }

    /// Who is meant by an event.
    ///
    /// A descriptor's number is reused at once, even between two events of one batch, so events carry a place and a
    /// generation instead: an event for a tenant that has left finds nobody.
    struct Table {
        /// Safe: the reference that is not counted is the member's own, set and taken away with it.
        @safe private struct Row {
            var member: Member {
                didSet { unsafe self.endpoint = Self.endpoint(of: self.member) }
            }
            var generation: UInt32
            /// The member's, where it is one: looked at without counting a reference.
            private(set) var endpoint: Unmanaged<Endpoint>?

            init(member: Member) {
                self.member = member
                self.generation = 0
                unsafe self.endpoint = Self.endpoint(of: member)
            }

            private static func endpoint(of member: Member) -> Unmanaged<Endpoint>? {
                if case .endpoint(let endpoint) = member { unsafe .passUnretained(endpoint) } else { nil }
            }
        }

        private var rows: [Row] = []
        private var free: [UInt32] = []

        var members: [Member] { self.rows.map(\.member) }

        mutating func insert(_ member: Member) -> Place {
            if let index = self.free.popLast() {
                self.rows[Int(index)].member = member
                return Place(index: index, generation: self.rows[Int(index)].generation)
            }
            self.rows.append(Row(member: member))
            return Place(index: UInt32(self.rows.count - 1), generation: 0)
        }

        mutating func remove(_ place: Place) {
            let index = Int(place.index)
            precondition(self.rows[index].generation == place.generation, "a place is left once")
            self.rows[index].member = .vacant
            self.rows[index].generation &+= 1
            self.free.append(place.index)
        }

        /// The endpoint that is meant by an event, unless it is another member or has left.
        ///
        /// An endpoint that is closed lives on to the end of the turn, so within one it may be used uncounted.
        func endpoint(for token: UInt64) -> Unmanaged<Endpoint>? {
            let index = Int(token & 0xFFFF_FFFF)
            guard index < self.rows.count, UInt64(self.rows[index].generation) == token >> 32 else { return nil }
            return unsafe self.rows[index].endpoint
        }

        func member(for token: UInt64) -> Member? {
            let index = Int(token & 0xFFFF_FFFF)
            guard index < self.rows.count, UInt64(self.rows[index].generation) == token >> 32 else { return nil }
            return self.rows[index].member
        }
    }
}

extension TimerEntry {
    /// Tells whoever the deadline belongs to.
    func fire() {
        if let endpoint = self.endpoint {
            endpoint.deadlinePassed()
        } else {
            self.handler?.deadlinePassed(self)
        }
    }
}
