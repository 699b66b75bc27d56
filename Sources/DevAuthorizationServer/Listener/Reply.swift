import HTTPTypes
import Hummingbird
import NIOCore
import OAuthModel

/// Makes answers, with the caching fields that Hydra gives them.
enum Reply {
    /// Every route's answer, unless it says otherwise.
    static func json(_ body: JSONValue, status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]) -> Response {
        var headers: HTTPFields = [
            .contentType: "application/json; charset=utf-8",
            .cacheControl: "private, no-cache, no-store, must-revalidate",
        ]
        for field in fields { headers[field.name] = field.value }
        return Response(
            status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: JSONWriter.write(body))))
    }

    /// What carries a token or speaks of one is kept by nobody (RFC 6749 §5.1).
    static func secretJSON(_ body: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        self.json(body, status: status, fields: self.neverStored)
    }

    /// A signed answer (RFC 7519 §10.3.1).
    static func secretJWT(_ token: String) -> Response {
        var headers = Self.neverStored
        headers[.contentType] = "application/jwt"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: token)))
    }

    static func error(_ error: HydraError, fields: HTTPFields = [:]) -> Response {
        var all = Self.neverStored
        for field in fields { all[field.name] = field.value }
        let body = OAuthErrorResponse(OAuthErrorCode(error.error), description: error.description)
        return self.json(.object(body.json), status: error.status, fields: all)
    }

    static func empty(_ status: HTTPResponse.Status) -> Response {
        Response(status: status, headers: Self.neverStored)
    }

    /// Sends a browser elsewhere, with cookies on the way.
    static func redirect(_ status: HTTPResponse.Status, to address: String, cookies: [String] = []) -> Response {
        var headers = Self.neverStored
        headers[.location] = address.asFieldValue
        for cookie in cookies { headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return Response(status: status, headers: headers)
    }

    /// 404 in the words that the caller reads: JSON, a page or plain text.
    static func unknownRoute(accept: String?) -> Response {
        let accept = accept ?? ""
        if accept.contains("text/html") {
            return self.text("<!doctype html><title>404</title><h1>404: nothing is at this path</h1>\n", "text/html")
        }
        if accept.contains("text/plain") { return self.text("404: nothing is at this path\n", "text/plain") }
        return self.error(.unknownRoute)
    }

    private static func text(_ text: String, _ type: String) -> Response {
        Response(
            status: .notFound, headers: [.contentType: "\(type); charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    static let neverStored: HTTPFields = [.cacheControl: "no-store", .pragma: "no-cache"]
}

extension HTTPField.Name {
    static let pragma = HTTPField.Name("Pragma")!
}

extension String {
    /// The address in visible ASCII, as a field value has to be (RFC 9110 §5.5): all other bytes are escaped.
    fileprivate var asFieldValue: String {
        guard self.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) else { return self }
        return self.utf8.map { byte in
            guard byte <= 0x20 || byte >= 0x7F else { return String(Unicode.Scalar(byte)) }
            return (byte < 0x10 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
