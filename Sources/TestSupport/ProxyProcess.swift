import Glibc

/// The real executable, run with a configuration of its own for one test.
///
/// Tests that hold for any running proxy run against it when `BEARERGATE_EXECUTABLE` names a build of it: then it is the
/// shipped program that is attacked, not its rooms put together by a test.
///
/// Unchecked: nothing changes after `init` but what monitors guard.
final class ProxyProcess: @unchecked Sendable {
    /// The build to test, when one is named.
    static let executable = getenv("BEARERGATE_EXECUTABLE").map { String(cString: $0) }

    let address: TestAddress
    private let process: pid_t
    private let folder: ScratchFolder
    private let output: Output
    private let isStopped = Monitor(false)

    /// Starts it, and waits until it says that it serves.
    init(_ executable: String, configuration: String) throws {
        let folder = try ScratchFolder()
        let file = folder.file("bearergate.yaml")
        try Self.write(Self.complete(configuration, admin: folder.file("admin.sock")), to: file)
        self.folder = folder
        self.output = try Output()
        self.process = try Self.spawn(executable, arguments: ["serve", "--config", file], output: self.output)
        self.output.begin()
        self.address = try self.output.waitForAddress()
    }

    /// What it wrote so far, both of its outputs together.
    var log: String { self.output.text }

    /// Ends it at once, and waits for its end.
    ///
    /// - Returns: the signal that ended it, when it was not ours: it crashed.
    @discardableResult
    func stop() -> Int32? {
        self.isStopped.withLock { isStopped in
            guard !isStopped else { return nil }
            isStopped = true
            kill(self.process, SIGKILL)
            var status: Int32 = 0
            while waitpid(self.process, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7f
            return signal == SIGKILL ? nil : signal
        }
    }

    deinit { self.stop() }

    // MARK: Starting

    /// The admin listener would want the same port for each of many, and nobody reads the access log.
    private static func complete(_ configuration: String, admin: String) -> String {
        var text = configuration
        if !text.hasSuffix("\n") { text += "\n" }
        let lines = configuration.split(separator: "\n")
        if !lines.contains(where: { $0.hasPrefix("admin:") }) { text += "admin: {address: \"unix:\(admin)\"}\n" }
        if !lines.contains(where: { $0.hasPrefix("log:") }) { text += "log: {level: notice, access: \"off\"}\n" }
        if !lines.contains(where: { $0.hasPrefix("workers:") }) { text += "workers: 1\n" }
        return text
    }

    private static func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SocketProblem(call: "open \(path)", code: errno) }
        defer { close(file) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw SocketProblem(call: "write \(path)", code: errno) }
            rest = rest.dropFirst(count)
        }
    }

    private static func spawn(_ executable: String, arguments: [String], output: Output) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output.writeEnd, 1)
        posix_spawn_file_actions_adddup2(&actions, output.writeEnd, 2)
        var words = ([executable] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let result = posix_spawn(&process, executable, &actions, nil, &words, environ)
        guard result == 0 else { throw SocketProblem(call: "posix_spawn \(executable)", code: result) }
        return process
    }

    /// What the process writes, read by a thread to the end.
    private final class Output: Sendable {
        /// Enough to say what went wrong; what comes behind it is dropped.
        private static let bytesMax = 1 << 20

        private let readEnd: Int32
        let writeEnd: Int32
        private let read = Monitor((bytes: [UInt8](), hasEnded: false))

        init() throws {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw SocketProblem(call: "pipe", code: errno) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            (self.readEnd, self.writeEnd) = (ends[0], ends[1])
        }

        /// After the process has its end.
        func begin() {
            close(self.writeEnd)
            let (end, read) = (self.readEnd, self.read)
            TestThread.start {
                var chunk = [UInt8](repeating: 0, count: 65_536)
                while true {
                    let count = Glibc.read(end, &chunk, chunk.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { break }
                    read.withLock {
                        if $0.bytes.count < Self.bytesMax { $0.bytes.append(contentsOf: chunk[..<count]) }
                    }
                }
                close(end)
                read.withLock { $0.hasEnded = true }
            }
        }

        var text: String { self.read.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

        /// The first listener, as the line `serving` names it.
        func waitForAddress() throws -> TestAddress {
            let line = try self.read.wait(for: "the proxy to serve") { read -> Substring? in
                let lines = String(decoding: read.bytes, as: UTF8.self).split(separator: "\n")
                if let line = lines.first(where: { $0.contains(#""message":"serving""#) }) { return line }
                return read.hasEnded ? "" : nil
            }
            let mark = #""listeners":""#
            guard let start = line.firstRange(of: mark)?.upperBound else {
                throw SetUpProblem(text: "the proxy did not start: \(self.text)")
            }
            let first = line[start...].prefix { $0 != " " && $0 != "\"" }
            if first.hasPrefix("unix:") { return .unix(path: String(first.dropFirst(5))) }
            guard let port = first.split(separator: ":").last.flatMap({ UInt16($0) }) else {
                throw SetUpProblem(text: "no listener in: \(line)")
            }
            return .port(port)
        }
    }
}
