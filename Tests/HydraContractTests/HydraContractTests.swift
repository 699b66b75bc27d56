import DevAuthorizationServer
import Foundation
import HydraClient
import Testing

@Suite("Hydra's contract")
struct HydraContractTests {
    @Test("there are 28 operations")
    func operationsAreCounted() { #expect(Operations.all.count == 28) }

    @Test("every operation and flow, and every documented error, through the client")
    func holds() async throws {
        try await Self.withServer { configuration in
            let operations = Operations()
            var configuration = configuration
            configuration.observer = { operations.note($0, $1) }
            // What is asked here is what is answered, not how soon: hundreds of servers may share the machine.
            configuration.timeout = .seconds(60)
            let contract = HydraContract(
                hydra: try HydraClient(configuration), tokenEndpoint: (configuration.publicURL ?? "") + "/oauth2/token")
            try await contract.run()
            #expect(operations.answered(200...399) == Operations.all)
            #expect(operations.answered(400...499).isSuperset(of: HydraContract.refusingOperations))
            await contract.hydra.shutdown()
        }
    }

    /// The server that the environment names, or one of our own in this process.
    private static func withServer(_ body: (HydraClient.Configuration) async throws -> Void) async throws {
        let environment = ProcessInfo.processInfo.environment
        if let adminURL = environment["HYDRA_ADMIN_URL"], let publicURL = environment["HYDRA_PUBLIC_URL"] {
            return try await body(HydraClient.Configuration(publicURL: publicURL, adminURL: adminURL))
        }
        var options = DevAuthorizationServer.Options()
        options.publicPort = 0
        options.adminPort = 0
        options.announce = { _ in }
        let server = try await DevAuthorizationServer(options).start()
        do {
            try await body(HydraClient.Configuration(publicURL: server.publicURL, adminURL: server.adminURL))
            await server.stop()
        } catch {
            await server.stop()
            throw error
        }
    }
}
