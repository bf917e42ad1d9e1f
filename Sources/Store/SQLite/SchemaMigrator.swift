import GRDB

/// Brings the tables of an SQLite file up to this program, in the order of the numbers, and remembers what it did in a
/// table.
///
/// The caller's transaction makes it whole or not at all.
struct SchemaMigrator {
    /// The database, for errors.
    let name: String
    var migrations = SchemaMigration.sqlite

    /// - Parameter anew: something of what was made is missing: all steps are made once more, which leaves alone what is there.
    /// - Returns: the names of the steps that were still to be made.
    @discardableResult
    func migrate(_ database: Database, anew: Bool = false) throws -> [String] {
        try database.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS \(SchemaMigration.table) (
                    version INTEGER PRIMARY KEY,
                    name TEXT NOT NULL,
                    applied_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
                )
                """
        )
        let reached = try Int.fetchOne(database, sql: "SELECT MAX(version) FROM \(SchemaMigration.table)") ?? 0
        var pending = try migrations.pending(after: reached, database: name)
        if anew { pending = migrations }
        for migration in pending {
            do {
                try apply(migration, to: database)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
                throw StoreError(.unusable, database: name, "\(migration.name) failed: \(error.message ?? "\(error)")")
            }
        }
        return pending.map(\.name)
    }

    private func apply(_ migration: SchemaMigration, to database: Database) throws {
        for statement in migration.statements {
            if let (table, column) = Self.addedColumn(statement),
                try database.columns(in: table).contains(where: { $0.name.lowercased() == column.lowercased() })
            {
                continue
            }
            try database.execute(sql: statement)
        }
        try database.execute(
            sql: "INSERT INTO \(SchemaMigration.table) (version, name) VALUES (?, ?) ON CONFLICT DO NOTHING",
            arguments: [migration.version, migration.name]
        )
    }

    /// What `ALTER TABLE table ADD COLUMN column …` adds; SQLite knows no IF NOT EXISTS for it.
    private static func addedColumn(_ statement: String) -> (table: String, column: String)? {
        let words = statement.split(separator: " ").map(String.init)
        guard words.count > 5, words[0] == "ALTER", words[1] == "TABLE", words[3] == "ADD", words[4] == "COLUMN" else {
            return nil
        }
        return (words[2], words[5])
    }
}
