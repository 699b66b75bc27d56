import Logging
import ServiceLifecycle

/// The timer that removes what is over when no row comes that would pay for it.
struct ExpirySweep: Service {
    let core: ServerCore

    /// Runs until the server stops.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.interval)) != nil {
                do {
                    _ = try await self.core.sweepExpired()
                } catch {
                    // Another process may have the file; the next round comes soon enough.
                    DevAuthorizationServer.logger.debug(
                        "expired rows could not be removed", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    /// A minute: nothing here lives shorter by default than ten, and nobody sees the rows that wait.
    private static let interval = Duration.seconds(60)
}

extension Storage {
    /// One round: of each kind batch after batch, until nothing is left or the round has done its part.
    ///
    /// - Parameter batchRows: how many rows one transaction takes of a kind.
    func sweepExpired(now: Moment, batchRows: Int = Self.batchRows) async throws -> Int {
        var sum = 0
        for rows in ExpiredRows.allCases {
            for _ in 0..<Self.batchesPerRound {
                // A transaction each, so that a writer waits for one batch at most.
                let count = try await self.write { try rows.sweep($0, now: now, limit: batchRows) }
                sum += count
                if count < batchRows || Task.isCancelled { break }
            }
        }
        return sum
    }

    /// Some milliseconds of writing.
    static let batchRows = 256
    /// 25,600 rows of a kind a round; what is more waits for the next.
    private static let batchesPerRound = 100
}
