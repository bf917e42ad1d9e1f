import CSchema
import GRDB

/// One numbered file of Schema/sqlite.
struct SchemaMigration: Sendable {
    let version: Int
    /// The name of the file.
    let name: String
    let sql: String

    /// All of them, in ascending order, as they were when the program was built.
    static let all: [SchemaMigration] = {
        var count = 0
        let first = cschema_sqlite_migrations(&count)
        return UnsafeBufferPointer(start: first, count: count).map { file in
            SchemaMigration(
                version: Int(file.version),
                name: String(cString: file.name),
                sql: String(cString: file.sql)
            )
        }
    }()

    /// The statements without comments: each ends with a semicolon at the end of its line.
    var statements: [String] {
        var statements: [String] = []
        var current: [Substring] = []
        for line in sql.split(separator: "\n") {
            let code = line.firstRange(ofText: "--").map { line[..<$0] } ?? line
            let text = code.trimmingSpaces()
            guard !text.isEmpty else { continue }
            current.append(text[...])
            if text.hasSuffix(";") {
                statements.append(current.joined(separator: "\n"))
                current = []
            }
        }
        return statements
    }
}

/// Brings the tables of an SQLite file up to this program, in the order of the numbers, and remembers what it did in a
/// table.
///
/// The caller's transaction makes it whole or not at all.
struct SchemaMigrator {
    static let table = "callcenterd_migrations"

    /// The database, for errors.
    let name: String
    var migrations = SchemaMigration.all

    func migrate(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS \(Self.table) (
                    version INTEGER PRIMARY KEY,
                    name TEXT NOT NULL,
                    applied_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
                )
                """
        )
        let reached = try Int.fetchOne(database, sql: "SELECT MAX(version) FROM \(Self.table)") ?? 0
        let known = migrations.last?.version ?? 0
        guard reached <= known else {
            throw StoreError(
                .unusable,
                database: name,
                "has the tables of a newer callcenterd (schema \(reached), this program knows \(known)); "
                    + "install that version again, or choose another database"
            )
        }
        for migration in migrations where migration.version > reached {
            do {
                try apply(migration, to: database)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
                throw StoreError(.unusable, database: name, "\(migration.name) failed: \(error.message ?? "\(error)")")
            }
        }
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
            sql: "INSERT INTO \(Self.table) (version, name) VALUES (?, ?)",
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

extension Substring {
    fileprivate func firstRange(ofText text: String) -> Index? {
        indices.first { self[$0...].hasPrefix(text) }
    }
}
