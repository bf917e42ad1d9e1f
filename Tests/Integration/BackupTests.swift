import Patience
import Foundation
import Glibc
import PostgresFixture
import Testing

/// Backup and restore as the README explains them.
@Suite("A backup that is restored", .staged)
struct BackupTests {
    @Test("of SQLite has flows, agents and records of its time, and the daemon goes on from it")
    func sqlite() async throws {
        let centre = try await Centre.open(agent: .answers(ring: 10, talk: 200))
        var daemon = centre.daemon
        try await call(daemon, records: 1)
        let backup = daemon.stage.path("backup.db")
        try await daemon.sql(".backup \(backup)")
        try await call(daemon, records: 2)
        await daemon.process.stop(within: .seconds(30))
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: daemon.database + suffix) }
        try FileManager.default.copyItem(atPath: backup, toPath: daemon.database)
        daemon = try await daemon.killAndRestart()
        #expect(try await daemon.records().map(\.cid) == [1])
        #expect(try await daemon.agents().map(\.id) == ["anna"])
        try await call(daemon, records: 2)
        // Numbers go on behind those of the journal, so that none means two calls.
        #expect(try await daemon.records().map(\.cid) == [1, 3])
    }

    @Test("of PostgreSQL gets the records that the journal still has, and none twice")
    func postgres() async throws {
        let stage = try Stage.here()
        let server = try PostgresServer()
        defer { server.stop() }
        let migration = ["db", "migrate", "--url", server.url()]
        let migrated = try await ChildProcess.run("migrate", Binaries.path("ccctl"), migration, in: stage.folder)
        try #require(migrated.status == 0, "\(migrated.text)")
        let centre = try await Centre.open(
            agent: .answers(ring: 10, talk: 200),
            options: .init(more: "acc_db_url: \(server.url())\n")
        )
        var daemon = centre.daemon
        func numbers() throws -> [String] { try server.sql("SELECT cid FROM cc_cdrs ORDER BY cid") }
        try await call(daemon)
        try await eventually("the record") { try numbers() == ["1"] ? () : nil }
        let dump = stage.path("backup.sql")
        let command = ["--dbname", server.url(), "--file", dump]
        let dumped = try await ChildProcess.run("pg_dump", "pg_dump", command, in: stage.folder)
        try #require(dumped.status == 0, "\(dumped.text)")
        try server.shutDown()
        try await call(daemon)
        await daemon.process.stop(within: .seconds(30))
        try server.start()
        try server.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        let restore = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", server.url(), "--file", dump]
        let restored = try await ChildProcess.run("psql", "psql", restore, in: stage.folder)
        try #require(restored.status == 0, "\(restored.text)")
        #expect(try numbers() == ["1"])
        daemon = try await daemon.killAndRestart()
        try await eventually("the record of the journal") { try numbers().count >= 2 ? () : nil }
        #expect(try numbers() == ["1", "2"])
    }

    /// One call from its beginning to its end; with a number, until there are so many records.
    private func call(_ daemon: Daemon, records: Int? = nil) async throws {
        let callers = try Sipp.callers(
            "caller-\(UUID().uuidString.prefix(4))",
            .init(end: .stay),
            flows: ["sales"],
            to: daemon.port
        )
        #expect(try await callers.finish().successful == 1)
        guard let records else { return }
        try await eventually("\(records) records") { try await daemon.records().count >= records ? () : nil }
    }
}
