import ArgumentParser

/// `bearergate-dev echo-upstream`.
struct EchoUpstreamCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo-upstream",
        abstract: "A service that answers every request with JSON of what it received.",
        discussion: "Example: bearergate-dev echo-upstream --port 9100")

    @Option(help: "Where it binds.")
    var host = "127.0.0.1"

    @Option(help: "Its port; 0 takes a free one.")
    var port: UInt16 = 9100

    func run() async throws {
        let upstream = try await EchoUpstream.start(host: self.host, port: Int(self.port))
        Terminal.say("echo upstream on \(self.host):\(upstream.port)")
        await Terminal.waitForEnd()
        await upstream.stop()
    }
}
