import Foundation
import Testing

@Suite("What fuzzing has found") struct FindingTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Vectors/fuzz")

    /// Each input that once broke a rule, below the name of its target.
    private static let inputs: [String] = {
        let manager = FileManager.default
        let targets = (try? manager.contentsOfDirectory(atPath: Self.folder.path)) ?? []
        return targets.sorted().flatMap { target in
            let names = try? manager.contentsOfDirectory(atPath: Self.folder.appending(path: target).path)
            return (names ?? []).sorted().map { "\(target)/\($0)" }
        }
    }()

    @Test("is mended: no input of the past breaks its target's rules", arguments: Self.inputs)
    func pastInput(path: String) throws {
        let target = try #require(FuzzTarget(rawValue: String(path.prefix { $0 != "/" })))
        // A broken rule ends the process, and says which one on its last line.
        target.run(Array(try Data(contentsOf: Self.folder.appending(path: path))))
    }

    @Test("is looked for: every target goes through its simplest inputs", arguments: FuzzTarget.allCases)
    func simpleInput(target: FuzzTarget) {
        for input in ["", "{}", "\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "/", "a=b", "0\r\n\r\n", "Bearer a"] {
            target.run(Array(input.utf8))
        }
        #expect(!Self.inputs.isEmpty)
    }
}
