import Foundation
import HTTPTypes
import Hummingbird
import JOSE
import NIOCore

/// A page of the server: plain HTML, one style sheet, no script.
struct WebPage: Sendable {
    var title: String
    var body: HTML
    var status = HTTPResponse.Status.ok
    /// Where its forms may lead, redirects included (CSP Level 3 §6.4.2).
    var formTargets: [String] = ["'self'"]
    /// What it may show in frames.
    var frames: [String] = []
    /// Where it goes by itself after a moment.
    var next: String?
    /// The one script that a page may have, written here.
    var script: StaticString?

    func response(cookies: [String] = []) -> Response {
        var headers = Reply.neverStored
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.contentSecurityPolicy] = self.policy
        headers[.xContentTypeOptions] = "nosniff"
        // Addresses of these pages hold challenges, which are nobody else's.
        headers[.referrerPolicy] = "no-referrer"
        headers[.frameOptions] = "DENY"
        for cookie in cookies { headers.append(HTTPField(name: .setCookie, value: cookie)) }
        return Response(
            status: self.status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: self.text)))
    }

    private var text: String {
        let refresh: HTML = self.next.map { "<meta http-equiv=\"refresh\" content=\"2;url=\($0)\">\n" } ?? ""
        let page: HTML = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            \(refresh)<title>\(self.title)</title>
            """
        let script = self.script.map { "<script>\($0)</script>\n" } ?? ""
        return """
            \(page.text)
            <style>\(Self.style)</style>
            </head>
            <body>
            <main>
            \(self.body.text)
            </main>
            <footer>Authorization server for development</footer>
            \(script)</body>
            </html>

            """
    }

    private var policy: String {
        var parts = [
            "default-src 'none'", "style-src \(Self.styleHash)", "base-uri 'none'", "frame-ancestors 'none'",
            "form-action \(self.formTargets.joined(separator: " "))",
        ]
        if let script { parts.append("script-src \(Self.hash("\(script)"))") }
        if !self.frames.isEmpty { parts.append("frame-src \(self.frames.joined(separator: " "))") }
        return parts.joined(separator: "; ")
    }

    private static let styleHash = Self.hash(Self.style)

    private static func hash(_ text: String) -> String {
        "'sha256-\(Data(SHA256Digest.digest(of: Array(text.utf8)).bytes).base64EncodedString())'"
    }

    private static let style = """

        :root { color-scheme: light dark; --ink: #1b2430; --soft: #5b6675; --line: #d5dbe3; --ground: #f2f4f7; --card: #fff;
          --accent: #1f5fbf; --on-accent: #fff; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e8ecf1; --soft: #a2adba; --line: #3a4552; --ground: #12171d;
          --card: #1c232b; --accent: #6aa5f8; --on-accent: #0c1521; } }
        * { box-sizing: border-box; }
        body { margin: 0; min-height: 100vh; padding: 1rem; display: flex; flex-direction: column; align-items: center;
          justify-content: center; background: var(--ground); color: var(--ink);
          font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        main { width: 100%; max-width: 25rem; padding: 1.75rem; background: var(--card); border: 1px solid var(--line);
          border-radius: .75rem; overflow-wrap: anywhere; }
        footer { margin-top: 1rem; color: var(--soft); font-size: .8rem; }
        h1 { margin: 0 0 .5rem; font-size: 1.35rem; line-height: 1.25; }
        p { margin: 0 0 1rem; color: var(--soft); }
        strong, p code { color: var(--ink); }
        small { display: block; color: var(--soft); font-size: .85rem; line-height: 1.3; }
        main > :last-child { margin-bottom: 0; }
        fieldset { margin: 0 0 1rem; padding: 0; border: 1px solid var(--line); border-radius: .5rem; overflow: hidden; }
        legend { float: left; width: 100%; padding: .5rem .9rem; color: var(--soft); font-size: .85rem;
          border-bottom: 1px solid var(--line); }
        label { clear: both; display: flex; gap: .75rem; align-items: center; min-height: 2.9rem; padding: .5rem .9rem;
          cursor: pointer; }
        fieldset label + label { border-top: 1px solid var(--line); }
        label.alone { padding: 0 0 .5rem; }
        input { flex: none; width: 1.15rem; height: 1.15rem; margin: 0; accent-color: var(--accent); }
        code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .9rem; }
        .actions { display: flex; gap: .75rem; margin-top: 1rem; }
        button { flex: 1; min-height: 2.9rem; padding: 0 1rem; border: 1px solid var(--line); border-radius: .5rem;
          background: transparent; color: var(--ink); font: inherit; cursor: pointer; }
        button.main { border-color: var(--accent); background: var(--accent); color: var(--on-accent); font-weight: 600; }
        button:focus-visible, input:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        iframe { display: none; }

        """
}

/// `response_mode=form_post` (OAuth 2.0 Form Post Response Mode §2): a page that posts the answer to the client.
///
/// Its one script presses the button; where scripts are off the user does.
struct FormPostPage: Sendable {
    let action: String
    let fields: [(name: String, value: String)]

    func response(cookies: [String]) -> Response {
        let inputs = self.fields.map { field -> HTML in
            "<input type=\"hidden\" name=\"\(field.name)\" value=\"\(field.value)\">\n"
        }
        return WebPage(
            title: "Continue",
            body: """
                <h1>Almost there</h1>
                <p>This takes you back to the application.</p>
                <form method="post" action="\(self.action)">
                \(inputs)<div class="actions"><button class="main">Continue</button></div>
                </form>
                """,
            formTargets: RedirectTarget.formTargets(leadingTo: self.action), script: "document.forms[0].submit()"
        ).response(cookies: cookies)
    }
}

extension HTTPField.Name {
    fileprivate static let frameOptions = HTTPField.Name("X-Frame-Options")!
    fileprivate static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
}
