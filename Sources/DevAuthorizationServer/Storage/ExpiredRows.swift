import GRDB

/// Rows that are over, by what they are.
///
/// Each row that comes pays for a few of its kind that go, so a table is bounded by what is alive; a timer takes what is
/// left when nothing comes any more.
enum ExpiredRows: CaseIterable, Sendable {
    case accessTokens, refreshTokens, authorizationCodes, usedAssertions, loginSessions, loginRequests, logoutRequests
    /// Before `grants`, which would count them as alive.
    case consentRequests
    case grants

    /// Removes a few, and says how many.
    @discardableResult
    func sweep(_ database: GRDB.Database, now: Moment, limit: Int = Self.sweptPerInsertion) throws -> Int {
        let (table, key, condition) = self.selection
        try database.execute(
            sql: """
                DELETE FROM \(table) WHERE \(key) IN
                (SELECT \(key) FROM \(table) WHERE \(condition) LIMIT ?2)
                """, arguments: [self.end(now), limit])
        return database.changesCount
    }

    /// More than one, so that the table shrinks while rows are coming.
    private static let sweptPerInsertion = 8

    private var selection: (table: String, key: String, condition: String) {
        let isOver = "expires_at <= ?1"
        return switch self {
        case .accessTokens: ("access_token", "digest", isOver)
        case .refreshTokens: ("refresh_token", "digest", isOver)
        case .authorizationCodes: ("authorization_code", "digest", isOver)
        case .usedAssertions: ("used_assertion", "digest", isOver)
        case .loginSessions: ("login_session", "id", isOver)
        case .loginRequests: ("login_request", "challenge", isOver)
        case .logoutRequests: ("logout_request", "challenge", isOver)
        // What is granted is another matter.
        case .consentRequests: ("consent_request", "challenge", "\(isOver) AND is_granted = 0")
        // What is neither remembered nor has tokens left stands for nothing any more. But the latest that was
        // remembered stands before those that it replaced, though it has ended.
        case .grants:
            (
                "consent_request", "number",
                """
                \(isOver) AND (is_remembered = 0 OR ends_at <= ?1 + \(Self.month) AND (
                    EXISTS (\(Self.remembered) AND other.number > consent_request.number)
                    OR NOT EXISTS (\(Self.remembered) AND other.number < consent_request.number)))
                AND NOT EXISTS (SELECT 1 FROM access_token WHERE grant_id = consent_request.id)
                AND NOT EXISTS (SELECT 1 FROM refresh_token WHERE grant_id = consent_request.id)
                """
            )
        }
    }

    /// The remembered consents of the same user and client.
    private static let remembered = """
        SELECT 1 FROM consent_request AS other WHERE other.subject = consent_request.subject
        AND other.client_id = consent_request.client_id AND other.is_remembered = 1
        """

    /// The `expires_at` of the youngest row that goes, in the table's unit.
    private func end(_ now: Moment) -> Int64 {
        switch self {
        case .accessTokens, .refreshTokens, .loginSessions, .logoutRequests: now.milliseconds
        case .usedAssertions: now.seconds
        // A day: so long after its end a used code still tells that someone copied it.
        case .authorizationCodes: now.milliseconds - 24 * Self.hour
        // An hour, in which whoever comes late is told so.
        case .loginRequests, .consentRequests: now.milliseconds - Self.hour
        case .grants: now.milliseconds - Self.month
        }
    }

    /// In milliseconds.
    private static let hour: Int64 = 3_600_000
    private static let month = 30 * 24 * Self.hour
}
