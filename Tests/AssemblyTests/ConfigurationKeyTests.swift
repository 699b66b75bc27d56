import AdminServer
import Assembly
import Glibc
import TestSupport
import Testing

/// From the key in the file to what the running program does: a key that nobody heeds fails here.
@Suite("The running program heeds its configuration (SPEC §3)", .serialized) struct ConfigurationKeyTests {
    @Test("`workers` is how many loops run", arguments: [1, 3])
    func workers(count: Int) async throws {
        try await withAssembledProxy { configuration, _ in
            configuration.top.append("workers: \(count)")
        } _: { proxy async throws in
            let serving = proxy.log.current.first { $0.contains("\"message\":\"serving\"") }
            #expect(serving?.contains("\"workers\":\"\(count)\"") == true)
        }
    }

    @Test("`socket_mode` is the mode of the listener's file", arguments: [0o600, 0o660, 0o622] as [UInt32])
    func socketMode(mode: UInt32) async throws {
        try await withAssembledProxy { configuration, folder in
            configuration.listener = "unix:" + folder.file("proxy.sock")
            configuration.listenerKeys = ["socket_mode: 0\(String(mode, radix: 8))"]
        } _: { proxy async throws in
            #expect(TextFile.mode(of: proxy.folder.path + "/proxy.sock") == mode)
            #expect(try await proxy.status(of: request("GET", "/public/x")) == 200)
        }
    }

    @Test(
        "`trusted_peers`: who is named there keeps its `X-Request-Id`, who is not gets a new one",
        arguments: [true, false])
    func trustedPeers(isTrusted: Bool) async throws {
        try await withAssembledProxy { configuration, _ in
            configuration.listenerKeys = ["trusted_peers: [\(isTrusted ? "127.0.0.0/8" : "10.0.0.0/8")]"]
        } _: { proxy async throws in
            let fields = ["X-Request-Id: mine", "X-Forwarded-For: 192.0.2.1"]
            #expect(try await proxy.status(of: request("GET", "/public/x", fields)) == 200)
            let seen = try #require(proxy.upstream.requests.first)
            #expect((seen.value("x-request-id") == "mine") == isTrusted)
            #expect(seen.values("x-forwarded-for").joined().contains("192.0.2.1") == isTrusted)
        }
    }

    // MARK: Logs

    @Test("`log.level` is the least that is said", arguments: [("error", false), ("warning", false), ("notice", true)])
    func level(name: String, saysServing: Bool) async throws {
        try await withAssembledProxy { configuration, _ in
            configuration.top.append("log: {level: \(name), access: \"off\"}")
        } _: { proxy async throws in
            #expect(proxy.log.current.contains { $0.contains("serving") } == saysServing)
            try TextFile.write("version: 2\n", to: proxy.configurationPath)
            proxy.running.hangUp()
            try eventually("the refusal") { proxy.log.current.contains { $0.contains("configuration not reloaded") } }
        }
    }

    @Test("`log.format: text` holds for both logs", arguments: [true, false])
    func format(isText: Bool) async throws {
        try await withAssembledProxy { configuration, folder in
            let format = isText ? "text" : "json"
            configuration.top.append("log: {format: \(format), access: \"\(folder.file("access.log"))\"}")
        } _: { proxy async throws in
            #expect(try await proxy.status(of: request("GET", "/public/x")) == 200)
            await proxy.running.stop()
            let lines = TextFile.lines(of: proxy.folder.path + "/access.log").map(String.init)
            #expect(lines.count == 1)
            for line in lines + proxy.log.current.filter({ $0.contains("serving") }) {
                #expect(line.hasPrefix(isText ? "time=\"" : "{\"time\":\""))
            }
        }
    }

    @Test("`log.sample_allowed` is the share of allowed requests in the access log; refusals are all there")
    func sampleAllowed() async throws {
        try await withAssembledProxy { configuration, folder in
            configuration.top.append("workers: 1")
            configuration.top.append("log: {sample_allowed: 0.25, access: \"\(folder.file("access.log"))\"}")
        } _: { proxy async throws in
            for _ in 0..<16 {
                #expect(try await proxy.status(of: request("GET", "/public/x")) == 200)
                #expect(try await proxy.status(of: request("GET", "/nowhere")) == 404)
            }
            await proxy.running.stop()
            let lines = TextFile.lines(of: proxy.folder.path + "/access.log")
            #expect(lines.count { $0.contains("\"status\":200") } == 4)
            #expect(lines.count { $0.contains("\"status\":404") } == 16)
        }
    }

    @Test(
        "`log.access: FILE`: SIGHUP and `POST /reload` open it anew, so that a moved file gets nothing more",
        arguments: [true, false])
    func reopens(bySignal: Bool) async throws {
        try await withAssembledProxy { configuration, folder in
            configuration.top.append("log: {access: \"\(folder.file("access.log"))\"}")
            _ = folder.file("moved.log")
        } _: { proxy async throws in
            let (path, moved) = (proxy.folder.path + "/access.log", proxy.folder.path + "/moved.log")
            #expect(try await proxy.status(of: request("GET", "/public/before")) == 200)
            try eventually("the line before") { TextFile.lines(of: path).count == 1 }
            try #require(rename(path, moved) == 0)
            if bySignal {
                proxy.running.hangUp()
            } else {
                let outcome: ReloadOutcome = await proxy.running.reload()
                #expect(outcome == .adopted(generation: 2, warnings: []))
            }
            try eventually("the new file") { TextFile.mode(of: path) != 0 }
            #expect(try await proxy.status(of: request("GET", "/public/after")) == 200)
            await proxy.running.stop()
            #expect(TextFile.lines(of: moved).map { $0.contains("/public/before") } == [true])
            #expect(TextFile.lines(of: path).map { $0.contains("/public/after") } == [true])
        }
    }
}
