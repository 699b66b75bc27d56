import OAuthModel

/// Fetches secrets from the files and variables that the configuration names; never shows one.
struct SecretResolution {
    let problems: ProblemCollector
    /// Where relative paths begin.
    let folder: String
    let environment: [String: String]

    /// The longest token or client secret that is used anywhere.
    private static let bytesMax = 16 << 10

    func secret(_ written: Written<SecretReference>, path: String) -> SecretBytes? {
        guard let reference = written.value else { return nil }
        let context = ReadingContext(problems: self.problems, path: path)
        let bytes: [UInt8]
        switch reference {
        case .file(let name):
            let file = ConfigurationFiles.resolve(name, from: self.folder)
            do {
                bytes = try ConfigurationFiles.read(file, bytesMax: Self.bytesMax, takesPipe: true)
            } catch {
                context.error(
                    "the secret file \(shown(name)) \(error.summary)", at: written.position,
                    remedy: "put the secret there, readable by the proxy's user only")
                return nil
            }
            if ConfigurationFiles.isReadableByEverybody(file) {
                self.problems.warning(
                    "`\(path)`: every user of this machine may read the secret file \(shown(name))",
                    at: written.position, remedy: "chmod o-r")
            }
        case .environment(let name):
            guard let value = self.environment[name] else {
                context.error(
                    "the environment variable \(shown(name)) is not set", at: written.position,
                    remedy: "set it before the proxy starts")
                return nil
            }
            bytes = Array(value.utf8)
        }
        let secret = Self.withoutLineEnd(bytes)
        guard !secret.isEmpty else {
            context.error("the secret is empty", at: written.position, remedy: "give it at least one byte")
            return nil
        }
        guard !secret.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            context.error(
                "the secret holds control characters", at: written.position, remedy: "one line with the secret alone")
            return nil
        }
        return SecretBytes(secret)
    }

    /// Editors end a file with a line end; it is not part of the secret.
    private static func withoutLineEnd(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        return bytes
    }
}
