import Observability
import ProxyCore
import Reactor

/// What every loop shares, made once before the loops start.
final class ProcessContext: Sendable {
    let registry: InstrumentRegistry
    let resolver: Resolver
    let accessLog: AccessLog?
    let fingerprintKey: FingerprintKey
    /// Introspection over TLS, performed off the loops until the loop speaks TLS itself.
    let remoteIntrospection: (any RemoteIntrospection)?
    let directory: LoopDirectory
    let connectionsMax: Int?
    let connectionCount = ConnectionCount()
    /// Called on loops.
    let report: @Sendable (UnresolvedName) -> Void

    init(
        registry: InstrumentRegistry, resolver: Resolver, accessLog: AccessLog?, fingerprintKey: FingerprintKey,
        remoteIntrospection: (any RemoteIntrospection)?, directory: LoopDirectory,
        connectionsMax: Int?, report: @escaping @Sendable (UnresolvedName) -> Void = { _ in }
    ) {
        self.connectionsMax = connectionsMax
        self.report = report
        self.registry = registry
        self.resolver = resolver
        self.accessLog = accessLog
        self.fingerprintKey = fingerprintKey
        self.remoteIntrospection = remoteIntrospection
        self.directory = directory
    }
}
