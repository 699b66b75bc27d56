"""The words that mutations are made of: what is valid, what almost is, and what readers differ about."""

OCTETS = [
    b"\r", b"\n", b"\r\n", b"\0", b" ", b"\t", b"\v", b"\f", b":", b",", b";", b'"', b"\\", b"=", b"\x7f", b"\x80",
    b"\xa0", b"\xff", b"/", b"%", b"?", b"#", b"@", b"[", b"-", b"_", b"+", b"0", b"1", b"x", b"\x1b", b"\x85"]
METHODS = [
    b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH", b"PURGE", b"M-SEARCH", b"get", b"GETT",
    b"CONNECT", b"TRACE", b"G!T", b"PROPFIND", b"X_Y"]
VERSIONS = [
    b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/1.9", b"HTTP/2.0", b"http/1.1",
    b"HTTP/1.1 ", b"HTTP/1", b"HTTP/01.1", b"HTTP/1.10", b"HTTP/0.9", b"HTTP/ 1.1"]
TARGETS = [
    b"/public/x", b"/public/%7Euser", b"/public/%2fx", b"/public/a%20b", b"/public/caf%C3%A9", b"/public/x?",
    b"/public/x??a", b"/public/x?a=%zz", b"/public/x?q=[1]|{2}", b"/public/x#f", b"/public//x", b"/public/./x",
    b"/public/../admin", b"/public/x;v=1", b"/public/x?a;b", b"/public/%41%62c", b"/public/x/", b"/public/:80@x",
    b"/public/x?u=http://h/../y", b"/public/!$&'()*+,=~", b"http://api.test/public/x", b"HTTP://API.TEST/public/x?y",
    b"http://api.test:80/public/x", b"http://api.test?q=1", b"http://api.test", b"http://api.test:8080/public/x",
    b"http://api.test:080/public/x", b"http://api.test:/public/x", b"http:/public/x", b"http:api.test/x",
    b"https://api.test/public/x", b"http://evil.test/public/x", b"*", b"api.test:80", b"//public/x", b"/api/x",
    b"/admin/x", b"/ws/chat", b"/public/x\\y", b"/public/x%00", b"/public/\xc3\xa9", b"http://u@api.test/public/x",
    b"http:///public/x", b"/public/x%", b"/public/x?%", b"/public/x?a b"]
HOSTS = [
    b"Host: api.test", b"Host: api.test:80", b"HOST:api.test", b"Host: API.test", b"Host:\tapi.test \t",
    b"Host: api.test.", b"Host: ", b"Host: api.test:", b"Host: api.test, evil.test", b"Host: evil.test",
    b"Host: api.test/", b"Host: a@api.test", b"Host: api.test:080", b"Host: [::1]", b"H_ost: api.test",
    b"X-Host: api.test", b"Host : api.test", b"Host: api.test:65535", b"Host: api.test:0", b"Host: api.test:65536",
    b"Host: api.test:+80", b"Host: api%2etest", b"Host: [::1]:80", b"Host: api.test\\@evil"]
LENGTHS = [
    b"Content-Length: 5", b"content-length:5", b"Content-Length: 05", b"Content-Length: 0", b"Content-Length:\t5\t",
    b"Content-Length: 000000000000000005", b"Content-Length: +5", b"Content-Length: -5", b"Content-Length: 5, 5",
    b"Content-Length: 5 5", b"Content-Length: 0x5", b"Content-Length: 5.0", b"Content-Length: 5;", b"Content-Length: ",
    b"Content-Length : 5", b"Content_Length: 5", b"Content-Length: 18446744073709551621", b"Content-Length: 4",
    b"Content-Length: 6", b"Content-Length: 10", b"X-Content-Length: 5", b"Content-Length: \x0b5",
    b"Content-Length: 5\x0b", b"Content.Length: 5", b"Content-Lengthx: 7", b"Content-Length: 1e1"]
CODINGS = [
    b"Transfer-Encoding: chunked", b"transfer-encoding:chunked", b"Transfer-Encoding: Chunked",
    b"Transfer-Encoding:\tchunked \t", b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: identity",
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding: chunked;q=1",
    b"Transfer-Encoding: xchunked", b"Transfer-Encoding: \x0bchunked", b"Transfer-Encoding: chunked\x0b",
    b'Transfer-Encoding: "chunked"', b"Transfer-Encoding : chunked", b"Transfer_Encoding: chunked",
    b"Transfer-Encoding: ", b"Transfer-Encoding: ,chunked", b"Transfer-Encoding: chunked,",
    b"Transfer-Encoding:\r\n chunked", b"X-Transfer-Encoding: chunked", b"TE: chunked",
    b"Transfer-Encoding: \x80chunked", b"Transfer-Encodin\xc7: chunked"]
