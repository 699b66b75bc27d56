import OAuthModel

/// The members of a client's JSON and the properties they stand for.
///
/// Reading and writing go through these tables, so that a member cannot be read and then forgotten in answers.
private enum ClientMembers {
    /// Written always, as `""` when unset.
    static let texts: [(name: String, property: any WritableKeyPath<RegisteredClient, String> & Sendable)] = [
        ("client_name", \.name), ("scope", \.scope), ("owner", \.owner), ("policy_uri", \.policyURI),
        ("tos_uri", \.termsOfServiceURI), ("client_uri", \.clientURI), ("logo_uri", \.logoURI),
        ("subject_type", \.subjectType), ("token_endpoint_auth_method", \.authenticationMethod),
        ("userinfo_signed_response_alg", \.userinfoSignedResponseAlgorithm),
    ]
    /// Written when set.
    static let optionalTexts: [(name: String, property: any WritableKeyPath<RegisteredClient, String> & Sendable)] = [
        ("sector_identifier_uri", \.sectorIdentifierURI), ("jwks_uri", \.keySetURI),
        ("token_endpoint_auth_signing_alg", \.authenticationSigningAlgorithm),
        ("request_object_signing_alg", \.requestObjectSigningAlgorithm),
        ("frontchannel_logout_uri", \.frontchannelLogoutURI), ("backchannel_logout_uri", \.backchannelLogoutURI),
        ("access_token_strategy", \.accessTokenStrategy),
    ]
    /// Written always, as `[]` when unset: Ory's own Python client cannot read `null` there.
    static let lists: [(name: String, property: any WritableKeyPath<RegisteredClient, [String]> & Sendable)] = [
        ("redirect_uris", \.redirectURIs), ("grant_types", \.grantTypes), ("response_types", \.responseTypes),
        ("audience", \.audience), ("allowed_cors_origins", \.allowedCORSOrigins), ("contacts", \.contacts),
    ]
    /// Written when set.
    static let optionalLists: [(name: String, property: any WritableKeyPath<RegisteredClient, [String]> & Sendable)] = [
        ("request_uris", \.requestURIs), ("post_logout_redirect_uris", \.postLogoutRedirectURIs),
    ]
    /// Written when true.
    static let optionalFlags: [(name: String, property: any WritableKeyPath<RegisteredClient, Bool> & Sendable)] = [
        ("frontchannel_logout_session_required", \.frontchannelLogoutSessionRequired),
        ("backchannel_logout_session_required", \.backchannelLogoutSessionRequired),
    ]
}

extension RegisteredClient {
    /// The client as answers show it; never its secret.
    var document: JSONObject {
        var document: JSONObject = ["client_id": .string(self.id)]
        for (name, property) in ClientMembers.texts { document[name] = .string(self[keyPath: property]) }
        for (name, property) in ClientMembers.lists { document[name] = .strings(self[keyPath: property]) }
        for (name, property) in ClientMembers.optionalTexts where !self[keyPath: property].isEmpty {
            document[name] = .string(self[keyPath: property])
        }
        for (name, property) in ClientMembers.optionalLists where !self[keyPath: property].isEmpty {
            document[name] = .strings(self[keyPath: property])
        }
        for (name, property) in ClientMembers.optionalFlags where self[keyPath: property] { document[name] = true }
        document["skip_consent"] = .bool(self.skipConsent)
        document["jwks"] = self.keySet
        document["metadata"] = self.metadata
        document["client_secret_expires_at"] = 0
        for lifespan in ClientLifespan.allCases {
            document[lifespan.rawValue] = self.lifespans[lifespan].map { .string($0.description) } ?? .null
        }
        document["created_at"] = .string(RFC3339.text(self.createdAt))
        document["updated_at"] = .string(RFC3339.text(self.updatedAt))
        return document
    }

