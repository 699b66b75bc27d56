/// Why the proxy could not be started: one line for a person, naming what is wrong and what would help.
package struct StartFailure: Error, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
