import Glibc

/// A temporary folder with what is in it, removed with the object.
package final class ScratchFolder: Sendable {
    package let path: String
    private let files = Monitor<[String]>([])

    package init() throws {
        let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(root)/bearergate-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SocketProblem(call: "mkdtemp", code: errno) }
        self.path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        self.files.withLock { for file in $0 { unlink(file) } }
        rmdir(self.path)
    }

    package func file(_ name: String) -> String {
        let path = "\(self.path)/\(name)"
        self.files.withLock { $0.append(path) }
        return path
    }
}
