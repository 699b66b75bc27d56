import HTTPTypes
import Hummingbird
import NIOCore
import OAuthModel

/// Named values of a body or a query.
///
/// Where a name may be given twice, the first value counts.
struct FormFields: Sendable {
    let parameters: [FormURLEncoded.Parameter]

    var isEmpty: Bool { self.parameters.isEmpty }

    subscript(name: String) -> String? { self.parameters.first { $0.name == name }?.value }

    func values(of name: String) -> [String] { self.parameters.filter { $0.name == name }.map(\.value) }

    /// The names that are given more than once, where OAuth forbids it (RFC 6749 §3.1, §3.2).
    ///
    /// Which value counts is for a client and a server to disagree about, so none does.
    private var repeatedNames: [String] {
        var seen: Set<String> = []
        return self.parameters.map(\.name).filter { !Self.repeatable.contains($0) && !seen.insert($0).inserted }
    }

    /// Hydra's several audiences, and RFC 8707 §2.
    private static let repeatable = ["audience", "resource"]

    /// Refuses a request that repeats a parameter, or one of these.
    func requireEachOnce(among names: [String]? = nil) throws {
        guard let name = self.repeatedNames.first(where: { names?.contains($0) ?? true }) else { return }
        throw HydraError.invalidRequest("The parameter '\(name)' is given more than once.")
    }

    /// The value's words: split at single spaces, empty pieces dropped (Hydra's contract, §5).
    func words(of name: String) -> [String] { (self[name] ?? "").spaceSeparatedWords }
}

extension Call {
    /// The body of a form endpoint, URL-encoded or multipart; the query is not consulted.
    ///
    /// A body of another type is refused; none at all has no fields.
    func form() async throws -> FormFields {
        let bytes = try await self.bodyBytes()
        let type = MediaTypeField(self.request.headers[.contentType] ?? "")
        switch type.name {
        case "application/x-www-form-urlencoded":
            guard let form = try? FormURLEncoded(parsing: bytes) else {
                throw HydraError.invalidRequest("The body is not a well-formed form.")
            }
            return try FormFields(received: form.parameters)
        case "multipart/form-data":
            guard let boundary = type.parameters["boundary"], let form = MultipartForm(bytes, boundary: boundary) else {
                throw HydraError.invalidRequest("The body is not a well-formed form.")
            }
            return try FormFields(received: form.parameters)
        default:
            guard bytes.isEmpty else {
                throw HydraError.invalidRequest("The body is no form: send it as application/x-www-form-urlencoded.")
            }
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

extension FormFields {
    /// What a request brought.
    init(received parameters: [FormURLEncoded.Parameter]) throws {
        // A state is the client's own and goes back as it came.
        guard !parameters.contains(where: { $0.name.holdsNUL || $0.value.holdsNUL && $0.name != "state" }) else {
            throw HydraError.invalidRequest("A parameter holds a NUL character.")
        }
        self.parameters = parameters
    }
}

extension String {
    /// Whether U+0000 is in it.
    ///
    /// SQLite is given text that ends there, so a name with it would be stored, or looked up, as another name. No column may
    /// see one; JSON that is kept whole has it escaped.
    var holdsNUL: Bool { self.utf8.contains(0) }
}

/// How much of a body is read.
enum JSONBody {
    /// 1 MiB: what Hydra keeps of a form in memory, and far more than any client's description.
    static let limits = JSONLimits(depth: 32, bytes: 1 << 20)

    /// What was accepted is read back whole, though defaults and escapes may have made it longer.
    static let storedLimits = JSONLimits(depth: 33, bytes: 16 << 20)
}
