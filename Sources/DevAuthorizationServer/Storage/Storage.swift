import Foundation
import GRDB
import Synchronization

/// The server's memory: SQLite through GRDB, in a file or in memory.
///
/// Every transaction of the room is in this folder.
///
/// A file is in WAL mode: many readers go on during a write. `synchronous` is NORMAL, so an acknowledged write is with
/// the kernel and outlives this process, kill -9 included; only the power failing could take the last ones.
struct Storage: Sendable {
    let database: any DatabaseWriter
    /// The file that was opened; nil in memory.
    private let file: OpenedFile?
    private let end = End()

    /// Opens, or makes, the database and brings its schema up to date.
    ///
    /// - Parameter lockWait: how long a call waits for another process that has the file.
    init(_ place: DevAuthorizationServer.Options.Database, lockWait: Duration) throws {
        let configuration = Self.configuration(lockWait: lockWait)
        switch place {
        case .memory:
            self.database = try DatabaseQueue(named: nil, configuration: configuration)
            self.file = nil
        case .file(let path):
            try Self.createFile(at: path)
            try Self.requireOurs(at: path, configuration)
            try Self.makePrivate(path)
            self.database = try DatabasePool(path: path, configuration: configuration)
            self.file = OpenedFile(path: path)
        }
        try Self.migrator.migrate(self.database)
    }

    /// One read, on a connection of its own where there is a file.
    func read<Value: Sendable>(_ work: @escaping @Sendable (GRDB.Database) throws -> Value) async throws -> Value {
        try await self.tellingPassingTrouble { try await self.database.read(work) }
    }

    /// One transaction: all of it is kept, or nothing.
    func write<Value: Sendable>(_ work: @escaping @Sendable (GRDB.Database) throws -> Value) async throws -> Value {
        try await self.tellingPassingTrouble { try await self.database.write(work) }
    }

    private func tellingPassingTrouble<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch let error as DatabaseError {
            if self.isClosed { throw StorageUnavailable.closed }
            throw error.resultCode == .SQLITE_BUSY ? StorageUnavailable.locked : error
        }
    }

    /// Throws unless the database answers and keeps what is written: reads go on when the disk is full, and writes go on,
    /// into nothing, when the file was taken away.
    func check() async throws {
        _ = try await self.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM system_secret") }
        guard self.file?.isStillThere ?? true else {
            throw DevAuthorizationServerError(.databaseUnusable, "the database file was removed or replaced")
        }
        try await self.write { database in
            try database.execute(
                sql: """
                    INSERT INTO readiness (id, writes) VALUES (1, 1)
                    ON CONFLICT (id) DO UPDATE SET writes = writes + 1
                    """)
        }
    }

    /// Writes the log back into the file and lets go of it.
    func close() throws {
        self.end.hasCome.withLock { $0 = true }
        try self.database.close()
    }

    /// Nothing more is kept.
    var isClosed: Bool { self.end.hasCome.withLock { $0 } }

    private final class End: Sendable {
        let hasCome = Mutex(false)
    }

    /// The file holds signing keys, so it is its owner's alone; SQLite gives its companions the same mode.
    private static func createFile(at path: String) throws {
        let descriptor = Foundation.open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.cannotOpen(path) }
        Foundation.close(descriptor)
    }

    /// One that was there may have been made for all to read; only of one that is ours is that changed.
    private static func makePrivate(_ path: String) throws {
        guard chmod(path, 0o600) == 0 else { throw Self.cannotOpen(path) }
    }

    private static func cannotOpen(_ path: String) -> DevAuthorizationServerError {
        DevAuthorizationServerError(
            .databaseUnusable, "cannot open the database \(path): \(String(cString: strerror(errno)))")
    }

    /// Another program's database is left as it is, and so is one of a later release, which knows more than we do.
    private static func requireOurs(at path: String, _ configuration: Configuration) throws {
        let database = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? database.close() }
        let (hasTables, applied, isLater) = try database.read { database in
            (
                try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM sqlite_master)") ?? false,
                try Self.migrator.appliedIdentifiers(database), try Self.migrator.hasBeenSuperseded(database)
            )
        }
        guard hasTables else { return }
        guard applied.contains(Self.firstMigration) else {
            throw DevAuthorizationServerError(.databaseUnusable, "the database \(path) is another program's")
        }
        guard !isLater else {
            throw DevAuthorizationServerError(.databaseUnusable, "the database \(path) is of a later release")
        }
    }

    private static func configuration(lockWait: Duration) -> Configuration {
        var configuration = Configuration()
        configuration.label = "authorization-server"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(lockWait / .seconds(1))
        return configuration
    }
}

/// The database cannot be used now, and there is nothing wrong with it: who comes again later may be served.
enum StorageUnavailable: Error, CustomStringConvertible {
    /// Another process has had the file for as long as a call waits.
    case locked
    /// The server is stopping, or has stopped.
    case closed

    var description: String {
        switch self {
        case .locked: "Another process holds the database."
        case .closed: "It is stopping."
        }
    }
}

/// A file by its path, and what was there when it was opened.
private struct OpenedFile: Sendable {
    let path: String
    private let identity: [Int]

    init(path: String) {
        self.path = path
        self.identity = Self.identity(of: path)
    }

    /// Whether the path still leads to the same file.
    var isStillThere: Bool { Self.identity(of: self.path) == self.identity }

    /// Device and inode; empty when there is no file.
    private static func identity(of path: String) -> [Int] {
        let attributes = (try? FileManager.default.attributesOfItem(atPath: path)) ?? [:]
        return [FileAttributeKey.systemNumber, .systemFileNumber].compactMap { attributes[$0] as? Int }
    }
}
