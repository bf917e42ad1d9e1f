/// Brings the tables of a PostgreSQL database up to this program, in the order of the numbers, and remembers what it did in
/// a table. Two that do so at the same time wait for each other; it is one transaction, whole or not at all.
struct PostgresMigrator {
    /// The database, for errors.
    let name: String
    var migrations = SchemaMigration.postgres

    /// The key of the advisory lock: any number that no one else uses.
    private static let lock: Int64 = 0x63_616C_6C63_656E

    /// - Parameter anew: something of what was made is missing: all steps are made once more, which leaves alone what is there.
    /// - Returns: the names of the steps that were still to be made.
    func migrate(_ connection: borrowing PostgresConnection, anew: Bool = false) throws(StoreError) -> [String] {
        try connection.run("BEGIN; SELECT pg_advisory_xact_lock(\(Self.lock))")
        try connection.run(
            """
            CREATE TABLE IF NOT EXISTS \(SchemaMigration.table) (
                version INTEGER PRIMARY KEY,
                name TEXT NOT NULL,
                applied_at TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'utc')
            )
            """
        )
        var pending = try migrations.pending(after: try reached(connection), database: name)
        if anew { pending = migrations }
        for migration in pending {
            do throws(StoreError) {
                try connection.run(migration.sql)
            } catch {
                let kind = error.kind == .refused ? .unusable : error.kind
                throw StoreError(kind, database: name, "\(migration.name) failed: \(error.problem)")
            }
            _ = try connection.rows(
                "INSERT INTO \(SchemaMigration.table) (version, name) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                [.integer(Int64(migration.version)), .text(migration.name)]
            )
        }
        try connection.run("COMMIT")
        return pending.map(\.name)
    }

    /// The highest step that the database has made; 0 for none.
    func reached(_ connection: borrowing PostgresConnection) throws(StoreError) -> Int {
        let rows = try connection.rows("SELECT coalesce(max(version), 0) FROM \(SchemaMigration.table)").rows
        guard case .integer(let version)? = rows.first?.first else { return 0 }
        return Int(clamping: version)
    }
}
