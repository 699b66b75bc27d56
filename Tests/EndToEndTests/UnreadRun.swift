import Foundation
import Glibc
import Testing

/// One run of a program one of whose outputs goes to a reader that has left.
struct UnreadRun {
    /// Nil when a signal ended it.
    let exitCode: Int32?

    /// - Parameter unread: the descriptor of that output; the other one is thrown away.
    init(_ program: String, _ arguments: [String], unread: Int32) throws {
        let path = try ProgramRun.executable(program).path
        var ends: [Int32] = [0, 0]
        let made = pipe(&ends)
        try #require(made == 0)
        // A program that another test starts must not become the reader.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        close(ends[0])
        defer { close(ends[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, unread == 1 ? 2 : 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], unread)
        // What these tests ignore the program would ignore as well, whether it says so or not.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let failed = posix_spawn(&process, path, &actions, &attributes, &words, environ)
        try #require(failed == 0)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        self.exitCode = status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
    }
}
