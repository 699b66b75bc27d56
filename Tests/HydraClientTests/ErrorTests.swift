import HydraClient
import Testing

@Suite("What went wrong")
struct ErrorTests {
    @Test("an error says which operation failed, and how")
    func saysWhat() {
        var error = HydraClientError(.status, .notFound, operation: "getOAuth2Client", message: "404", status: 404)
        error.error = "Unable to locate the resource"
        #expect("\(error)" == "getOAuth2Client: 404 (Unable to locate the resource)")
    }
}
