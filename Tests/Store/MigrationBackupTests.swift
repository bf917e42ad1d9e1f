import CallCenter
import GRDB
import Testing

@testable import Store

@Suite("The copy before a migration")
struct MigrationBackupTests {
    @Test("an older database is copied beside itself as it was, and then changed")
    func older() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            // As an administrator has it who comes from elsewhere: fewer columns, no record of migrations.
            try shell(path).write {
                try $0.execute(sql: "CREATE TABLE cc_flows (id INTEGER PRIMARY KEY, flowid TEXT, skill TEXT)")
                try $0.execute(sql: "INSERT INTO cc_flows (flowid, skill) VALUES ('support', 'helping')")
            }
            let before = try rows(path, "SELECT sql FROM sqlite_master ORDER BY name")
            let database = try SQLiteDatabase(path: path)
            try database.migrate()
            let newest = try #require(SchemaMigration.sqlite.last?.version)
            let copy = MigrationBackup(path: path).file(before: newest)
            #expect(try rows(copy, "SELECT sql FROM sqlite_master ORDER BY name") == before)
            #expect(try rows(copy, "SELECT flowid, skill FROM cc_flows") == ["support|helping"])
            #expect(try rows(path, "SELECT flowid FROM cc_flows") == ["support"])
            #expect(try rows(path, "SELECT MAX(version) FROM callcenterd_migrations") == ["\(newest)"])
            try database.close()
        }
    }

    @Test("a new database and one that is up to date are not copied")
    func nothingToDo() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            for _ in 0..<2 {
                let database = try SQLiteDatabase(path: path)
                try database.migrate()
                try database.close()
            }
            let newest = try #require(SchemaMigration.sqlite.last?.version)
            #expect(FileIdentity(of: MigrationBackup(path: path).file(before: newest)) == nil)
        }
    }

    @Test("a copy that once came to no end does not stand in the way")
    func unfinished() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            try shell(path).write { try $0.execute(sql: "CREATE TABLE t (a)") }
            let steps = [SchemaMigration(version: 1, name: "0001.sql", sql: "CREATE TABLE u (a);")]
            let backup = MigrationBackup(path: path)
            try shell(backup.file(before: 1) + ".part").write { try $0.execute(sql: "CREATE TABLE half (a)") }
            try shell(path).writeWithoutTransaction { try backup.makeIfNeeded($0, migrations: steps) }
            #expect(try rows(backup.file(before: 1), "SELECT name FROM sqlite_master") == ["t"])
        }
    }
}
