import CAllocationCount
import Operations

/// Writes a line of JSON for each operation: allocations and bytes of a thousand times, and the time of one.
///
/// Allocations are exact: the same build does the same on every machine. The time is the least of several rounds, which
/// other work on the machine disturbs little; it is still no more than a hint.
@main
struct Allocations {
    private static let times = 1_000
    private static let rounds = 11

    static func main() throws {
        print(#"{"openssl":"\#(releaseOfOpenSSL)"}"#)
        let operations = try Operations.all()
        var counts: [(allocations: UInt64, bytes: UInt64)] = []
        for operation in operations {
            // Buffers grow to their size, caches fill, OpenSSL fetches its algorithms.
            for _ in 0..<2 { try self.perform(operation) }
            let before = bearergate_allocation_count()
            try self.perform(operation)
            let after = bearergate_allocation_count()
            counts.append((after.allocations - before.allocations, after.bytes - before.bytes))
        }
        // Round by round, so that operations to be compared had the machine as it was in the same moments.
        var nanoseconds = operations.map { _ in Double.infinity }
        for _ in 0..<self.rounds {
            for place in operations.indices {
                let took = try ContinuousClock().measure { try self.perform(operations[place]) }.components
                let whole = Double(took.seconds) * 1e9 + Double(took.attoseconds) / 1e9
                nanoseconds[place] = min(nanoseconds[place], whole / Double(self.times))
            }
        }
        for place in operations.indices {
            print(
                #"{"operation":"\#(operations[place].name)","times":\#(self.times),"#
                    + #""allocations":\#(counts[place].allocations),"bytes":\#(counts[place].bytes),"#
                    + #""nanoseconds":\#(nanoseconds[place])}"#)
        }
    }

    private static func perform(_ operation: Operation) throws {
        guard try operation.run(self.times) == self.times else { throw Failed(operation: operation.name) }
    }

    struct Failed: Error { let operation: String }
}
