import Foundation
import OAuthModel

/// The vectors that lie beside the tests.
enum Vectors {
    /// A file of Tests/Vectors as the JSON object it holds.
    static func object(_ path: String) throws -> JSONObject {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let bytes = try Data(contentsOf: tests.appending(path: "Vectors/\(path)"))
        let value = try JSONReader.read(Array(bytes), limits: JSONLimits(bytes: 16 << 20))
        guard let object = value.objectValue else { throw NoObject(path: path) }
        return object
    }

    struct NoObject: Error { let path: String }
}
