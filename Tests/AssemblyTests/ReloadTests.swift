import AdminServer
import Assembly
import Glibc
import TestSupport
import Testing

@Suite("Reloads (SPEC §6, §9)") struct ReloadTests {
    @Test(
        "a value that waits for a restart is a warning in the answer: what was taken away is still in force",
        arguments: [
            ("workers: 1", "workers: 2", "workers"),
            ("log: {access: \"off\"}", "log: {level: error, access: \"off\"}", "log"),
        ])
    func warnsOfRestart(before: String, after: String, key: String) async throws {
        try await withAssembledProxy { configuration, _ in
            configuration.top.append(before)
        } _: { proxy async throws in
            try proxy.rewrite(before, as: after)
            let outcome: ReloadOutcome = await proxy.running.reload()
            guard case .adopted(2, let warnings) = outcome else {
                Issue.record("not adopted: \(outcome)")
                return
            }
            #expect(warnings.count == 1 && warnings[0].contains("warning: `\(key)` has changed"), "\(warnings)")
        }
    }

    @Test("a network that is no longer trusted is trusted until the restart, and the answer says so")
    func warnsOfTrust() async throws {
        try await withAssembledProxy { configuration, _ in
            configuration.listenerKeys = ["trusted_peers: [127.0.0.0/8]"]
        } _: { proxy async throws in
            try proxy.rewrite("127.0.0.0/8", as: "192.0.2.0/24")
            let outcome: ReloadOutcome = await proxy.running.reload()
            guard case .adopted(_, let warnings) = outcome else {
                Issue.record("not adopted: \(outcome)")
                return
            }
            #expect(
                warnings.count == 1 && warnings[0].contains("`listeners[].trusted_peers` has changed"), "\(warnings)")
        }
    }

    /// Tests run on the threads that a reload must not hold: this one would not get to write what they wait for.
    @Test("while a file cannot be read others are answered, and those who ask meanwhile share one reading")
    func slowFile() async throws {
        try await withAssembledProxy { _, _ in
        } _: { proxy async throws in
            let path = proxy.folder.path + "/bearergate.yaml"
            let text = TextFile.lines(of: path).joined(separator: "\n") + "\n"
            try #require(unlink(path) == 0 && mkfifo(path, 0o600) == 0)
            let pipe = open(path, O_RDWR)
            try #require(pipe >= 0)
            let outcomes = try await withThrowingTaskGroup(of: ReloadOutcome.self) { group in
                for _ in 0..<64 { group.addTask { await proxy.running.reload() } }
                #expect(try await proxy.status(of: request("GET", "/public/x")) == 200)
                let written = Array(text.utf8).withUnsafeBytes { write(pipe, $0.baseAddress, $0.count) }
                close(pipe)
                #expect(written == text.utf8.count)
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.contains(.adopted(generation: 2, warnings: [])), "\(outcomes)")
            // Whoever came behind the first reading finds an empty pipe, all of them the same.
            #expect(proxy.log.current.count { $0.contains("configuration not reloaded") } <= 1)
        }
    }
}
