import Glibc
import GRDB

/// A copy of an SQLite file beside itself, made before a migration changes its tables: the way back, should the new version turn
/// out to be no good.
struct MigrationBackup {
    /// Path of the database.
    let path: String

    /// - Parameter version: the number of the schema that the file is about to get.
    func file(before version: Int) -> String { "\(path).before-schema-\(version)" }

    /// Copies the file if it has tables and these are older than the newest of `migrations`.
    func makeIfNeeded(_ database: Database, migrations: [SchemaMigration]) throws {
        guard let newest = migrations.last?.version, try reached(database) < newest,
            try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM sqlite_master") ?? 0 > 0
        else { return }
        let file = file(before: newest)
        let unfinished = file + ".part"
        // From a copy that did not come to its end; VACUUM INTO wants none there.
        unlink(unfinished)
        unlink(unfinished + "-journal")
        // Callers' numbers are in it: it is for those whom the file itself is for. VACUUM INTO takes an empty file that is there.
        var status = stat()
        let mode = stat(path, &status) == 0 ? status.st_mode & 0o777 : 0o600
        let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw DatabaseError(resultCode: .SQLITE_CANTOPEN, message: "cannot make the copy \(file)")
        }
        close(descriptor)
        try database.execute(sql: "VACUUM INTO ?", arguments: [unfinished])
        guard rename(unfinished, file) == 0 else {
            throw DatabaseError(resultCode: .SQLITE_IOERR, message: "cannot make the copy \(file)")
        }
    }

    private func reached(_ database: Database) throws -> Int {
        guard try database.tableExists(SchemaMigration.table) else { return 0 }
        return try Int.fetchOne(database, sql: "SELECT MAX(version) FROM \(SchemaMigration.table)") ?? 0
    }
}
