import ReactorTesting
import TestSupport
import Testing

@testable import ProxyServer

@Suite("The end of a loop") struct LoopEndTests {
    @Test("a loop that ends lets go of all it had, whatever was under way", arguments: ["/api/x", "/public/x"])
    func letsGo(path: String) throws {
        weak var context: LoopContext?
        do {
            let proxy = try ScriptedProxy()
            context = proxy.context
            let client = try proxy.client(request("GET", path, token: "tok"))
            #expect(client.received.isEmpty)
        }
        #expect(context == nil)
    }
}
