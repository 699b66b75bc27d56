import Dispatch
import Glibc
import Synchronization
import Testing

@testable import Observability

@Suite(
    "Logs that nobody takes (SPEC §9): they cost lines, never requests and never the process's end",
    .timeLimit(.minutes(1)))
struct StuckLogTests {
    private static let line = Array(String(repeating: "x", count: 99).utf8) + [0x0A]

    @Test("the access log stops although its pipe is full and nobody reads it, and a second time at once")
    func stops() throws {
        let pipe = try NamedPipe()
        let log = try AccessLog(format: .json, destination: .file(pipe.path), allowedShare: 1)
        log.start()
        // A pipe takes 64 KiB unless somebody has enlarged it.
        let count = 20_000
        for _ in 0..<count { log.append(Self.line) }
        log.stop()
        log.stop()
        // The thread that was given up hangs in its write; read, it goes on to its end.
        #expect(pipe.read(count * Self.line.count) == count * Self.line.count)
    }

    @Test("a pipe that nobody reads, and a socket, are an error with the reason: opening never waits")
    func nobodyReads() throws {
        let pipe = try NamedPipe()
        pipe.leave()
        let error = #expect(throws: AccessLogError.self) {
            try AccessLog(format: .json, destination: .file(pipe.path), allowedShare: 1)
        }
        #expect(error == AccessLogError(path: pipe.path, code: ENXIO))
        #expect(error?.cause.contains("nobody reads") == true)
    }

    @Test("what nobody takes is dropped beyond a bound, and taking a line never waits")
    func bounded() throws {
        let pipe = try NamedPipe()
        let log = try AccessLog(format: .json, destination: .file(pipe.path), allowedShare: 1)
        let million = [UInt8](repeating: 0x78, count: 1 << 20)
        for _ in 0..<6 { log.append(million) }
        #expect(log.dropped == 2)
    }

    @Test("a batch that the disk does not take counts each of its lines")
    func countsLines() throws {
        let log = try AccessLog(format: .json, destination: .file("/dev/full"), allowedShare: 1)
        for _ in 0..<7 { log.append(Self.line) }
        log.start()
        log.stop()
        #expect(log.dropped == 7)
    }

    @Test("that lines are lost is told once, with the reason, and that they no longer are")
    func tellsOfLoss() throws {
        let folder = "/tmp/bearergate-log-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        mkdir(folder, 0o700)
        let path = folder + "/log"
        symlink("/dev/full", path)
        let told = Mutex<[AccessLogTrouble]>([])
        let oneMore = DispatchSemaphore(value: 0)
        let log = try AccessLog(format: .json, destination: .file(path), allowedShare: 1)
        log.append(Self.line)
        log.start { trouble in
            told.withLock { $0.append(trouble) }
            oneMore.signal()
        }
        oneMore.wait()
        // What is pending is written before the file is opened anew.
        log.append(Self.line)
        unlink(path)
        rmdir(folder)
        log.reopen()
        oneMore.wait()
        #expect(log.dropped == 2)
        mkdir(folder, 0o700)
        log.reopen()
        // A line that is taken together with the signal still goes to the old file; one of the next finds the new one.
        repeat { log.append(Self.line) } while oneMore.wait(timeout: .now() + .milliseconds(20)) == .timedOut
        log.stop()
        unlink(path)
        rmdir(folder)
        #expect(
            told.withLock { $0 } == [
                .notWritten(code: ENOSPC), .notReopened(AccessLogError(path: path, code: ENOENT)), .writtenAgain,
            ])
    }

    @Test(
        "standard error that nobody reads holds nobody up: lines are dropped, counted, and whole again once it is read")
    func standardError() throws {
        var ends: [Int32] = [0, 0]
        let made = pipe(&ends)
        try #require(made == 0)
        let writer = ImpatientWriter(descriptor: ends[1])
        // A pipe takes 64 KiB unless somebody has enlarged it.
        let count = 10_000
        for _ in 0..<count { writer.write(Self.line) }
        let dropped = Int(writer.dropped)
        #expect(dropped > 0 && dropped < count)
        var bytes = [UInt8](repeating: 0, count: count * Self.line.count)
        let taken = Glibc.read(ends[0], &bytes, bytes.count)
        #expect(taken > 0)
        writer.write(Self.line)
        #expect(Int(writer.dropped) == dropped)
        close(ends[1])
        var lines = Array(bytes[..<taken])
        while true {
            let more = Glibc.read(ends[0], &bytes, bytes.count)
            guard more > 0 else { break }
            lines += bytes[..<more]
        }
        close(ends[0])
        #expect(Array(lines.suffix(Self.line.count)) == Self.line)
        #expect(lines.count { $0 == 0x0A } >= count - dropped + 1)
    }
}

/// A pipe with a name, whose reader is there and reads only when told.
private final class NamedPipe {
    let path: String
    private let folder: String
    private var reader: Int32

    init() throws {
        // A writer that is left behind writes on when the reader has gone.
        signal(SIGPIPE, SIG_IGN)
        var template = Array("/tmp/bearergate-test-XXXXXX".utf8CString)
        let isMade = mkdtemp(&template) != nil
        try #require(isMade)
        self.folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.path = self.folder + "/pipe"
        try #require(mkfifo(self.path, 0o600) == 0)
        self.reader = open(self.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        try #require(self.reader >= 0)
    }

    /// Nobody reads it any more.
    func leave() {
        close(self.reader)
        self.reader = -1
    }

    deinit {
        if self.reader >= 0 { close(self.reader) }
        unlink(self.path)
        rmdir(self.folder)
    }

    /// - Returns: how many bytes came, waiting for each as long as a busy machine may take.
    func read(_ count: Int) -> Int {
        var total = 0
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while total < count {
            var interest = pollfd(fd: self.reader, events: Int16(POLLIN), revents: 0)
            guard poll(&interest, 1, 60_000) > 0 else { break }
            let taken = Glibc.read(self.reader, &bytes, bytes.count)
            guard taken > 0 else { break }
            total += taken
        }
        return total
    }
}
