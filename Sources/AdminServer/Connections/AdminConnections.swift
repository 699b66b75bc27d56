import NIOCore
import Synchronization

/// The open connections of an admin listener, whatever loop each is on.
final class AdminConnections: Sendable {
    private struct State {
        var seats: AdminSeats
        var channels: [UInt64: any Channel] = [:]
    }

    private let state: Mutex<State>

    init(connectionsMax: Int) { self.state = Mutex(State(seats: AdminSeats(seatsMax: connectionsMax))) }

    /// Takes one in, and closes another for it if need be.
    func enter(_ channel: any Channel) -> UInt64 {
        let (number, leaving) = self.state.withLock { state -> (UInt64, (any Channel)?) in
            let entry = state.seats.enter()
            state.channels[entry.number] = channel
            return (entry.number, entry.leaving.flatMap { state.channels.removeValue(forKey: $0) })
        }
        leaving?.close(mode: .all, promise: nil)
        return number
    }

    func asked(_ number: UInt64) { self.state.withLock { $0.seats.asked(number) } }
    func answered(_ number: UInt64) { self.state.withLock { $0.seats.answered(number) } }

    func leave(_ number: UInt64) {
        self.state.withLock { state in
            state.seats.leave(number)
            state.channels[number] = nil
        }
    }
}
