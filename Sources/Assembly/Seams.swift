import AdminServer
import AuthorizationServerClient
import Glibc
import Observability
import ProxyConfiguration
import ProxyServer
import Reactor

// Rooms that must not know each other meet here.

extension IntrospectionEndpoint: RemoteIntrospection {}

extension AdminSettings {
    var options: AdminServerOptions {
        let address: AdminAddress =
            switch self.address {
            case .network(let host, let port): .network(host: host, port: port)
            case .unix(let path): .unix(path: path)
            }
        return AdminServerOptions(address: address, token: self.token, hosts: self.hosts)
    }
}

extension ProcessLog.Level {
    init(_ level: LogSettings.Level) {
        switch level {
        case .trace, .debug: self = .debug
        case .info: self = .info
        case .notice: self = .notice
        case .warning: self = .warning
        case .error, .critical: self = .error
        }
    }
}

extension ProcessLog {
    func say(_ event: RefreshEvent) {
        switch event {
        case .keysFetched(let server, let usable):
            self.say(.info, "keys fetched", [("server", server), ("usable", "\(usable)")])
        case .keyLeftOut(let server, let key):
            self.say(.warning, "a key is not used", [("server", server), ("key", "\(key)")])
        case .keysFailed(let server, let error):
            self.say(.warning, "keys could not be fetched", [("server", server), ("cause", "\(error)")])
        case .endpointFound(let server):
            self.say(.info, "introspection endpoint discovered", [("server", server)])
        case .endpointNotFound(let server, let error):
            self.say(.warning, "introspection endpoint not discovered", [("server", server), ("cause", "\(error)")])
        }
    }

    func say(_ trouble: AccessLogTrouble) {
        switch trouble {
        case .notWritten(let code):
            self.say(
                .error, "the access log loses lines: make room where it lies, or move it away and send SIGHUP",
                [("cause", String(cString: strerror(code)))])
        case .writtenAgain:
            self.say(.notice, "the access log is written again")
        case .notReopened(let error):
            self.say(
                .error, "the access log could not be opened anew: lines go on to where they went before",
                [("file", error.path), ("cause", error.cause)])
        }
    }

    func say(_ name: UnresolvedName) {
        self.say(
            .warning, "a host name does not resolve, and what needs it fails until it does: correct it, or the DNS",
            [("host", name.host), ("service", name.service), ("cause", name.cause.description)])
    }
}
