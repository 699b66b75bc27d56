import Foundation

/// The project's own files.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// One of its text files.
    struct File {
        /// From the top level, such as `Sources/JOSE/Keys/JSONWebKey.swift`.
        let path: String
        let text: String

        var components: [String] { self.path.split(separator: "/").map(String.init) }
    }

    /// Every Swift file below a folder, in the order of their paths.
    static func swiftFiles(under folder: String) throws -> [File] {
        try self.paths(under: folder).filter { $0.hasSuffix(".swift") }.map { try self.file($0) }
    }

    /// Every file that a person wrote: no build product, no vector, no image.
    static func writtenFiles() throws -> [File] {
        let paths = try self.topLevel().flatMap { try self.isFolder($0) ? self.paths(under: $0) : [$0] }
        return try paths.filter { path in
            !path.hasPrefix("Tests/Vectors/") || path.hasSuffix(".py") || path.hasSuffix(".md")
        }.map { try self.file($0) }
    }

    /// What stands at the top, less what git is told to ignore.
    static func topLevel() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self.root.path).filter { !self.isIgnored($0) }.sorted()
    }

    static func file(_ path: String) throws -> File {
        let data = try Data(contentsOf: self.root.appending(path: path))
        guard let text = String(data: data, encoding: .utf8) else { throw NotText(path: path) }
        return File(path: path, text: text)
    }

    static func folders(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self.root.appending(path: folder).path)
            .filter { self.isFolder("\(folder)/\($0)") }.sorted()
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: self.root.appending(path: path).path)
    }

    static func paths(under folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self.root.appending(path: folder).path).sorted()
            .filter { !self.isIgnored($0) && !(folder == "benchmarks" && $0 == ".run") }
            .flatMap { name in
                let path = "\(folder)/\(name)"
                return self.isFolder(path) ? try self.paths(under: path) : [path]
            }
    }

    private struct NotText: Error { let path: String }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        let url = self.root.appending(path: path)
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// The words of `.gitignore` that name things at the top or anywhere.
    private static func isIgnored(_ name: String) -> Bool {
        name == ".git" || name == ".build" || name.hasPrefix(".build-") || name.hasPrefix(".build_")
            || name == "Package.resolved" || name == ".swiftpm" || name == "__pycache__" || name == ".venv"
            || name.hasSuffix(".xcodeproj")
    }
}