    /// The client that a document describes, before any rule was applied.
    ///
    /// Members that we do not know are ignored, `null` is the same as nothing, and another kind of value is refused.
    /// The times are the server's to say and are not read.
    init(document: JSONObject, id: String) throws {
        self.init(id: id)
        for (name, property) in ClientMembers.texts + ClientMembers.optionalTexts {
            if let text = try document.text(name) { self[keyPath: property] = text }
        }
        for (name, property) in ClientMembers.lists + ClientMembers.optionalLists {
            if let list = try document.textList(name) { self[keyPath: property] = list }
        }
        for (name, property) in ClientMembers.optionalFlags {
            if let flag = try document.flag(name) { self[keyPath: property] = flag }
        }
        self.skipConsent = try document.flag("skip_consent") ?? false
        if let keySet = document.value("jwks") {
            guard keySet.objectValue != nil else { throw HydraError.malformed("'jwks' is not an object.") }
            self.keySet = keySet
        }
        if let metadata = document.value("metadata") { self.metadata = metadata }
        self.lifespans = try Self.lifespans(in: document)
    }

    /// The lifespans that a document sets; what is left out or null is unset.
    static func lifespans(in document: JSONObject) throws -> [ClientLifespan: GoDuration] {
        var lifespans: [ClientLifespan: GoDuration] = [:]
        for lifespan in ClientLifespan.allCases {
            guard let text = try document.text(lifespan.rawValue), !text.isEmpty else { continue }
            guard let duration = GoDuration(text) else {
                throw HydraError.malformed("'\(lifespan.rawValue)' is not a duration such as '1h30m'.")
            }
            lifespans[lifespan] = duration
        }
        return lifespans
    }
}

extension RegisteredClient {
    /// What the store keeps.
    var storedText: String { String(decoding: JSONWriter.write(self.document), as: UTF8.self) }

    /// Reads back what the store kept.
    init(storedText: String, id: String, createdAt: Int64, updatedAt: Int64) throws {
        guard case .object(let document)? = try? JSONReader.read(Array(storedText.utf8), limits: JSONBody.storedLimits)
        else { throw DevAuthorizationServerError(.databaseUnusable, "the stored client \(id) is damaged") }
        try self.init(document: document, id: id)
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

extension JSONObject {
    /// The member unless it is `null`, which says nothing.
    func value(_ name: String) -> JSONValue? {
        guard let value = self[name], !value.isNull else { return nil }
        return value
    }

    func text(_ name: String) throws -> String? {
        guard let value = self.value(name) else { return nil }
        guard let text = value.stringValue else { throw HydraError.malformed("'\(name)' is not a string.") }
        guard !text.holdsNUL else { throw HydraError.malformed("'\(name)' holds a NUL character.") }
        return text
    }

    func textList(_ name: String) throws -> [String]? {
        guard let value = self.value(name) else { return nil }
        guard let list = value.stringListValue else {
            throw HydraError.malformed("'\(name)' is not a list of strings.")
        }
        guard !list.contains(where: \.holdsNUL) else {
            throw HydraError.malformed("'\(name)' holds a NUL character.")
        }
        return list
    }

    func flag(_ name: String) throws -> Bool? {
        guard let value = self.value(name) else { return nil }
        guard let flag = value.boolValue else { throw HydraError.malformed("'\(name)' is neither true nor false.") }
        return flag
    }
}

extension RegisteredClient {
    /// What the admin API reads of a client, by the same tables.
    static let seedMembers: [SeedMember] =
        [SeedMember("client_id", .text), SeedMember("client_secret", .text)]
        + (ClientMembers.texts + ClientMembers.optionalTexts).map { SeedMember($0.name, .text) }
        + (ClientMembers.lists + ClientMembers.optionalLists).map { SeedMember($0.name, .textList) }
        + ClientMembers.optionalFlags.map { SeedMember($0.name, .flag) }
        + [SeedMember("skip_consent", .flag), SeedMember("jwks", .object), SeedMember("metadata", .any)]
        + ClientLifespan.allCases.map { SeedMember($0.rawValue, .text) }

    /// What answers say of a client beyond that; nobody can set it.
    static let serversMembers = [
        "client_secret_expires_at", "created_at", "updated_at", "registration_access_token", "registration_client_uri",
    ]
}
