/// Why the development server could not start, or stopped: a code to match, a message to read, a cause to follow.
public struct DevAuthorizationServerError: Error, CustomStringConvertible {
    /// What went wrong.
    ///
    /// More codes may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// A port is in use or may not be bound.
        public static let cannotListen = Code("cannot_listen")
        /// The database cannot be opened, read or written.
        public static let databaseUnusable = Code("database_unusable")
        /// The server answered a call with a refusal.
        public static let refused = Code("refused")
        /// An option has a value that cannot be served.
        public static let invalidOption = Code("invalid_option")

        public let description: String
        init(_ description: String) { self.description = description }
    }

    public var code: Code
    public var message: String
    public var cause: (any Error)?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String { self.message }
}
