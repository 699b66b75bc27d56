import Foundation
import OAuthModel
import Testing

/// Where vectors are: ours beside the tests, third-party ones outside the repository.
enum Vectors {
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let own = repository.appending(path: "Tests/Vectors")

    /// The folder with third-party vectors, or nil if none was named and none lies beside the repository.
    static var thirdParty: URL? {
        get throws {
            let named = ProcessInfo.processInfo.environment["BEARERGATE_SHARED"]
            let root = named.map { URL(filePath: $0) } ?? self.repository.appending(path: "../shared").standardized
            let folder = root.appending(path: "testdata/jose")
            if FileManager.default.fileExists(atPath: folder.path) { return folder }
            // Whoever names a place means its vectors to be run.
            if let named { throw Missing(what: "BEARERGATE_SHARED is \(named), but \(folder.path) is not there") }
            return nil
        }
    }

    struct Missing: Error { let what: String }

    static func json(_ file: URL) throws -> JSONValue {
        try JSONReader.read([UInt8](Data(contentsOf: file)), limits: JSONLimits(bytes: 64 << 20))
    }

    /// Tells whoever counts how many third-party vectors this run has judged.
    static func report(_ count: Int) throws {
        print("third-party vectors: \(count) run")
        guard let path = ProcessInfo.processInfo.environment["BEARERGATE_VECTOR_COUNT"] else { return }
        if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(filePath: path)) }
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("third-party vectors: \(count) run\n".utf8))
    }
}

extension JSONValue {
    subscript(name: String) -> JSONValue? { self.objectValue?[name] }

    func string(_ name: String) throws -> String { try #require(self[name]?.stringValue, "\(name) is a string") }
    func array(_ name: String) throws -> [JSONValue] { try #require(self[name]?.arrayValue, "\(name) is a list") }
    func integer(_ name: String) throws -> Int { Int(try #require(self[name]?.numberValue?.int64, "\(name) is whole")) }
    func hex(_ name: String) throws -> [UInt8] { try [UInt8](hex: self.string(name)) }
}

extension [UInt8] {
    init(hex: String) throws {
        let digits = Array<UInt8>(hex.utf8)
        try #require(digits.count % 2 == 0)
        self = try stride(from: 0, to: digits.count, by: 2).map { index in
            let pair = String(decoding: digits[index..<index + 2], as: UTF8.self)
            return try #require(UInt8(pair, radix: 16))
        }
    }

    var hex: String { self.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
