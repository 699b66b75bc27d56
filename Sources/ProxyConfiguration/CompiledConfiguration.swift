package import ProxyCore

/// What a configuration file comes to: the generation that loops decide by, and what the process around them needs.
package struct CompiledConfiguration: Sendable {
    package let generation: ProxyGeneration
    package let listeners: [ListenerSettings]
    /// Nil: no admin API.
    package let admin: AdminSettings?
    /// Nil: as many as the machine has cores.
    package let workers: Int?
    package let log: LogSettings
    /// Names of the servers whose discovered endpoints may be `http` beyond this machine (`plaintext: allow`).
    package let plaintextServers: Set<String>
    /// What is probably not meant; it does not keep the configuration from being used.
    package let warnings: [ConfigurationProblem]
}
