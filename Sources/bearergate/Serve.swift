import ArgumentParser
import Assembly
import Dispatch
import FoundationEssentials
import Glibc
import ProxyConfiguration
import Synchronization

/// `bearergate serve`: runs the proxy until it is told to stop.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the proxy.",
        discussion: """
            SIGHUP reads the file again (a bad one changes nothing), SIGTERM and SIGINT drain, a second one ends at once.

            Example:
              bearergate serve --config /etc/bearergate.yaml

            Exit codes: 0 drained and stopped, 2 wrong usage, a bad file, or something that cannot be had.
            """)

    @Option(name: .long, help: "The configuration file (YAML).")
    var config: String

    func run() async throws {
        // Before a secret is read.
        if !RunningProxy.keepMemoryPrivate() {
            Complaint.write("bearergate: core files cannot be forbidden here; a crash may write secrets to disk")
        }
        let signals = Signals()
        let proxy: RunningProxy
        do {
            proxy = try await RunningProxy.start(
                configuration: self.config,
                options: RunningProxy.Options(environment: ProcessInfo.processInfo.environment))
        } catch let problems as ConfigurationProblems {
            Complaint.write(problems.description)
            throw ExitCode(2)
        } catch let failure as StartFailure {
            Complaint.write("bearergate: \(failure.description)")
            throw ExitCode(2)
        }
        RunningProxy.forgetStart()
        var settling = self.forgetOnceSettled()
        defer { settling.cancel() }
        for await signal in signals.stream {
            switch signal {
            case .reload:
                signals.reload.begin()
                proxy.hangUp()
                settling.cancel()
                settling = self.forgetOnceSettled()
            case .stop:
                await proxy.drain(ending: { LastResort.exit(withinMilliseconds: LastResort.orderlyEndMax) }) {
                    [stream = signals.stream] in
                    for await again in stream where again == .stop { return }
                }
                return
            }
        }
    }

    /// Keys and metadata are fetched behind the start, and a reload is read behind its signal: the code of both is let go
    /// of when a server nearby has answered, when one far away has, and when what was not there has been tried anew.
    private func forgetOnceSettled() -> Task<Void, any Error> {
        Task {
            for milliseconds in [200, 800, 9_000] {
                try await Task.sleep(for: .milliseconds(milliseconds))
                RunningProxy.forgetStart()
            }
        }
    }
}

/// The signals that mean something to us, as values.
private struct Signals {
    enum Signal: Sendable { case reload, stop }

    let stream: AsyncStream<Signal>
    private let sources: [any DispatchSourceSignal]
    let reload: PendingReload

    init() {
        // One reload and two stops are all that may wait: the second stop ends the process.
        let (stream, continuation) = AsyncStream.makeStream(of: Signal.self, bufferingPolicy: .bufferingNewest(16))
        self.stream = stream
        let stops = StopCount()
        let reload = PendingReload()
        self.reload = reload
        self.sources = [(SIGHUP, Signal.reload), (SIGTERM, .stop), (SIGINT, .stop)].map { number, meaning in
            // Dispatch sees a signal only when its default action does not end the process first.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                // Whatever hangs then, the second one ends the process.
                if meaning == .stop, stops.next() > 1 { LastResort.exit(withinMilliseconds: LastResort.hurriedEndMax) }
                if meaning == .reload, !reload.request() { return }
                continuation.yield(meaning)
            }
            source.resume()
            return source
        }
    }
}

/// Whether a reload has been asked for and has not begun: further signals ask for the same one.
private final class PendingReload: Sendable {
    private let isPending = Mutex(false)

    /// - Returns: whether it was not pending before.
    func request() -> Bool {
        self.isPending.withLock { isPending in
            defer { isPending = true }
            return !isPending
        }
    }

    func begin() { self.isPending.withLock { $0 = false } }
}

/// How often the process was told to stop.
private final class StopCount: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        self.count.withLock {
            $0 += 1
            return $0
        }
    }
}

/// The end of the process that nothing can hold up: a lock, a full pipe, a file system that does not answer.
private enum LastResort {
    /// Closing what is open takes milliseconds, and a log that nobody reads its second: more means that something hangs.
    static let orderlyEndMax = 5_000
    /// Who asks a second time wants the end now.
    static let hurriedEndMax = 500

    private static let queue = DispatchQueue(label: "last-resort")

    /// 0 is what a process exits with whose rest was cut (SPEC §9).
    static func exit(withinMilliseconds time: Int) {
        self.queue.asyncAfter(deadline: .now() + .milliseconds(time)) { _exit(0) }
    }
}

/// One line a problem, on standard error.
enum Complaint {
    static func write(_ text: String) {
        ProcessLog.toStandardError(Array("\(text)\n".utf8))
    }
}
