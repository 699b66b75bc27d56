public import OAuthModel

extension HydraClient {
    /// A key (`jsonWebKey`; RFC 7517 §4).
    ///
    /// Its private members are secrets: they never print. Hydra wants public keys only.
    public struct JSONWebKey: Sendable {
        /// `kty`: `RSA`, `EC`, `OKP` or `oct`.
        public var keyType = ""
        /// `kid`.
        public var keyID: String?
        /// `use`: `sig` or `enc`.
        public var use: String?
        /// `alg`, such as `RS256`.
        public var algorithm: String?
        /// `crv`, such as `P-256`.
        public var curve: String?
        public var x: String?
        public var y: String?
        public var n: String?
        public var e: String?
        /// `x5c`.
        public var certificateChain: [String] = []
        public var d: SecretBytes?
        public var p: SecretBytes?
        public var q: SecretBytes?
        public var dp: SecretBytes?
        public var dq: SecretBytes?
        public var qi: SecretBytes?
        public var k: SecretBytes?
        public var additionalMembers = AdditionalMembers()

        init() {}

        public init(keyType: String) { self.keyType = keyType }
    }
}

extension HydraClient.JSONWebKey: JSONMapped {
    mutating func map(_ members: inout MemberMap) throws(MemberProblem) {
        try members.text(required: "kty", &self.keyType)
        try members.text("kid", &self.keyID)
        try members.text("use", &self.use)
        try members.text("alg", &self.algorithm)
        try members.text("crv", &self.curve)
        try members.text("x", &self.x)
        try members.text("y", &self.y)
        try members.text("n", &self.n)
        try members.text("e", &self.e)
        try members.list("x5c", &self.certificateChain)
        try members.secret("d", &self.d)
        try members.secret("p", &self.p)
        try members.secret("q", &self.q)
        try members.secret("dp", &self.dp)
        try members.secret("dq", &self.dq)
        try members.secret("qi", &self.qi)
        try members.secret("k", &self.k)
    }
}

extension HydraClient.JSONWebKey: CustomStringConvertible, CustomReflectable {
    public var description: String { "JSONWebKey(\(self.keyType), \(self.keyID ?? "no id"))" }
    public var customMirror: Mirror {
        Mirror(self, children: ["keyType": self.keyType, "keyID": self.keyID as Any, "use": self.use as Any])
    }
}
