import Assembly
import TestSupport
import Testing

@Suite("What is said of names (SPEC §5)", .serialized) struct UnresolvedNameTests {
    @Test("a name that does not resolve is a warning with what would be right, at start and at a reload, once each")
    func warns() async throws {
        try await withAssembledProxy { configuration, _ in
            configuration.upstreamURL = "http://nonexistent.invalid:9000"
            configuration.top.append("workers: 3")
        } _: { proxy async throws in
            func said() -> [String] { proxy.log.current.filter { $0.contains("a host name does not resolve") } }
            try eventually("the warning") { !said().isEmpty }
            let line = try #require(said().first)
            #expect(line.contains(#""level":"warning""#) && line.contains("correct it"))
            #expect(line.contains(#""host":"nonexistent.invalid""#) && line.contains(#""service":"main""#))
            proxy.running.hangUp()
            try eventually("the warning again") { said().count == 2 }
        }
    }
}
