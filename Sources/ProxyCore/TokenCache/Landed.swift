/// Who is told of a landing, each once, and what: of a flight that a younger one has overtaken, what that one brought.
package struct Landed: Sendable {
    package let waiters: [WaiterID]
    package let verdict: FlightVerdict

    package init(waiters: [WaiterID], verdict: FlightVerdict) {
        self.waiters = waiters
        self.verdict = verdict
    }
}
