import HTTPTypes
import Hummingbird

/// The pages that only tell something.
enum PlainPages {
    /// Where a browser ends whose request cannot be answered to a client: an error, so that whoever follows redirects
    /// sees one.
    static func error(_ call: Call) throws -> Response {
        let query = try call.query
        return WebPage(
            title: "This did not work",
            body: """
                <h1>This did not work</h1>
                <p><code>\(query.nonEmpty("error") ?? "unknown_error")</code></p>
                <p>\(query.nonEmpty("error_description") ?? "There is no further description.")</p>
                """,
            status: .internalServerError
        ).response()
    }

    static func loggedOut(_ call: Call) -> Response {
        WebPage(title: "Logged out", body: "<h1>Logged out</h1>\n<p>You can close this page.</p>").response()
    }
}
