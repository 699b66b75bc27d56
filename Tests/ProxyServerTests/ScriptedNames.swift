import Reactor
import Synchronization

/// The name service of a scripted proxy: what its names lead to for now, and what it has been asked.
final class ScriptedNames: Sendable {
    private let answers = Mutex<[String: Resolver.Answer]>([:])
    private let questions = Mutex<[String]>([])

    /// Other names do not exist.
    func set(_ host: String, to answer: Resolver.Answer) { self.answers.withLock { $0[host] = answer } }

    /// In the order in which they were looked up.
    var asked: [String] { self.questions.withLock { $0 } }

    func lookUp(_ host: String) -> Resolver.Answer {
        self.questions.withLock { $0.append(host) }
        return self.answers.withLock { $0[host] } ?? .failure(.noSuchName)
    }
}
