import Foundation
import Hummingbird
import OAuthModel

/// A redirect URI that is the client's, and how it wants to be answered there.
///
/// Only the checks of the authorization request, in this file, can make one: nobody else sends a browser to an address
/// that came with a request.
struct RedirectTarget: Sendable {
    let uri: String
    /// As the request named it; nil when it left the choice to the one that is registered.
    let requestedURI: String?
    private let mode: Mode
    private let state: String?

    private enum Mode: String { case query, fragment, formPost = "form_post" }

    /// The address to answer at, if the request names a client's own.
    ///
    /// - Throws: what to tell on our own page, since there is no address to tell it to.
    init(_ request: AuthorizationRequest, of client: RegisteredClient) throws {
        if let name = request["response_mode"] {
            guard let mode = Mode(rawValue: name) else {
                throw HydraError.unsupportedResponseMode("It is none of 'query', 'fragment' and 'form_post'.")
            }
            self.mode = mode
        } else {
            // Where tokens were asked for, the client reads the fragment, errors too.
            self.mode = request.responseTypes.isDisjoint(with: ["token", "id_token"]) ? .query : .fragment
        }
        self.requestedURI = request["redirect_uri"]
        self.uri = try Self.uri(requested: self.requestedURI, registered: client.redirectURIs)
        self.state = request["state"]
    }

    private static func uri(requested: String?, registered: [String]) throws -> String {
        let uri: String
        if let requested {
            guard registered.contains(where: { $0.hasSameOctets(as: requested) || $0.isLoopbackTwin(of: requested) })
            else {
                throw HydraError.invalidRequest("The parameter 'redirect_uri' is none of the client's redirect URIs.")
            }
            uri = requested
        } else {
            guard registered.count == 1 else {
                throw HydraError.invalidRequest(
                    "The parameter 'redirect_uri' is missing, and the client has not exactly one redirect URI.")
            }
            uri = registered[0]
        }
        guard let address = WebAddress(uri), !address.scheme.isEmpty, !Self.runningSchemes.contains(address.scheme)
        else { throw HydraError.invalidRequest("The redirect URI is no address that a browser can be sent to.") }
        return uri
    }

    /// What decides where the answer goes, and what the client knows it by.
    static let parameters = ["client_id", "redirect_uri", "response_mode", "response_type", "state"]

    /// Addresses that are programs.
    static let runningSchemes = ["javascript", "data", "vbscript", "blob"]

    /// Whether nobody on the way can read what is sent there (contract §7.2): `https`, or `http` on this machine.
    var isSecure: Bool {
        WebAddress(self.uri)?.isSecure ?? false
    }

    /// Where the form of a page may lead whose answer sends the browser to a client (`form-action`, CSP Level 3 §6.5.1).
    ///
    /// Browsers hold every redirect behind a form against it, and where a client sends its user on to is not known here: a
    /// list of origins would strand users of clients that do. Nothing on these pages comes from elsewhere, so nothing there
    /// could make a form of its own.
    static func formTargets(leadingTo uri: String?) -> [String] {
        let scheme = uri.flatMap { WebAddress($0)?.scheme } ?? ""
        return ["'self'", "http:", "https:"] + (["", "http", "https"].contains(scheme) ? [] : [scheme + ":"])
    }

    /// The same for the client of a request, which may leave its address out if there is only one.
    static func formTargets(_ request: AuthorizationRequest, of client: RegisteredClient) -> [String] {
        self.formTargets(leadingTo: request["redirect_uri"] ?? client.redirectURIs.first)
    }

    /// The source expression by which a page may show what lies there (CSP Level 3 §2.3.1).
    ///
    /// An address with a host that none can be written for, such as `[::1]`, is let in by its scheme.
    static func contentSource(of uri: String) -> String {
        guard let address = WebAddress(uri) else { return "'none'" }
        let mayStand = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:/".utf8)
        guard let origin = address.origin, origin.utf8.allSatisfy(mayStand.contains) else {
            return address.scheme + ":"
        }
        return origin
    }

    /// The answer to the client: 303, or a page that posts itself.
    func answer(_ parameters: [FormURLEncoded.Parameter], cookies: [String] = []) -> Response {
        let stated = parameters + (self.state.map { [FormURLEncoded.Parameter(name: "state", value: $0)] } ?? [])
        switch self.mode {
        case .query:
            return Reply.redirect(.seeOther, to: self.uri.addingQuery(stated), cookies: cookies)
        case .fragment:
            return Reply.redirect(.seeOther, to: "\(self.uri)#\(stated.encodedText)", cookies: cookies)
        case .formPost:
            return FormPostPage(
                action: self.uri, fields: stated.map { ($0.name, $0.value) }
            ).response(cookies: cookies)
        }
    }

    /// RFC 6749 §4.1.2.1.
    func refusal(_ error: HydraError, cookies: [String] = []) -> Response {
        self.answer(
            [
                FormURLEncoded.Parameter(name: "error", value: error.error),
                FormURLEncoded.Parameter(name: "error_description", value: error.description),
            ], cookies: cookies)
    }
}

extension [FormURLEncoded.Parameter] {
    var encodedText: String { String(decoding: FormURLEncoded(self).encoded(), as: UTF8.self) }
}

extension String {
    /// The address with these parameters behind those that it has.
    func addingQuery(_ parameters: [FormURLEncoded.Parameter]) -> String {
        // By bytes: a `?` with a combining mark behind it still begins the query.
        let question = UInt8(ascii: "?")
        guard self.utf8.contains(question) else { return self + "?" + parameters.encodedText }
        let isOpen = self.utf8.last == question || self.utf8.last == UInt8(ascii: "&")
        return self + (isOpen ? "" : "&") + parameters.encodedText
    }

    /// RFC 8252 §7.3: a native app listens on any port of the loopback address; all else has to be equal.
    fileprivate func isLoopbackTwin(of other: String) -> Bool {
        for host in ["http://127.0.0.1", "http://[::1]"] {
            guard let mine = self.afterLoopback(host), let others = other.afterLoopback(host) else { continue }
            return mine.hasSameOctets(as: others)
        }
        return false
    }

    /// What follows host and port: nothing, a path or a query.
    ///
    /// Nil for another host, and for what only begins like it, such as `http://127.0.0.1.example`.
    private func afterLoopback(_ host: String) -> String? {
        guard self.utf8.starts(with: host.utf8) else { return nil }
        var rest = self.utf8.dropFirst(host.utf8.count)
        if rest.first == UInt8(ascii: ":") {
            let port = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard (1...5).contains(port.count) else { return nil }
            rest = rest[port.endIndex...]
        }
        guard rest.isEmpty || rest.first == UInt8(ascii: "/") || rest.first == UInt8(ascii: "?") else { return nil }
        return String(Substring(rest))
    }
}
