import HTTPWire
import ProxyCore

/// From head to token, and from token to what stands for it.
enum CredentialOperations {
    static func all() throws -> [Operation] {
        let token = World.opaqueToken(17)
        let request = try World.request(token: token)
        let bytes = [UInt8](token.utf8)
        let first = World.fingerprint(token)
        return [
            Operation("ProxyCore.tokenExtraction") { count in
                var good = 0
                for _ in 0..<count {
                    if case .token(let range) = try TokenExtractor.extract(from: request.head, tokenBytesMax: 8_192),
                        range.count == bytes.count
                    {
                        good += 1
                    }
                }
                return good
            },
            Operation("ProxyCore.fingerprint") { count in
                var good = 0
                for _ in 0..<count
                where World.keys.fingerprint(of: bytes.span, identity: World.identity) == first { good += 1 }
                return good
            },
        ]
    }
}
