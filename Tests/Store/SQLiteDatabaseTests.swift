import CallCenter
import Foundation
import GRDB
import Store
import Testing

@Suite("An SQLite file")
struct SQLiteDatabaseTests {
    @Test("gets its tables at the start, and is open to other programs meanwhile")
    func fresh() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            let database = try DatabaseURL("sqlite:\(path)").open()
            try database.prepare()
            #expect(try database.schema().report == SchemaReport())
            #expect(try rows(path, "PRAGMA journal_mode") == ["wal"])
        }
    }

    @Test("a lock that somebody else holds is an error that may pass; a reader does not care")
    func locked() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            let database = try SQLiteDatabase(path: path, lockTimeout: 0.01)
            try database.migrate()
            try shell(path).writeWithoutTransaction { other in
                try other.execute(sql: "BEGIN EXCLUSIVE")
                let error = #expect(throws: StoreError.self) { try database.write([record(1)]) }
                #expect(error?.kind == .unavailable)
                #expect(error?.description == "sqlite:\(path): is locked by another program; end its transaction")
                #expect(throws: Never.self) { try database.loadProvisioning() }
                try other.execute(sql: "COMMIT")
            }
            try database.write([record(1)])
            #expect(try rows(path, "SELECT call_uuid FROM cc_cdrs") == ["call1"])
        }
    }

    @Test("a file that is removed or replaced while in use is noticed, not written into the void")
    func replaced() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            let database = try SQLiteDatabase(path: path)
            try database.migrate()
            try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
            let gone = try #require(throws: StoreError.self) { try database.write([record(1)]) }
            #expect(gone.kind == .unavailable)
            #expect(gone.problem.hasPrefix("the file was removed or replaced while in use"))
            try Data().write(to: URL(fileURLWithPath: path))
            #expect(throws: StoreError.self) { try database.loadProvisioning() }
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: path + ".old", toPath: path)
            try database.write([record(1)])
            #expect(try rows(path, "SELECT call_uuid FROM cc_cdrs") == ["call1"])
        }
    }

    @Test("one that is opened when needed may come later, also with its folder, and has its tables then")
    func later() async throws {
        try await withFolder { folder in
            let path = folder + "/mounted/c.db"
            let database = try DatabaseURL("sqlite:\(path)").openWhenNeeded()
            for _ in 0..<2 {
                let error = #expect(throws: StoreError.self) { try database.prepare() }
                #expect(error?.kind == .unopened)
                #expect(error?.problem.hasPrefix("there is no directory") == true)
            }
            try FileManager.default.createDirectory(atPath: folder + "/mounted", withIntermediateDirectories: false)
            try Data("This is a letter, not a database; it is long enough to be looked at by SQLite.".utf8)
                .write(to: URL(fileURLWithPath: path))
            let letter = #expect(throws: StoreError.self) { try database.write([record(1)]) }
            #expect(letter?.kind == .unopened)
            try FileManager.default.removeItem(atPath: path)
            try database.write([record(1)])
            #expect(try rows(path, "SELECT call_uuid FROM cc_cdrs") == ["call1"])
            try database.close()
        }
    }

    @Test("a lock that somebody else holds does not keep one from being prepared that has its tables")
    func preparedWhileLocked() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            try SQLiteDatabase(path: path).prepare()
            try shell(path).writeWithoutTransaction { other in
                // Whoever opens a file without a journal of its own begins one, which takes the lock.
                try other.execute(sql: "CREATE TABLE theirs (id INTEGER)")
                try other.execute(sql: "BEGIN IMMEDIATE")
                let database = try SQLiteDatabase(path: path, lockTimeout: 0.01, opening: .whenNeeded)
                try database.prepare()
                #expect(throws: Never.self) { try database.loadProvisioning() }
                try other.execute(sql: "COMMIT")
            }
        }
    }

    @Test("after its end everything is in the file itself")
    func closed() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            let database = try SQLiteDatabase(path: path)
            try database.migrate()
            try database.write([record(1)])
            _ = try database.loadProvisioning()
            try database.close()
            try FileManager.default.copyItem(atPath: path, toPath: folder + "/alone.db")
            #expect(try rows(folder + "/alone.db", "SELECT call_uuid FROM cc_cdrs") == ["call1"])
        }
    }

    @Test("what cannot be opened is said plainly")
    func unusable() async throws {
        try await withFolder { folder in
            func problem(_ path: String) -> String {
                do throws(StoreError) {
                    try SQLiteDatabase(path: path).close()
                    return "none"
                } catch {
                    return "\(error.kind) \(error)"
                }
            }
            #expect(
                problem(folder + "/no/c.db")
                    == "unusable sqlite:\(folder)/no/c.db: there is no directory \(folder)/no; create it, or choose another file"
            )
            #expect(problem(folder) == "unusable sqlite:\(folder): is a directory; expected a file")
            let text = folder + "/text.db"
            try Data("This is a letter, not a database; it is long enough to be looked at by SQLite.".utf8)
                .write(to: URL(fileURLWithPath: text))
            #expect(
                problem(text)
                    == "unusable sqlite:\(text): is no SQLite database; move the file away, or choose another one"
            )
            #expect(
                problem(text + "/c.db")
                    == "unusable sqlite:\(text)/c.db: \(text) is no directory; choose another file"
            )
        }
    }

    @Test("permissions that are missing are named with the user who lacks them", .enabled(if: geteuid() != 0))
    func permissions() async throws {
        try await withFolder { folder in
            try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder)
            let error = try #require(throws: StoreError.self) { try SQLiteDatabase(path: folder + "/c.db") }
            #expect(error.problem.contains("may not write in the directory \(folder)"))
        }
    }
}
