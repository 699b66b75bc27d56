extension Storage {
    /// What the code, refresh and assertion grants keep.
    ///
    /// - `authorization` is the grant that a token came from, as `AuthorizationGrant` writes it; tokens of other grants have
    ///   none.
    /// - A refresh token that was used stays until it would have ended, so that its second use is noticed. Without an
    ///   `expires_at` it never ends.
    /// - `used_assertion` holds the SHA-256 of issuer and `jti` of assertions that were used, until they would have ended.
    static let tokens = """
        ALTER TABLE access_token ADD COLUMN authorization TEXT;

        CREATE TABLE refresh_token (
            digest BLOB NOT NULL PRIMARY KEY,
            grant_id TEXT NOT NULL,
            client_id TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
            authorization TEXT NOT NULL,
            issued_at INTEGER NOT NULL,
            expires_at INTEGER,
            used_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX refresh_token_by_grant ON refresh_token (grant_id);
        CREATE INDEX refresh_token_by_client ON refresh_token (client_id);
        CREATE INDEX refresh_token_by_expiry ON refresh_token (expires_at);

        CREATE TABLE trusted_issuer (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            issuer TEXT NOT NULL,
            subject TEXT NOT NULL,
            allow_any_subject INTEGER NOT NULL,
            scope TEXT NOT NULL,
            key_id TEXT NOT NULL,
            key TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            UNIQUE (issuer, subject, key_id)
        ) STRICT;

        CREATE TABLE used_assertion (
            digest BLOB NOT NULL PRIMARY KEY,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX used_assertion_by_expiry ON used_assertion (expires_at);
        """
}
