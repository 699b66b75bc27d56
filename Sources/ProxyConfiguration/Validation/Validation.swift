import ProxyCore

/// Holds what one key says against what others say, and compiles what is left.
///
/// Formats have read every value by itself already. Each method here reports all that is wrong in its section and goes
/// on, so that one run finds everything; whether anything is used is decided once, at the end.
struct Validation {
    let file: ProxyConfigurationFile
    let problems: ProblemCollector
    let secrets: SecretResolution
    /// Where relative paths begin.
    let folder: String
    let previous: ProxyGeneration?

    init(
        file: ProxyConfigurationFile, problems: ProblemCollector, folder: String, environment: [String: String],
        previous: ProxyGeneration?
    ) {
        self.file = file
        self.problems = problems
        self.secrets = SecretResolution(problems: problems, folder: folder, environment: environment)
        self.folder = folder
        self.previous = previous
    }

    /// The compiled configuration; nil when anything is wrong.
    func compiled() -> CompiledConfiguration? {
        let limits = self.limits()
        let log = self.log()
        let listeners = self.listeners()
        let admin = self.admin(listeners: listeners)
        let upstreams = self.upstreams()
        let servers = self.authorizationServers(limits: limits)
        let routes = self.routes(upstreams: upstreams, servers: servers)
        self.warnOfUnused(routes: routes, upstreams: upstreams, servers: servers)
        guard let table = self.table(of: routes), !self.problems.hasErrors else { return nil }
        RouteShadows(routes: routes).report(to: self.problems)
        let generation = ProxyGeneration(
            number: (self.previous?.number ?? 0) + 1, table: table, routes: routes.map(\.route),
            upstreams: upstreams.map(\.upstream), authorizationServers: servers.map(\.server), limits: limits,
            timeouts: self.timeouts(), bodyRateMin: self.file.bodyMinimumRate.value ?? 0,
            resolveInterval: self.file.resolveInterval.value ?? .seconds(30))
        let plaintext = (self.file.authorizationServers.value ?? []).filter { $0.value.plaintext.value == .allow }
        return CompiledConfiguration(
            generation: generation, listeners: listeners, admin: admin, workers: self.file.workers.value,
            log: log, plaintextServers: Set(plaintext.map(\.name)), warnings: self.problems.problems)
    }

    /// The table of the routes that have no problem of their own; ambiguities among them are found in any case.
    private func table(of routes: [CompiledRoute]) -> RouteTable? {
        do throws(RouteConflicts) {
            return try RouteTable(routes: routes.filter(\.isSound).map(\.route))
        } catch {
            self.report(error, routes: routes)
            return nil
        }
    }

    func context(_ path: String) -> ReadingContext { ReadingContext(problems: self.problems, path: path) }
}

// MARK: Process

extension Validation {
    private func limits() -> Limits {
        guard let section = self.file.limits.value else { return Limits() }
        let standard = Limits()
        let limits = Limits(
            headBytes: section.head.value, fieldBytes: section.field.value, fields: section.fields.value,
            targetBytes: section.target.value, emptyLines: section.emptyLines.value,
            chunkLineBytes: section.chunkLine.value, trailersBytes: section.trailers.value,
            trailerFields: section.trailerFields.value, token: section.token.value ?? standard.token,
            body: section.body.value ?? nil, connections: section.connections.value ?? standard.connections)
        self.insist("limits.field", section.field, isAtMost: "limits.head", section.head)
        self.insist("limits.target", section.target, isAtMost: "limits.head", section.head)
        self.insist("limits.token", section.token, isAtMost: "limits.field", section.field)
        return limits
    }

    /// A part that may be longer than the whole would never be reached, which nobody means.
    private func insist(_ part: String, _ value: Written<Int>, isAtMost whole: String, _ bound: Written<Int>) {
        guard let size = value.value, let most = bound.value, size > most else { return }
        let position = value.isWritten ? value.position : bound.position
        self.context(part).error(
            "\(SizeText.text(size)) is more than `\(whole)`, \(SizeText.text(most))", at: position,
            remedy: "make it at most \(SizeText.text(most)), or `\(whole)` larger")
    }

    private func timeouts() -> Timeouts {
        var timeouts = Timeouts()
        guard let section = self.file.timeouts.value else { return timeouts }
        section.head.value.map { timeouts.head = $0 }
        section.idle.value.map { timeouts.idle = $0 }
        section.drainDelay.value.map { timeouts.drainDelay = $0 }
        section.drain.value.map { timeouts.drain = $0 }
        return timeouts
    }

    private func log() -> LogSettings {
        var log = LogSettings()
        guard let section = self.file.log.value else { return log }
        section.format.value.map { log.format = $0 }
        section.level.value.map { log.level = $0 }
        section.sampleAllowed.value.map { log.sampleAllowed = $0 }
        switch section.access.value {
        case nil, "stdout": log.access = .standardOutput
        case "off": log.access = .off
        case let word? where ["false", "no", "none", "stderr", "true", "yes", "on"].contains(word.lowercased()):
            self.context("log.access").error(
                "\(shown(word)) is neither `stdout` nor `off`, and hardly a file", at: section.access.position,
                remedy: "write `off`, `stdout`, or a path such as `/var/log/bearergate.log`")
        case let path?: log.access = .file(path: ConfigurationFiles.resolve(path, from: self.folder))
        }
        return log
    }
}

// MARK: Upstreams

/// An upstream with the place where it is named.
struct CompiledUpstream {
    var upstream: Upstream
    var position: Position
}

extension Validation {
    private func upstreams() -> [CompiledUpstream] {
        var compiled: [CompiledUpstream] = []
        for named in self.file.upstreams.value ?? [] {
            let section = named.value
            let context = self.context("upstreams.\(named.name)")
            guard ValueFormat.checkedName(named.name, at: named.namePosition, self.context("upstreams")) != nil,
                let url = section.url.value
            else { continue }
            if url.endpoint.isTLS {
                context.stepping(into: "url").error(
                    "`https` upstreams are not supported yet", at: section.url.position,
                    remedy: "write `http://…` or `unix:/…`")
            }
            if url.hasPath {
                context.stepping(into: "url").error(
                    "\(shown(url.text)) has a path", at: section.url.position,
                    remedy: "leave it out and write `path: {add_prefix: …}` on the routes")
            }
            let upstream = Upstream(
                index: compiled.count, name: named.name, endpoint: url.endpoint,
                connectTimeout: section.connectTimeout.value ?? .seconds(2),
                responseTimeout: section.responseTimeout.value ?? .seconds(60),
                streamIdleTimeout: section.streamIdle.value ?? .seconds(300),
                idleConnectionsMax: section.idleConnections.value ?? 128,
                idleTimeout: section.idleTimeout.value ?? .seconds(60))
            compiled.append(CompiledUpstream(upstream: upstream, position: named.namePosition))
        }
        return compiled
    }
}
