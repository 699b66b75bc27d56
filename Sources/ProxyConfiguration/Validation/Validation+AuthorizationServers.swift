import JOSE
import OAuthModel
import ProxyCore

/// An authorization server with the place where it is named.
struct CompiledServer {
    var server: AuthorizationServer
    var position: Position
}

extension Validation {
    func authorizationServers(limits: Limits) -> [CompiledServer] {
        var compiled: [CompiledServer] = []
        for named in self.file.authorizationServers.value ?? [] {
            guard
                ValueFormat.checkedName(named.name, at: named.namePosition, self.context("authorization_servers"))
                    != nil,
                let settings = self.settings(of: named, limits: limits)
            else { continue }
            let server = AuthorizationServer(
                index: compiled.count, settings: settings, state: self.state(for: settings))
            compiled.append(CompiledServer(server: server, position: named.namePosition))
        }
        return compiled
    }

    /// The previous generation's state when nothing about the server changed, else one that takes over what is still good
    /// of it: its cache, keys and breaker live on.
    private func state(for settings: AuthorizationServer.Settings) -> AuthorizationServerState {
        let former = self.previous?.authorizationServers.first { $0.settings.name == settings.name }
        if let former, former.settings == settings { return former.state }
        return AuthorizationServerState(
            settings: settings, jitter: UInt64.random(in: .min ... .max), succeeding: former)
    }

    private func settings(
        of named: Named<AuthorizationServerSection>, limits: Limits
    ) -> AuthorizationServer.Settings? {
        let section = named.value
        let context = self.context("authorization_servers.\(named.name)")
        guard let strategy = section.strategy.value else { return nil }
        let verifies = strategy != .introspect
        let introspects = strategy != .verify
        if verifies && section.issuer.isMissing {
            context.error(
                "strategy `\(strategy.rawValue)` needs `issuer`", at: section.strategy.position,
                remedy: "write the server's `issuer` byte for byte")
        }
        if verifies && section.jwt.isMissing {
            context.error(
                "strategy `\(strategy.rawValue)` needs `jwt`", at: section.strategy.position,
                remedy: "write `jwt: {jwks_uri: …, audiences: […]}`")
        }
        if introspects && section.introspection.isMissing {
            context.error(
                "strategy `\(strategy.rawValue)` needs `introspection`", at: section.strategy.position,
                remedy: "write `introspection: {endpoint: …}`")
        }
        self.warnIfUnused(section, context, verifies: verifies, introspects: introspects)
        let introspection = section.introspection.value.flatMap { self.introspection($0, of: section, context) }
        let jwt = section.jwt.value.flatMap { self.jwt($0, of: section, verifies: verifies, limits: limits, context) }
        var settings = AuthorizationServer.Settings(name: named.name, issuer: section.issuer.value, strategy: strategy)
        settings.introspection = introspects ? introspection : nil
        settings.jwt = verifies ? jwt : nil
        settings.allowsPlaintext = section.plaintext.value == .allow
        if let cache = section.cache.value {
            cache.ttl.value.map { settings.cache.lifetime = $0 }
            cache.negativeTTL.value.map { settings.cache.negativeLifetime = $0 }
            cache.size.value.map { settings.cache.bytesMax = $0 }
            if introspects, settings.cache.bytesMax < TokenCache.bytesForLongAnswers {
                self.problems.warning(
                    "`\(context.path).cache.size` is too small for long answers", at: cache.size.position,
                    remedy: "write `2MiB` or more: what does not fit is asked for again with each request")
            }
            cache.negativeSize.value.map { settings.cache.negativeBytesMax = $0 }
        }
        return settings
    }

    private func warnIfUnused(
        _ section: AuthorizationServerSection, _ context: ReadingContext, verifies: Bool, introspects: Bool
    ) {
        if !verifies && section.jwt.isWritten {
            self.problems.warning(
                "`\(context.path).jwt` is not used by strategy `introspect`", at: section.jwt.position,
                remedy: "leave it out, or write `strategy: verify_or_introspect`")
        }
        if !introspects && section.introspection.isWritten {
            self.problems.warning(
                "`\(context.path).introspection` is not used by strategy `verify`", at: section.introspection.position,
                remedy: "leave it out, or write `strategy: verify_or_introspect`")
        }
    }
}

// MARK: Introspection

