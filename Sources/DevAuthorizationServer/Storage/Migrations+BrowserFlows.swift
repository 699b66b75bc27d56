extension Storage {
    /// What the authorization endpoint, the login, consent and logout handshakes and the code grant keep.
    ///
    /// - A challenge is a random name that only the admin API takes. Verifiers, codes and cookies prove something to
    ///   whoever sends them, so only their SHA-256 is here.
    /// - `consent_request.id` is the grant's id: codes and tokens that came from a consent carry it as `grant_id`, and a
    ///   code goes with its consent.
    /// - `answer` is what the login or consent page decided, as JSON; `used_at` is when the browser came back with it,
    ///   after which nothing changes any more.
    /// - Of a consent, `is_granted` says that the answer was yes, `is_remembered` that it stands in for the user next time,
    ///   and `ends_at` until when (null: for ever); `skip` marks one that stood in, which is listed nowhere.
    /// - Times are in milliseconds. `expires_at` of a request is its time limit, of a session and a code its end.
    static let browserFlows = """
        CREATE TABLE login_session (
            id TEXT NOT NULL PRIMARY KEY,
            cookie_digest BLOB NOT NULL UNIQUE,
            subject TEXT NOT NULL,
            authenticated_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX login_session_by_subject ON login_session (subject);
        CREATE INDEX login_session_by_expiry ON login_session (expires_at);

        CREATE TABLE login_request (
            challenge TEXT NOT NULL PRIMARY KEY,
            verifier_digest BLOB NOT NULL UNIQUE,
            cookie_digest BLOB NOT NULL,
            client_id TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
            request TEXT NOT NULL,
            session_id TEXT NOT NULL,
            skipped_subject TEXT,
            skipped_authenticated_at INTEGER,
            requested_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            answer TEXT,
            answered_at INTEGER,
            used_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX login_request_by_client ON login_request (client_id);
        CREATE INDEX login_request_by_expiry ON login_request (expires_at);

        CREATE TABLE consent_request (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            challenge TEXT NOT NULL UNIQUE,
            verifier_digest BLOB NOT NULL UNIQUE,
            cookie_digest BLOB NOT NULL,
            client_id TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
            request TEXT NOT NULL,
            login_challenge TEXT NOT NULL,
            session_id TEXT NOT NULL,
            subject TEXT NOT NULL,
            authenticated_at INTEGER NOT NULL,
            login_answer TEXT NOT NULL,
            skip INTEGER NOT NULL,
            requested_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            answer TEXT,
            answered_at INTEGER,
            is_granted INTEGER NOT NULL DEFAULT 0,
            is_remembered INTEGER NOT NULL DEFAULT 0,
            ends_at INTEGER,
            used_at INTEGER
        ) STRICT;
        CREATE INDEX consent_request_by_subject ON consent_request (subject, client_id);
        CREATE INDEX consent_request_by_session ON consent_request (session_id);
        CREATE INDEX consent_request_by_client ON consent_request (client_id);
        CREATE INDEX consent_request_by_expiry ON consent_request (expires_at);

        CREATE TABLE authorization_code (
            digest BLOB NOT NULL PRIMARY KEY,
            grant_id TEXT NOT NULL REFERENCES consent_request (id) ON DELETE CASCADE,
            client_id TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
            redirect_uri TEXT,
            code_challenge TEXT,
            authorization TEXT NOT NULL,
            issued_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            used_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX authorization_code_by_grant ON authorization_code (grant_id);
        CREATE INDEX authorization_code_by_client ON authorization_code (client_id);
        CREATE INDEX authorization_code_by_expiry ON authorization_code (expires_at);

        CREATE TABLE logout_request (
            challenge TEXT NOT NULL PRIMARY KEY,
            verifier_digest BLOB NOT NULL UNIQUE,
            client_id TEXT REFERENCES client (id) ON DELETE CASCADE,
            session_id TEXT NOT NULL,
            subject TEXT NOT NULL,
            request_url TEXT NOT NULL,
            target TEXT NOT NULL,
            requested_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            accepted_at INTEGER,
            rejected_at INTEGER,
            used_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX logout_request_by_client ON logout_request (client_id);
        CREATE INDEX logout_request_by_expiry ON logout_request (expires_at);
        """
}
