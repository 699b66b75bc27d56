import Foundation
import Testing

@Suite("The systemd unit (deploy/systemd)") struct ServiceUnitTests {
    @Test("a capability is named together with `PrivateUsers=no`: in a user namespace of its own it binds no port")
    func capabilities() throws {
        let lines = try String(contentsOf: Self.unit, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        let remarks = lines.split { !$0.hasPrefix("#") }.map { $0.joined(separator: "\n") }
        let named = remarks.filter { $0.contains("CAP_") }
        #expect(!named.isEmpty)
        for remark in named { #expect(remark.contains("PrivateUsers=no")) }
        let settings = lines.filter { !$0.hasPrefix("#") }
        if settings.contains(where: { $0.contains("CAP_") }) { #expect(settings.contains("PrivateUsers=no")) }
    }

    private static let unit = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "deploy/systemd/bearergate.service")
}