extension Validation {
    private func introspection(
        _ section: IntrospectionSection, of server: AuthorizationServerSection, _ context: ReadingContext
    ) -> AuthorizationServer.Introspection? {
        let context = context.stepping(into: "introspection")
        let discovers = section.discover.value ?? false
        if discovers && section.endpoint.isWritten {
            context.error(
                "`endpoint` and `discover` exclude each other", at: section.discover.position,
                remedy: "keep one of them")
        } else if !discovers && section.endpoint.isMissing {
            context.error(
                "nothing says where the server answers", at: server.introspection.position,
                remedy: "write `endpoint: …` or `discover: true`")
        }
        self.insistOnIssuer(discovers ? section.discover : nil, server, context)
        let authentication = self.clientAuthentication(section.clientAuthentication, context)
        let method: ClientAuthenticationMethod = section.clientAuthentication.value?.method.value ?? .none
        if method == .none {
            self.warnOfReadableTokens(section.endpoint, server, context.stepping(into: "endpoint"))
        } else {
            self.insistOnPrivacy(
                section.endpoint, server, context.stepping(into: "endpoint"), what: "the proxy's secret")
        }
        if discovers {
            self.insistOnPrivateDiscovery(
                section.discover.position, server, context,
                what: method == .none ? "every client's token" : "the proxy's secret")
        }
        guard let timeout = section.timeout.value, let queue = section.queue.value, let wait = queue.wait.value else {
            return nil
        }
        if queue.wait.isWritten && wait > timeout {
            context.stepping(into: "queue").error(
                "waiting \(DurationText.text(wait)) is longer than the timeout, \(DurationText.text(timeout))",
                at: queue.wait.position, remedy: "at most \(DurationText.text(timeout))")
        }
        let breaker = section.breaker.value
        return AuthorizationServer.Introspection(
            endpoint: section.endpoint.value?.endpoint, discovers: discovers,
            isIssuerOptional: section.issuerOptional.value ?? false, clientAuthentication: authentication,
            timeout: timeout, retriesMax: section.retries.value ?? 1, concurrencyMax: section.concurrency.value ?? 256,
            waitingMax: queue.waiting.value ?? 1_024, waitMax: min(wait, timeout),
            breakerFailures: breaker?.failures.value ?? 5, breakerOpen: breaker?.open.value ?? .seconds(1))
    }

    private func clientAuthentication(
        _ written: Written<ClientAuthenticationSection>, _ context: ReadingContext
    ) -> ClientAuthentication {
        guard let section = written.value, let method = section.method.value else { return .none }
        let context = context.stepping(into: "client_authentication")
        let usesClient = method == .clientSecretBasic || method == .clientSecretPost
        self.insist(on: section.clientID, "client_id", usesClient, method, section.method.position, context)
        self.insist(on: section.clientSecret, "client_secret", usesClient, method, section.method.position, context)
        self.insist(on: section.token, "token", method == .bearer, method, section.method.position, context)
        let path = context.path
        switch method {
        case .clientSecretBasic, .clientSecretPost:
            guard let clientID = section.clientID.value,
                let secret = self.secrets.secret(section.clientSecret, path: "\(path).client_secret")
            else { return .none }
            let credentials = ClientCredentials(clientID: clientID, secret: secret)
            return method == .clientSecretBasic ? .clientSecretBasic(credentials) : .clientSecretPost(credentials)
        case .bearer:
            guard let token = self.secrets.secret(section.token, path: "\(path).token") else { return .none }
            guard BearerToken.isB64Token(token.bytes.span) else {
                context.error(
                    "the token holds bytes that a bearer token cannot", at: section.token.position,
                    remedy: "letters, digits and `-._~+/`, with `=` at the end (RFC 6750 §2.1)")
                return .none
            }
            return .bearer(token)
        case .none, .privateKeyJWT, .tlsClientAuth:
            return .none
        }
    }

    /// A key that the method needs is there, and one that it does not use is not.
    private func insist<Value>(
        on written: Written<Value>, _ key: String, _ isUsed: Bool, _ method: ClientAuthenticationMethod,
        _ position: Position, _ context: ReadingContext
    ) {
        if isUsed && written.isMissing {
            context.error("`\(method.rawValue)` needs `\(key)`", at: position, remedy: "write `\(key): …`")
        } else if !isUsed && written.isWritten {
            context.error("`\(method.rawValue)` does not use `\(key)`", at: written.position, remedy: "leave it out")
        }
    }
}

// MARK: Keys

