/// Everything a loop needs to decide, compiled once and never changed; a reload posts a new one.
package final class ProxyGeneration: Sendable {
    /// 1 for the configuration the process began with.
    package let number: UInt64
    package let table: RouteTable
    package let routes: [Route]
    package let upstreams: [Upstream]
    package let authorizationServers: [AuthorizationServer]
    package let limits: Limits
    package let timeouts: Timeouts
    /// Mean bytes a second over each 10 s in which we were ready to read; 0: no minimum.
    package let bodyRateMin: UInt64
    package let resolveInterval: Nanoseconds
    /// Folded names that no client field may carry: the six defaults and every name of any `subject_headers`.
    package let reservedNames: ReservedFieldNames

    package init(
        number: UInt64, table: RouteTable, routes: [Route], upstreams: [Upstream],
        authorizationServers: [AuthorizationServer], limits: Limits = Limits(), timeouts: Timeouts = Timeouts(),
        bodyRateMin: UInt64 = 240, resolveInterval: Nanoseconds = .seconds(30)
    ) {
        self.number = number
        self.table = table
        self.routes = routes
        self.upstreams = upstreams
        self.authorizationServers = authorizationServers
        self.limits = limits
        self.timeouts = timeouts
        self.bodyRateMin = bodyRateMin
        self.resolveInterval = resolveInterval
        self.reservedNames = ReservedFieldNames(routes: routes)
    }
}
