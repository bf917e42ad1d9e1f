package import CallCenter
import Foundation
import GRDB
import Synchronization

/// The tables of a call centre in an SQLite file.
///
/// - The file is in WAL mode: reading provisioning and writing records do not wait for each other, and others, such as
///   the `sqlite3` shell, can read and write meanwhile.
/// - `synchronous` is FULL: once a record is reported written, nothing else holds it any more, so it must be on the
///   disk. It costs one fsync a batch, on a thread of its own.
/// - A file that is removed or replaced while it is open is noticed before each access: SQLite itself would go on
///   writing into a file that no longer has a name.
package final class SQLiteDatabase: CenterDatabase {
    package let name: String

    private let path: String
    private let lockTimeout: Double
    private let opening: Opening
    private let state = Mutex(State())

    package enum Opening: Sendable {
        /// With the object, which there is not if that fails.
        case now
        /// At the first use, and tried again with each as long as it fails: `StoreError.Kind.unopened`.
        case whenNeeded
    }

    private struct State {
        var opened: Opened?
        /// It is to have its tables before anything else is done with it.
        var isToBePrepared = false
        var isPrepared = false
    }

    private struct Opened {
        let pool: DatabasePool
        let file: FileIdentity
    }

    /// How long SQLite itself waits for a lock that somebody else holds, in seconds.
    package static let defaultLockTimeout = 2.0

    /// Opens the file, or creates it. Tables come with `migrate`.
    ///
    /// - Parameters:
    ///   - path: absolute path of the file.
    ///   - lockTimeout: seconds to wait for a lock before `StoreError.Kind.unavailable`.
    package init(
        path: String,
        lockTimeout: Double = defaultLockTimeout,
        opening: Opening = .now
    ) throws(StoreError) {
        name = "sqlite:\(path)"
        self.path = path
        self.lockTimeout = lockTimeout
        self.opening = opening
        if opening == .now { _ = try opened() }
    }

    /// The open file. Whoever comes while it is being opened waits for that.
    private func opened() throws(StoreError) -> Opened {
        try state.withLock { state throws(StoreError) in
            let opened: Opened
            if let earlier = state.opened { opened = earlier } else { opened = try open() }
            state.opened = opened
            if state.isToBePrepared, !state.isPrepared {
                let isComplete = try Self.using(name) { try Self.schema(opened.pool).isComplete }
                if !isComplete { _ = try migrate(opened.pool) }
                state.isPrepared = true
            }
            return opened
        }
    }

    private func open() throws(StoreError) -> Opened {
        do throws(StoreError) {
            return try openFile()
        } catch {
            guard opening == .whenNeeded, error.kind == .unusable else { throw error }
            throw StoreError(.unopened, database: name, error.problem)
        }
    }

    private func openFile() throws(StoreError) -> Opened {
        try DatabaseFile.check(path, name: name)
        var configuration = Configuration()
        configuration.busyMode = .timeout(lockTimeout)
        configuration.maximumReaderCount = 2
        configuration.label = "callcenterd"
        let pool: DatabasePool
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            // GRDB has chosen NORMAL for its writing connection; see above.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        } catch {
            throw StoreError(opening: name, error)
        }
        guard let file = FileIdentity(of: path) else {
            throw StoreError(.unusable, database: name, "was removed while it was being opened")
        }
        return Opened(pool: pool, file: file)
    }

    package func prepare() throws(StoreError) {
        state.withLock { $0.isToBePrepared = true }
        _ = try opened()
    }

    @discardableResult
    package func migrate() throws(StoreError) -> [String] {
        try migrate(try opened().pool)
    }

    private func migrate(_ pool: DatabasePool) throws(StoreError) -> [String] {
        let migrator = SchemaMigrator(name: name)
        return try Self.using(name) {
            try pool.writeWithoutTransaction {
                try MigrationBackup(path: path).makeIfNeeded($0, migrations: migrator.migrations)
            }
            let steps = try pool.write { try migrator.migrate($0) }
            guard try !Self.schema(pool).isComplete else { return steps }
            return try pool.write { try migrator.migrate($0, anew: true) }
        }
    }

    package func schema() throws(StoreError) -> SchemaState {
        try access { pool in try Self.schema(pool) }
    }

    private static func schema(_ pool: DatabasePool) throws -> SchemaState {
        try pool.read { database in
            var state = SchemaState(migrations: SchemaMigration.sqlite)
            for table in SchemaState.tables where try database.tableExists(table) {
                state.columns[table] = try database.columns(in: table).map { $0.name.lowercased() }
                let keys = try database.indexes(on: table).filter(\.isUnique).map(\.columns)
                if table == RecordColumns.table { state.hasRecordKey = keys.contains(RecordColumns.key) }
                if table == CallColumns.table { state.hasCallKey = keys.contains([CallColumns.key]) }
            }
            if try database.tableExists(SchemaMigration.table) {
                let sql = "SELECT MAX(version) FROM \(SchemaMigration.table)"
                state.reached = try Int.fetchOne(database, sql: sql) ?? 0
            }
            return state
        }
    }

    package func tables() throws(StoreError) -> ProvisioningTables {
        try access { pool in
            try pool.read { database in
                ProvisioningTables(
                    flows: try rows(flowTable.name, by: flowTable.id, from: database),
                    agents: try rows(agentTable.name, by: agentTable.id, from: database)
                )
            }
        }
    }

    package func write(_ records: [CallDetailRecord]) throws(StoreError) {
        guard !records.isEmpty else { return }
        try access { pool in
            try pool.write { database in
                let insert = try database.cachedStatement(sql: Self.insert)
                for record in records {
                    try insert.execute(arguments: StatementArguments(RecordColumns.values(of: record).map(\.forSQLite)))
                }
            }
        }
    }

    private static let statements = RecordStatements { _ in "?" }

    package func records(_ query: RecordQuery, after place: Int64, count: Int) throws(StoreError) -> RecordPage {
        RecordPage(try select(Self.statements.page(query, after: place, count: count)), wanted: count)
    }

    package func newestRecords(_ query: RecordQuery, count: Int) throws(StoreError) -> RecordPage {
        RecordPage(try select(Self.statements.newest(query, count: count)), wanted: count)
    }

    package func purgeRecords(before moment: String, count: Int) throws(StoreError) -> Int {
        let (sql, values) = Self.statements.purge(before: moment, count: count)
        return try access { pool in
            try pool.write { database in
                try database.execute(sql: sql, arguments: StatementArguments(values.map(\.forSQLite)))
                return database.changesCount
            }
        }
    }

    private func select(_ statement: (sql: String, values: [ColumnValue])) throws(StoreError) -> [[ColumnValue]] {
        try access { pool in
            try pool.read { database in
                let arguments = StatementArguments(statement.values.map(\.forSQLite))
                return try Row.fetchAll(database, sql: statement.sql, arguments: arguments)
                    .map { $0.databaseValues.map(ColumnValue.init) }
            }
        }
    }

    package func logins() throws(StoreError) -> [AgentLogin] {
        try access { pool in
            try pool.read { database in
                try Row.fetchAll(database, sql: LoginColumns.select)
                    .compactMap { LoginColumns.login($0.databaseValues.map(ColumnValue.init)) }
            }
        }
    }

    package func highestCallNumber() throws(StoreError) -> Int32 {
        try access { pool in
            try pool.read { database in
                let numbers = try Int64.fetchAll(
                    database,
                    sql: "SELECT cid FROM cc_cdrs WHERE cid IS NOT NULL ORDER BY rowid DESC LIMIT \(CallNumbers.window)"
                )
                return CallNumbers.last(among: numbers.compactMap(Int32.init(exactly:)))
            }
        }
    }

    package func close() throws(StoreError) {
        guard let opened = state.withLock({ $0.opened }) else { return }
        try Self.using(name) {
            // Those who read are closed last, and cannot bring into the file what only its -wal file has: whoever moves the file alone
            // would leave that behind.
            try? opened.pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            try opened.pool.close()
        }
    }

    private static let insert = """
        INSERT INTO \(RecordColumns.table) (\(RecordColumns.names.joined(separator: ", ")))
        VALUES (\(RecordColumns.names.map { _ in "?" }.joined(separator: ", ")))
        ON CONFLICT (\(RecordColumns.key.joined(separator: ", "))) DO NOTHING
        """

    func access<Result>(_ body: (DatabasePool) throws -> Result) throws(StoreError) -> Result {
        let opened = try opened()
        guard FileIdentity(of: path) == opened.file else {
            throw StoreError(
                .unavailable,
                database: name,
                "the file was removed or replaced while in use; put it back, or restart callcenterd to begin a new one"
            )
        }
        return try Self.using(name) { try body(opened.pool) }
    }

    private static func using<Result>(_ name: String, _ body: () throws -> Result) throws(StoreError) -> Result {
        do {
            return try body()
        } catch {
            throw StoreError(using: name, error)
        }
    }

    func rows(
        _ table: String,
        by id: String,
        from database: Database
    ) throws -> ProvisioningTables.Table {
        // Another program may have changed the table since this connection has looked: a statement finds out when it runs, and not
        // when it is made.
        _ = try Row.fetchOne(database, sql: "SELECT 1 FROM \(table)")
        let columns = try database.makeStatement(sql: "SELECT * FROM \(table)").columnNames
        let order = columns.contains { $0.lowercased() == id } ? " ORDER BY \(id)" : ""
        let cursor = try Row.fetchCursor(database, sql: "SELECT * FROM \(table)\(order)")
        var rows: [[ColumnValue]] = []
        while let row = try cursor.next() {
            rows.append(row.databaseValues.map(ColumnValue.init))
        }
        return ProvisioningTables.Table(columns: columns, rows: rows)
    }
}

extension ColumnValue {
    init(_ value: DatabaseValue) {
        self =
            switch value.storage {
            case .null: .null
            case .int64(let number): .integer(number)
            case .double(let number): .real(number)
            case .string(let text): .text(text)
            case .blob: .bytes
            }
    }

    var forSQLite: DatabaseValue {
        switch self {
        case .null, .bytes: .null
        case .integer(let number): number.databaseValue
        case .real(let number): number.databaseValue
        case .text(let text): text.databaseValue
        case .list(let names): names.joined(separator: ",").databaseValue
        }
    }
}
