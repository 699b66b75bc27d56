import Glibc

/// Looks again and again until `condition` holds: for what tells nobody when it happens.
package func eventually(
    _ what: String, until deadline: Deadline = .patient, _ condition: () throws -> Bool
) throws {
    while try !condition() {
        guard !deadline.isPassed else { throw TimedOut(what) }
        // Gives the others the processor; nothing depends on how long this takes.
        _ = poll(nil, 0, 5)
    }
}