extension Validation {
    private func jwt(
        _ section: JWTSection, of server: AuthorizationServerSection, verifies: Bool, limits: Limits,
        _ context: ReadingContext
    ) -> AuthorizationServer.JWT? {
        let context = context.stepping(into: "jwt")
        let policy = self.keyPolicy(of: section)
        let source = self.keySource(section, of: server, policy: policy, context)
        let leeway = section.leeway.value ?? .seconds(10)
        if !leeway.isMultiple(of: .seconds(1)) {
            context.stepping(into: "leeway").error(
                "\(DurationText.text(leeway)) is no whole number of seconds", at: section.leeway.position,
                remedy: "tokens tell time in seconds: write such as `10s`")
        }
        if verifies && section.audiences.isMissing {
            context.error(
                "nothing says whom tokens must be meant for", at: server.jwt.position,
                remedy: "write `audiences: […]`, or `audiences: any` to accept every token of this issuer")
        }
        guard let source, let audiences = section.audiences.value, let issuer = server.issuer.value else { return nil }
        var profile = JWTProfile(issuer: issuer.text, audiences: nil)
        if case .anyOf(let names) = audiences { profile.audiences = names }
        profile.algorithms = policy.algorithms
        profile.types = (section.types.value ?? []).map(\.value)
        profile.leewaySeconds = Int64(leeway / .seconds(1))
        profile.scopeClaims = (section.scopeClaims.value ?? []).map(\.value)
        // Whether a token without a subject will do is each route's own matter, asked on every request.
        profile.requiresSubject = false
        profile.tokenBytesMax = limits.token
        let refresh = section.refresh.value
        return AuthorizationServer.JWT(
            source: source, profile: profile, keyPolicy: policy,
            lifetime: refresh?.lifetime.value ?? .seconds(300), cooldown: refresh?.cooldown.value ?? .seconds(30),
            timeout: refresh?.timeout.value ?? .seconds(5), staleLimit: refresh?.staleLimit.value ?? .seconds(86_400))
    }

    /// Which keys are used, wherever they come from.
    private func keyPolicy(of section: JWTSection) -> KeyPolicy {
        var policy = KeyPolicy()
        section.minRSABits.value.map { policy.minRSABits = $0 }
        // Where no algorithm could be read, that is the problem, and not one of the keys.
        if let algorithms = section.algorithms.value, !algorithms.isEmpty {
            policy.algorithms = algorithms.map(\.value)
        }
        return policy
    }

    private func keySource(
        _ section: JWTSection, of server: AuthorizationServerSection, policy: KeyPolicy, _ context: ReadingContext
    ) -> AuthorizationServer.JWT.KeySource? {
        let discovers = section.discover.value ?? false
        let written = [section.keySetURI.isWritten, section.keySetFile.isWritten, discovers].count { $0 }
        guard written == 1 else {
            context.error(
                written == 0 ? "nothing says where the keys are" : "the keys come from more than one place",
                at: server.jwt.position, remedy: "write exactly one of `jwks_uri`, `jwks_file` and `discover: true`")
            return nil
        }
        if let url = section.keySetURI.value {
            if case .unix = url.endpoint.address {
                context.stepping(into: "jwks_uri").error(
                    "keys are not fetched from Unix sockets", at: section.keySetURI.position,
                    remedy: "write an `https://` URL, or `jwks_file`")
            }
            self.insistOnPrivacy(section.keySetURI, server, context.stepping(into: "jwks_uri"), what: "the key set")
            return .endpoint(url.text)
        }
        if let name = section.keySetFile.value {
            let path = ConfigurationFiles.resolve(name, from: self.folder)
            self.checkKeySetFile(
                path, as: name, at: section.keySetFile.position, policy: policy, context.stepping(into: "jwks_file"))
            return .file(path)
        }
        guard discovers else { return nil }
        self.insistOnIssuer(section.discover, server, context)
        self.insistOnPrivateDiscovery(section.discover.position, server, context, what: "the key set")
        return .discovery
    }

