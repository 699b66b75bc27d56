import AdminServer
import Assembly
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Reloads (SPEC §6, §9)") struct ReloadTests {
    @Test(
        "a value that waits for a restart is a warning in the answer, one a key: what was taken away is still in force",
        arguments: [
            ("workers: 1", "workers: 2", "workers"),
            ("log: {access: \"off\"}", "log: {level: error, access: \"off\"}", "log"),
            ("127.0.0.0/8", "192.0.2.0/24", "listeners[].trusted_peers"),
            // Whom another listener trusts is no change of its own.
            ("listeners: [", "listeners: [{address: \"127.0.0.1:0\"}, ", "listeners"),
        ])
    func warnsOfRestart(before: String, after: String, key: String) async throws {
        try await withAssembledProxy { configuration, _ in
            configuration.top.append("workers: 1")
            configuration.listenerKeys = ["trusted_peers: [127.0.0.0/8]"]
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

    /// Tests run on the threads that a reload must not hold: this one would not get to write what they wait for.
    @Test("while a file cannot be read others are answered, and those who ask meanwhile share one reading")
    func slowFile() async throws {
        try await withAssembledProxy { _, _ in
        } _: { proxy async throws in
            let text = TextFile.lines(of: proxy.configurationPath).joined(separator: "\n") + "\n"
            let (pipe, descriptor) = try proxy.makePipeOfConfiguration()
            let outcomes = try await withThrowingTaskGroup(of: ReloadOutcome.self) { group in
                for _ in 0..<64 { group.addTask { await proxy.running.reload() } }
                #expect(try await proxy.status(of: request("GET", "/public/x")) == 200)
                try pipe.write(contentsOf: Data(text.utf8))
                try eventually("the file to be read") {
                    var left: Int32 = -1
                    return ioctl(descriptor, UInt(FIONREAD), &left) == 0 && left == 0
                }
                try pipe.close()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.contains(.adopted(generation: 2, warnings: [])), "\(outcomes)")
            // Whoever came behind the first reading finds an empty pipe, all of them the same.
            #expect(proxy.log.current.count { $0.contains("configuration not reloaded") } <= 1)
        }
    }

    @Test("who waits no longer is answered at once, as when the proxy stops while a file cannot be read")
    func givenUp() async throws {
        try await withAssembledProxy { _, _ in
        } _: { proxy async throws in
            let (pipe, _) = try proxy.makePipeOfConfiguration()
            let asked = Task { await proxy.running.reload() }
            asked.cancel()
            #expect(await asked.value == .refused(problems: ["given up while the file was being read"]))
            await proxy.running.stop()
            try pipe.close()
        }
    }
}
