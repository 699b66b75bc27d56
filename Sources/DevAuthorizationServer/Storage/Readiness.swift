/// Whether the database takes writes, asked of it at most once in a while however many probes come.
actor Readiness {
    private let storage: Storage
    private let answerLifespan: Duration
    private var last: (at: ContinuousClock.Instant, isReady: Bool)?
    private var asking: Task<Bool, Never>?

    init(storage: Storage, answerLifespan: Duration) {
        self.storage = storage
        self.answerLifespan = answerLifespan
    }

    func isReady(at now: ContinuousClock.Instant) async -> Bool {
        if let asking { return await asking.value }
        if let last, now < last.at + self.answerLifespan { return last.isReady }
        let storage = self.storage
        let task = Task { (try? await storage.check()) != nil }
        self.asking = task
        let isReady = await task.value
        self.asking = nil
        self.last = (now, isReady)
        return isReady
    }
}
