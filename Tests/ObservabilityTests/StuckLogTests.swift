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

    @Test("behind a line that was cut, each line that is not written counts once: the access log")
    func countsBehindCutLine() throws {
        let pipe = try NamedPipe()
        let log = try AccessLog(format: .json, destination: .file(pipe.path), allowedShare: 1)
        log.append(LogFile.cutLine)
        log.start()
        #expect(pipe.read(LogFile.cutLine.count) == LogFile.cutLine.count)
        pipe.leave()
        for _ in 0..<7 { log.append(Self.line) }
        log.stop()
        #expect(log.dropped == 7)
    }

    @Test("behind a line that was cut, each line that nobody takes counts once: standard error")
    func countsBehindCutLineOfStandardError() throws {
        var ends: [Int32] = [0, 0]
        let made = pipe(&ends)
        try #require(made == 0)
        let writer = ImpatientWriter(descriptor: ends[1])
        // Written in pieces, so that the pipe is full within one of them.
        let line = [UInt8](repeating: 0x78, count: 9_999) + [0x0A]
        for _ in 0..<20 { writer.write(line) }
        close(ends[1])
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(ends[0], &part, part.count)
            guard count > 0 else { break }
            bytes += part[..<count]
        }
        close(ends[0])
        #expect(bytes.last == 0x78)
        #expect(Int(writer.dropped) == 20 - bytes.count { $0 == 0x0A })
    }

    @Test(
        "a file that is opened anew begins with a line; where it is the same file, the line that was cut ends first",
        arguments: [true, false])
    func reopensBehindCutLine(isMoved: Bool) throws {
        let file = try LogFile()
        let log = try AccessLog(format: .json, destination: .file(file.path), allowedShare: 1)
        if isMoved { try file.move() }
        log.append(LogFile.cutLine)
        // Taken together with the line, and heeded after it: what comes when that is written comes behind both.
        log.reopen()
        log.start()
        while (isMoved ? file.movedText : file.text).isEmpty { sched_yield() }
        log.append(Self.line)
        log.stop()
        let line = String(decoding: Self.line, as: UTF8.self)
        #expect(file.text == (isMoved ? line : "cut\n" + line))
        #expect(file.movedText == (isMoved ? "cut" : ""))
    }

    @Test(
        "a line that was cut when the process before this one ended is ended before the first of this one",
        arguments: [("cut", "cut\n"), ("whole\n", "whole\n"), ("", "")])
    func beginsBehindCutLine(before: String, kept: String) throws {
        let file = try LogFile(before)
        let log = try AccessLog(format: .json, destination: .file(file.path), allowedShare: 1)
        log.append(Self.line)
        log.start()
        log.stop()
        #expect(file.text == kept + String(decoding: Self.line, as: UTF8.self))
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

/// A file in a folder of its own, and the name that it is moved to.
private final class LogFile {
    let path: String
    private let movedPath: String
    private let folder: String

    /// What a full disk takes of a line.
    static let cutLine = Array("cut".utf8)

    init(_ text: String = "") throws {
        var template = Array("/tmp/bearergate-test-XXXXXX".utf8CString)
        let isMade = mkdtemp(&template) != nil
        try #require(isMade)
        self.folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.path = self.folder + "/log"
        self.movedPath = self.folder + "/moved"
        let descriptor = open(self.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        let count = Glibc.write(descriptor, bytes, bytes.count)
        try #require(count == bytes.count)
    }

    deinit {
        unlink(self.path)
        unlink(self.movedPath)
        rmdir(self.folder)
    }

    func move() throws {
        let result = rename(self.path, self.movedPath)
        try #require(result == 0)
    }

    var text: String { Self.text(of: self.path) }
    var movedText: String { Self.text(of: self.movedPath) }

    /// Empty when there is no such file.
    private static func text(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
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
