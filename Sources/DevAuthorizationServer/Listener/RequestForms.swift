import HTTPTypes
import Hummingbird
import NIOCore
import OAuthModel

/// Named values of a body or a query.
///
/// Of a name that was given twice the first value counts, as in Hydra.
struct FormFields: Sendable {
    let parameters: [FormURLEncoded.Parameter]

    var isEmpty: Bool { self.parameters.isEmpty }

    subscript(name: String) -> String? { self.parameters.first { $0.name == name }?.value }

    func values(of name: String) -> [String] { self.parameters.filter { $0.name == name }.map(\.value) }

    /// The value's words: split at single spaces, empty pieces dropped (Hydra's contract, §5).
    func words(of name: String) -> [String] { (self[name] ?? "").split(separator: " ").map(String.init) }
}

extension Call {
    /// The body of a form endpoint, URL-encoded or multipart; the query is not consulted.
    ///
    /// A body of another type has no fields at all, which is what its sender is then told.
    func form() async throws -> FormFields {
        let bytes = try await self.bodyBytes()
        let type = MediaTypeField(self.request.headers[.contentType] ?? "")
        switch type.name {
        case "application/x-www-form-urlencoded":
            guard let form = try? FormURLEncoded(parsing: bytes) else {
                throw HydraError.invalidRequest("The body is not a well-formed form.")
            }
            return FormFields(parameters: form.parameters)
        case "multipart/form-data":
            guard let boundary = type.parameters["boundary"], let form = MultipartForm(bytes, boundary: boundary) else {
                throw HydraError.invalidRequest("The body is not a well-formed form.")
            }
            return FormFields(parameters: form.parameters)
        default:
            return FormFields(parameters: [])
        }
    }

    /// The body of a JSON endpoint; its content type is not looked at.
    func jsonObject() async throws -> JSONObject {
        guard let object = try await self.jsonValue().objectValue else {
            throw HydraError.malformed("The body is not a JSON object.")
        }
        return object
    }

    /// The same of one that may be another value than an object.
    func jsonValue() async throws -> JSONValue {
        let bytes = try await self.bodyBytes()
        do {
            return try JSONReader.read(bytes, limits: JSONBody.limits)
        } catch {
            throw HydraError.malformed("The body is not JSON: \(error.reason) at byte \(error.offset).")
        }
    }

    private func bodyBytes() async throws -> [UInt8] {
        do {
            var buffer = try await self.request.body.collect(upTo: JSONBody.limits.bytes)
            return buffer.readBytes(length: buffer.readableBytes) ?? []
        } catch is NIOTooManyBytesError {
            throw HydraError.bodyTooLarge
        }
    }
}

/// How much of a body is read.
enum JSONBody {
    /// 1 MiB: what Hydra keeps of a form in memory, and far more than any client's description.
    static let limits = JSONLimits(depth: 32, bytes: 1 << 20)

    /// What was accepted is read back whole, though defaults and escapes may have made it longer.
    static let storedLimits = JSONLimits(depth: 33, bytes: 16 << 20)
}
