import GRDB
import Testing

@testable import Store

@Suite("Migrations of an SQLite file")
struct MigrationTests {
    private func migrate(_ path: String, _ steps: [SchemaMigration]) throws {
        try shell(path).write { try SchemaMigrator(name: "x", migrations: steps).migrate($0) }
    }

    @Test("go on from where the file is, in order")
    func fromOlder() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            let steps = [
                SchemaMigration(version: 1, name: "0001.sql", sql: "CREATE TABLE t (a);"),
                SchemaMigration(version: 2, name: "0002.sql", sql: "ALTER TABLE t ADD COLUMN b;  -- new\n"),
                SchemaMigration(version: 3, name: "0003.sql", sql: "INSERT INTO t (a, b)\nVALUES (1, 2);"),
            ]
            try migrate(path, Array(steps[..<1]))
            try migrate(path, steps)
            #expect(try rows(path, "SELECT a, b FROM t") == ["1|2"])
            #expect(try rows(path, "SELECT version FROM callcenterd_migrations ORDER BY 1") == ["1", "2", "3"])
        }
    }

    @Test("a step that fails leaves the file as it was and is named")
    func failing() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            let steps = [
                SchemaMigration(version: 1, name: "0001.sql", sql: "CREATE TABLE t (a);\nCREATE TABLE t (b);")
            ]
            let error = try #require(throws: StoreError.self) { try migrate(path, steps) }
            #expect(error.description == "x: 0001.sql failed: table t already exists")
            #expect(try rows(path, "SELECT name FROM sqlite_master").isEmpty)
        }
    }
}
