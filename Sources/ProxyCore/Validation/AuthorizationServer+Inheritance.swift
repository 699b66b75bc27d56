extension AuthorizationServer {
    /// What of a server's state stays good when a reload changes its settings (SPEC §4, §9).
    ///
    /// Each part is kept only when nothing that made it has changed; a setting that nobody thought of here counts as one
    /// that decides answers.
    package struct Inheritance: Sendable, Hashable {
        /// Cached answers, accepted and rejected, and the flights that fetch them.
        package let answers: Bool
        /// The key set with its age, and how the last fetches went.
        package let keys: Bool
        package let breaker: Bool
        /// The endpoint that discovery found.
        package let discovery: Bool

        package init(from old: Settings, to new: Settings) {
            self.answers = Self.takingOverTimes(of: new, in: old) == new
            self.keys = Self.haveSameKeys(old, new)
            self.breaker = Self.haveSameBreaker(old, new)
            self.discovery =
                old.introspection?.discovers == true && new.introspection?.discovers == true
                && Self.discoverAlike(old, new)
        }

        /// `old` with what decides neither an answer nor how long it is kept as `new` has it: how a server is asked, and
        /// when its keys are fetched.
        private static func takingOverTimes(of new: Settings, in old: Settings) -> Settings {
            var settings = old
            if let calls = new.introspection {
                settings.introspection?.timeout = calls.timeout
                settings.introspection?.retriesMax = calls.retriesMax
                settings.introspection?.concurrencyMax = calls.concurrencyMax
                settings.introspection?.waitingMax = calls.waitingMax
                settings.introspection?.waitMax = calls.waitMax
                settings.introspection?.breakerFailures = calls.breakerFailures
                settings.introspection?.breakerOpen = calls.breakerOpen
            }
            if let jwt = new.jwt {
                settings.jwt?.lifetime = jwt.lifetime
                settings.jwt?.cooldown = jwt.cooldown
                settings.jwt?.timeout = jwt.timeout
                settings.jwt?.staleLimit = jwt.staleLimit
            }
            return settings
        }

        /// Keys from the same place, read by the same policy.
        private static func haveSameKeys(_ old: Settings, _ new: Settings) -> Bool {
            guard let former = old.jwt, let jwt = new.jwt, former.source == jwt.source,
                former.keyPolicy == jwt.keyPolicy
            else { return false }
            return jwt.source != .discovery || Self.discoverAlike(old, new)
        }

        /// The same endpoint under the same rules: an open breaker ends at a time that these gave it.
        private static func haveSameBreaker(_ old: Settings, _ new: Settings) -> Bool {
            guard let former = old.introspection, let calls = new.introspection,
                former.endpoint == calls.endpoint, former.discovers == calls.discovers,
                former.breakerFailures == calls.breakerFailures, former.breakerOpen == calls.breakerOpen
            else { return false }
            return !calls.discovers || Self.discoverAlike(old, new)
        }

        private static func discoverAlike(_ old: Settings, _ new: Settings) -> Bool {
            old.issuer == new.issuer && old.allowsPlaintext == new.allowsPlaintext
        }
    }
}
