import Foundation
import GRDB

/// A look at the file behind the server's back.
enum StoredRows {
    /// Takes a table away while the server runs.
    static func drop(_ table: String, in path: String) throws {
        try DatabaseQueue(path: path).write { try $0.execute(sql: "DROP TABLE \(table)") }
    }

    static func execute(_ sql: String, in path: String) throws {
        let database = try DatabaseQueue(path: path)
        try database.write { try $0.execute(sql: sql) }
        try database.close()
    }

    static func count(of table: String, in path: String) throws -> Int {
        try self.read(path) { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM \(table)") ?? -1 }
    }

    /// The texts of the only column.
    static func texts(_ sql: String, in path: String) throws -> [String] {
        try self.read(path) { try String.fetchAll($0, sql: sql) }
    }

    private static func read<Value>(_ path: String, _ body: (Database) throws -> Value) throws -> Value {
        var configuration = Configuration()
        configuration.readonly = true
        return try DatabaseQueue(path: path, configuration: configuration).read(body)
    }
}

extension StoredRows {
    /// A writer that does not come to its end.
    static func hold(_ path: String) throws -> Holder {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let holder = Holder(database: try DatabaseQueue(path: path, configuration: configuration))
        try holder.database.inDatabase { try $0.beginTransaction(.immediate) }
        return holder
    }

    struct Holder {
        fileprivate let database: DatabaseQueue

        func letGo() throws {
            try self.database.inDatabase { try $0.rollback() }
            try self.database.close()
        }
    }

    /// Whether a text lies in the file or its log.
    static func contain(_ text: String, in path: String) throws -> Bool {
        try ["", "-wal"].contains { suffix in
            guard FileManager.default.fileExists(atPath: path + suffix) else { return false }
            return try Data(contentsOf: URL(fileURLWithPath: path + suffix)).range(of: Data(text.utf8)) != nil
        }
    }
}