FIELDS = [
    b"Accept: */*", b"accept: text/html;q=0.5, */*", b"Cookie: a=b; c=d", b"Cookie: e=\"f\"", b"X-Empty:",
    b"X-Space: \t ", b"X-Name: caf\xe9", b"X_Under_Score: 1", b"X.Dotted: 1", b"X!#$%&'*+-.^_`|~9: 1",
    b"X-Comma: a, b,,c", b'X-Quote: "a\\"b"', b"X-Colon: a:b: c", b"X-Tab: a\tb", b"Connection: keep-alive",
    b"Connection: close", b"Connection: X-Name, close", b"Connection: te, upgrade", b"Connection: ,, keep-alive ,",
    b"Connection: content-length", b"Connection: host", b"Keep-Alive: timeout=5", b"Proxy-Connection: close",
    b"TE: trailers", b"TE: gzip;q=1, trailers", b"Trailer: X-Sum", b"Upgrade: websocket", b"Upgrade: h2c",
    b"HTTP2-Settings: AAMAAABk", b"Expect: 100-continue", b"Expect: 100-Continue", b"Expect: other", b"Via: 1.0 old",
    b"X-Forwarded-For: 1.2.3.4", b"Forwarded: for=1.2.3.4", b"X-Forwarded_For: 1.2.3.4", b"X-Real-IP: 1.2.3.4",
    b"X-Auth-Subject: attacker", b"x_auth_subject: attacker", b"X-Original-URL: /admin",
    b"X-HTTP-Method-Override: DELETE", b"X-Request-Id: mine", b"Authorization: Bearer tok-read",
    b"Authorization: Basic YTpi", b"Proxy-Authorization: Basic YTpi", b"Content-Type: text/plain",
    b"Content-Encoding: gzip", b"Range: bytes=0-1", b"If-Match: *", b"Max-Forwards: 0",
    b"Date: Thu, 01 Jan 1970 00:00:00 GMT", b"X-Long: " + b"l" * 900, b"x: 1", b"User-Agent: m/1 (a; b)",
    b"Origin: null", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"Set-Cookie: a=b", b"Referer: http://h/#f",
    b"X-Nothing", b": no name", b" X-Folded: 1", b"X-Space : 1", b"X Space: 1", b"X-Nul: a\0b", b"X-Del: a\x7fb",
    b"X-Cr: a\rb", b"X-Lf: a\nb", b"X-Vt: \x0ba\x0c", b"X-High\xff: 1"]
SIZES = [
    b"5", b"05", b"0000000000000005", b"00000000000000005", b"5 ", b" 5", b"5;", b"5;a", b"5;a=b", b'5;a="b;c"',
    b'5;a="b\\"c"', b"5 ; a = b", b"5\t;a", b"5;a=\"b\r\nc\"", b"5;a\nb", b"+5", b"-5", b"0x5", b"5h", b"4", b"6",
    b"5.0", b"5,5", b"5\x0b", b"", b"g", b"FFFFFFFFFFFFFFFB", b"10000000000000005", b"5;a=\xe9", b'5;a="\xe9"',
    b"5;a=b;c", b"5;;a", b"5;=b", b"5;a=", b"5\0", b"5;a=b c", b"5_0", b"5\r", b'5;a="', b"5;a\r", b"\r\n5"]
CHUNKED_BODIES = [
    b"5\r\nhello\r\n0\r\n\r\n", b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", b"5;x=1\r\nhello\r\n000;y\r\n\r\n", b"0\r\n\r\n",
    b"A\r\n0123456789\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
    b"5\r\nhello\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\nHost: evil\r\n\r\n", b"5\r\nhello\r\n0\r\nX-Sum : 1\r\n\r\n",
    b"5\r\nhello\r\n0\r\n X: 1\r\n\r\n", b"5\r\nhello\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n", b"5\r\nhelloXX0\r\n\r\n",
    b"5\r\nhello\r\n0\r\n", b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n Y\r\n\r\n",
    b"5\r\nhello\r\n0\r\n\n", b"1c\r\nGET /smuggled HTTP/1.1\r\nA: b\r\n0\r\n\r\n"]
VALUE_PARTS = [
    b", b", b";q=1", b'"', b"\\", b" x", b"\tx", b"\x80\xff", b"a" * 300, b",", b"=", b":", b"\x01", b"%0d%0aX: 1"]
