package import CallCenter
import Synchronization

/// The tables of a call centre in a PostgreSQL database.
///
/// - Records are written over a connection that stays, calls over another one. What else there is to do comes seldom and gets a
///   connection of its own, so that neither waits for the other.
/// - A server that does not answer in time is away: `StoreError.Kind.unavailable`.
package final class PostgresDatabase: CenterDatabase {
    package var name: String { address.name }

    private let address: PostgresAddress
    private let patience: Duration
    /// Of the writer of records, and of that of calls.
    private let link: PostgresLink
    let callLink: PostgresLink
    /// The last time that a connection could not be had, and was waited for.
    private let hang = Mutex<Hang?>(nil)

    private struct Hang {
        let end: ContinuousClock.Instant
        let error: StoreError
    }

    /// How long the server may take for an answer.
    package static let defaultPatience = Duration.seconds(10)

    /// Connects to nothing yet.
    package init(address: PostgresAddress, patience: Duration = defaultPatience) {
        self.address = address
        self.patience = patience
        link = PostgresLink(address, patience: patience, statements: [(Self.insertKey, Self.insert)])
        callLink = PostgresLink(address, patience: patience, statements: Self.callStatements)
    }

    /// Nothing: the tables belong to the administrator, see `ccctl db migrate`.
    package func prepare() throws(StoreError) {}

    @discardableResult
    package func migrate() throws(StoreError) -> [String] {
        let migrator = PostgresMigrator(name: name)
        let steps = try migrator.migrate(connect())
        return try schema().isComplete ? steps : migrator.migrate(connect(), anew: true)
    }

    package func schema() throws(StoreError) -> SchemaState {
        let connection = try connect()
        var state = SchemaState(migrations: SchemaMigration.postgres)
        for table in SchemaState.tables + [SchemaMigration.table] {
            let found = try connection.rows("SELECT to_regclass($1) IS NOT NULL", [.text(table)])
            guard found.rows == [[.integer(1)]] else { continue }
            if table == SchemaMigration.table {
                state.reached = try PostgresMigrator(name: name).reached(connection)
            } else {
                state.columns[table] = try connection.rows("SELECT * FROM \(table) LIMIT 0").columns
                    .map { $0.lowercased() }
            }
        }
        state.hasRecordKey = try Self.hasUniqueIndex(RecordColumns.table, on: RecordColumns.key, connection)
        if case .text(let encoding)? = try connection.rows("SHOW server_encoding").rows.first?.first {
            state.encoding = encoding
        }
        state.hasCallKey = try Self.hasUniqueIndex(CallColumns.table, on: [CallColumns.key], connection)
        return state
    }

    private static func hasUniqueIndex(
        _ table: String,
        on columns: [String],
        _ connection: borrowing PostgresConnection
    ) throws(StoreError) -> Bool {
        let found = try connection.rows(
            """
            SELECT 1 FROM pg_index WHERE indrelid = to_regclass($1) AND indisunique AND indpred IS NULL
            AND (SELECT string_agg(attname, ',' ORDER BY attname) FROM pg_attribute
                 WHERE attrelid = indrelid AND attnum = ANY (indkey)) = $2
            """,
            [.text(table), .text(columns.sorted().joined(separator: ","))]
        )
        return !found.rows.isEmpty
    }

    package func tables() throws(StoreError) -> ProvisioningTables {
        let connection = try connect()
        try connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; \(Self.lockPatience)")
        let tables = ProvisioningTables(
            flows: try Self.rows(flowTable.name, by: flowTable.id, from: connection),
            agents: try Self.rows(agentTable.name, by: agentTable.id, from: connection)
        )
        try connection.run("COMMIT")
        return tables
    }

    package func write(_ records: [CallDetailRecord]) throws(StoreError) {
        guard !records.isEmpty else { return }
        let rows = records.map { RecordColumns.values(of: $0) }
        try link.use { connection throws(StoreError) in try connection.run(prepared: Self.insertKey, with: rows) }
    }

    private static let statements = RecordStatements { "$\($0)" }

    package func records(_ query: RecordQuery, after place: Int64, count: Int) throws(StoreError) -> RecordPage {
        RecordPage(try select(Self.statements.page(query, after: place, count: count)).rows, wanted: count)
    }

    package func newestRecords(_ query: RecordQuery, count: Int) throws(StoreError) -> RecordPage {
        RecordPage(try select(Self.statements.newest(query, count: count)).rows, wanted: count)
    }

    package func purgeRecords(before moment: String, count: Int) throws(StoreError) -> Int {
        let (sql, values) = Self.statements.purge(before: moment, count: count)
        return try select(("WITH gone AS (\(sql) RETURNING 1) SELECT 1 FROM gone", values)).rows.count
    }

    private func select(
        _ statement: (sql: String, values: [ColumnValue])
    ) throws(StoreError) -> PostgresConnection.Rows {
        try connect().rows(statement.sql, statement.values)
    }

    package func write(_ logins: [AgentLogin], of owner: CallOwner?) throws(StoreError) -> Bool {
        guard !logins.isEmpty else { return true }
        let connection = try connect()
        let upsert = LoginColumns.upsert(LoginColumns.names.indices.map { "$\($0 + 1)" })
        try connection.prepare(upsert, as: "callcenterd_login")
        // What is not committed when the connection goes did not happen.
        try connection.run("BEGIN")
        if let owner {
            // The row stays locked until the end: nobody becomes the owner in between.
            let (sql, values) = Self.statements(of: owner)
            guard try !connection.rows("\(sql) FOR SHARE", values).rows.isEmpty else { return false }
        }
        try connection.run(prepared: "callcenterd_login", with: logins.map { LoginColumns.values(of: $0) })
        try connection.run("COMMIT")
        return true
    }

    package func logins() throws(StoreError) -> [AgentLogin] {
        try connect().rows(LoginColumns.select).rows.compactMap { LoginColumns.login($0) }
    }

    package func highestCallNumber() throws(StoreError) -> Int32 {
        let numbers = try connect().rows(
            "SELECT cid FROM cc_cdrs WHERE cid IS NOT NULL ORDER BY id DESC LIMIT \(CallNumbers.window)"
        )
        return CallNumbers.last(
            among: numbers.rows.compactMap { row in
                guard case .integer(let number) = row.first else { return nil }
                return Int32(exactly: number)
            }
        )
    }

    package func close() throws(StoreError) {
        link.close()
        callLink.close()
    }

    // MARK: - Connections

    private static let insertKey = "callcenterd_record"
    private static let insert = """
        INSERT INTO \(RecordColumns.table) (\(RecordColumns.names.joined(separator: ", ")))
        VALUES (\(RecordColumns.names.indices.map { "$\($0 + 1)" }.joined(separator: ", ")))
        ON CONFLICT (\(RecordColumns.key.joined(separator: ", "))) DO NOTHING
        """

    /// Below what whoever asks for a reload waits, so that he hears what it waits for.
    static let lockPatience = "SET LOCAL lock_timeout = '5s'"

    /// A server that hangs is waited for once: whoever starts without his database asks it for one thing after the other, while calls
    /// wait.
    func connect() throws(StoreError) -> PostgresConnection {
        let begun = ContinuousClock.now
        if let hang = hang.withLock({ $0 }), begun < hang.end + .seconds(5) { throw hang.error }
        do throws(StoreError) {
            return try PostgresConnection(address, patience: patience)
        } catch {
            if error.kind == .unavailable, .now > begun + .seconds(1) {
                hang.withLock { $0 = Hang(end: .now, error: error) }
            }
            throw error
        }
    }

    static func rows(
        _ table: String,
        by id: String,
        from connection: borrowing PostgresConnection
    ) throws(StoreError) -> ProvisioningTables.Table {
        let rows: PostgresConnection.Rows
        do throws(StoreError) {
            rows = try connection.rows("SELECT * FROM \(table)")
        } catch {
            guard error.detail == .locked else { throw error }
            throw StoreError(error.kind, database: error.database, "table \(table) \(error.problem)")
        }
        var table = ProvisioningTables.Table(columns: rows.columns, rows: rows.rows)
        // Byte by byte, whatever the collation of the database.
        guard let column = ProvisioningRow.Layout(rows.columns).index(of: id) else { return table }
        let keys = rows.rows.map { Array("\($0[column])".utf8) }
        let order = keys.indices.sorted { one, other in
            keys[one] == keys[other] ? one < other : keys[one].lexicographicallyPrecedes(keys[other])
        }
        table.rows = order.map { rows.rows[$0] }
        return table
    }
}