    /// A file that cannot be read, or holds no key that is used, is a problem at load, not a server without keys later.
    private func checkKeySetFile(
        _ path: String, as name: String, at position: Position, policy: KeyPolicy, _ context: ReadingContext
    ) {
        let bytes: [UInt8]
        do {
            // As long as it may be when it is read to be used, and no pipe either.
            bytes = try ConfigurationFiles.read(path, bytesMax: JSONWebKeySet.byteCountMax)
        } catch {
            context.error(
                "the key file \(shown(name)) \(error.summary)", at: position,
                remedy: "write the path of a JWK Set (RFC 7517 §5)")
            return
        }
        do throws(JSONWebKeySetError) {
            let keys = try JSONWebKeySet.read(bytes, policy: policy)
            self.checkUsableKeys(of: keys, as: name, at: position, policy: policy, context)
        } catch {
            switch error {
            case .tooManyKeys:
                context.error(
                    "the key file \(shown(name)) holds more than \(policy.keysMax) keys", at: position,
                    remedy: "leave out those that sign no access tokens")
            case .tooLarge, .notJSON, .notAKeySet:
                context.error(
                    "the key file \(shown(name)) holds no JWK Set", at: position,
                    remedy: "write the path of a JSON object with a list `keys` (RFC 7517 §5)")
            }
        }
    }

    /// Without any usable key every JWT would be answered 503, and without one of several those that it signed 401.
    private func checkUsableKeys(
        of keys: JSONWebKeySet, as name: String, at position: Position, policy: KeyPolicy, _ context: ReadingContext
    ) {
        let shownKeys = keys.leftOut.prefix(Self.leftOutKeysShownMax).map { "`\($0.description)`" }
        let more = keys.leftOut.count - shownKeys.count
        guard !keys.keys.isEmpty else {
            let leftOut = shownKeys.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
            context.error(
                "the key file \(shown(name)) holds no key"
                    + (leftOut.isEmpty ? "" : " that is used; left out are \(leftOut)"),
                at: position,
                remedy: "write public keys for some of \(policy.algorithms.map(\.name).joined(separator: ", "))")
            return
        }
        for key in shownKeys {
            context.warning(
                "the key file \(shown(name)) has a key that is left out: \(key)", at: position,
                remedy: "mend the key, or take it out of the file")
        }
        if more > 0 {
            context.warning(
                "the key file \(shown(name)) has \(more) more keys that are left out", at: position,
                remedy: "mend the keys, or take them out of the file")
        }
    }

    /// Whoever has more of them has the wrong file, and sees it by these.
    private static let leftOutKeysShownMax = 8
}

// MARK: Plaintext

extension Validation {
    /// What decides who is let in does not travel where others can read or change it, unless that is said.
    private func insistOnPrivacy(
        _ url: Written<ServiceURL>, _ server: AuthorizationServerSection, _ context: ReadingContext, what: String
    ) {
        guard self.isExposed(url, server) else { return }
        context.error(
            "\(what) would travel over http beyond this machine", at: url.position,
            remedy: "write an `https://` URL, or `plaintext: allow` on the server")
    }

    /// A network between a proxy and its server may be trusted with tokens and answers, but not without a word
    /// (RFC 7662 §4).
    private func warnOfReadableTokens(
        _ url: Written<ServiceURL>, _ server: AuthorizationServerSection, _ context: ReadingContext
    ) {
        guard self.isExposed(url, server) else { return }
        context.warning(
            "every client's token would travel over http beyond this machine, "
                + "and whoever is on the way could answer for the server",
            at: url.position, remedy: "write an `https://` URL, or `plaintext: allow` on the server")
    }

    /// Whether others can read and change what is said there, and nobody has allowed it.
    private func isExposed(_ url: Written<ServiceURL>, _ server: AuthorizationServerSection) -> Bool {
        guard server.plaintext.value == .refuse, let value = url.value else { return false }
        return value.isPlaintextBeyondThisMachine
    }

    /// Whoever can change the metadata names the server that is believed, secret or not (RFC 8414 §6.1).
    private func insistOnPrivateDiscovery(
        _ position: Position, _ server: AuthorizationServerSection, _ context: ReadingContext, what: String
    ) {
        // An issuer whose host we cannot read is not known to stay on this machine.
        guard server.plaintext.value == .refuse, let issuer = server.issuer.value, issuer.text.hasPrefix("http://"),
            ServiceURL(issuer.text)?.isLocal != true
        else { return }
        context.stepping(into: "discover").error(
            "where \(what) goes would be asked over http beyond this machine", at: position,
            remedy: "write an issuer with `https://`, or `plaintext: allow` on the server")
    }

    private func insistOnIssuer(
        _ discover: Written<Bool>?, _ server: AuthorizationServerSection, _ context: ReadingContext
    ) {
        guard let discover, server.issuer.isMissing else { return }
        context.stepping(into: "discover").error(
            "discovery needs the server's `issuer`", at: discover.position,
            remedy: "write `issuer: …` (RFC 8414 §3), or the endpoint itself")
    }
}
