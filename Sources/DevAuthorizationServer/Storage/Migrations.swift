import GRDB

extension Storage {
    /// The schema's history.
    ///
    /// A migration that has shipped is never edited; the next one is added below it.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration(Self.firstMigration) { database in
            try database.execute(sql: Self.clientsAccessTokensAndKeys)
        }
        migrator.registerMigration("2: browser flows") { database in
            try database.execute(sql: Self.browserFlows)
        }
        migrator.registerMigration("3: refresh tokens, trusted issuers") { database in
            try database.execute(sql: Self.tokens)
        }
        migrator.registerMigration("4: readiness") { database in
            try database.execute(sql: Self.readiness)
        }
        return migrator
    }

    /// One row, written to see whether writing works.
    private static let readiness = """
        CREATE TABLE readiness (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            writes INTEGER NOT NULL
        ) STRICT;
        """

    /// By its name a file is known to be ours.
    static let firstMigration = "1: clients, access tokens, keys"

    /// - `client.number` is the creation key by which lists are ordered; it is never given out twice.
    /// - `access_token.digest` is the SHA-256 of the token, never the token. `grant_id` joins the tokens that came from
    ///   one authorization: revoking one of them ends them all. Times of tokens are in
    ///   milliseconds, of clients in seconds.
    private static let clientsAccessTokensAndKeys = """
        CREATE TABLE client (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            owner TEXT NOT NULL,
            document TEXT NOT NULL,
            secret_hash TEXT,
            registration_token_digest BLOB,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX client_by_owner ON client (owner);
        CREATE INDEX client_by_name ON client (name);

        CREATE TABLE access_token (
            digest BLOB NOT NULL PRIMARY KEY,
            grant_id TEXT NOT NULL,
            client_id TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
            subject TEXT NOT NULL,
            scope TEXT NOT NULL,
            audience TEXT NOT NULL,
            issued_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX access_token_by_grant ON access_token (grant_id);
        CREATE INDEX access_token_by_client ON access_token (client_id);
        CREATE INDEX access_token_by_expiry ON access_token (expires_at);

        CREATE TABLE signing_key (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            purpose TEXT NOT NULL,
            private_key TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE system_secret (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            value BLOB NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        """
}
