import ArgumentParser
import DevAuthorizationServer

/// Why the demo cannot go on: one line for the reader.
struct DemoProblem: Error {
    let message: String
    init(_ message: String) { self.message = message }
}

/// `bearergate-dev demo`: authorization server, upstream and proxy in one process, and the commands to try.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Everything at once: authorization server, echo upstream, proxy, clients, tokens, commands to paste.",
        discussion: """
            The ports of the authorization server and of the upstream are those that deploy/examples/quickstart.yaml
            names; another configuration may name others.

            Example: bearergate-dev demo --config deploy/examples/quickstart.yaml
            """)

    @Option(help: ArgumentHelp("The proxy's configuration.", valueName: "file"))
    var config = "deploy/examples/quickstart.yaml"

    @Option(help: "The port of the authorization server's public API.")
    var publicPort: UInt16 = 4444

    @Option(help: "The port of its admin API.")
    var adminPort: UInt16 = 4445

    @Option(help: "The port of the echo upstream.")
    var upstreamPort: UInt16 = 9100

    func run() async throws {
        try DemoProxy.check(configuration: self.config)
        var options = DevAuthorizationServer.Options()
        options.publicPort = Int(self.publicPort)
        options.adminPort = Int(self.adminPort)
        options.announce = { Terminal.announce($0) }
        let server = try await DevAuthorizationServer(options).start()
        do {
            let upstream = try await EchoUpstream.start(port: Int(self.upstreamPort))
            do {
                try await self.play(server)
            } catch {
                await upstream.stop()
                throw error
            }
            await upstream.stop()
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    /// Between the curtains: the proxy runs until the demo is told to end.
    private func play(_ server: RunningAuthorizationServer) async throws {
        let proxy = try await DemoProxy.start(configuration: self.config)
        do {
            let cast = try await DemoCast(server)
            Terminal.say(DemoScript(cast: cast, proxyURL: proxy.url, server: server).text)
            await Terminal.waitForEnd()
        } catch {
            await proxy.stop()
            throw error
        }
        await proxy.stop()
    }
}
