import CallCenter
import GRDB
import Testing

@testable import Store

@Suite("Migrations of an SQLite file")
struct MigrationTests {
    private func migrate(_ path: String, _ steps: [SchemaMigration]) throws {
        try shell(path).write { try SchemaMigrator(name: "x", migrations: steps).migrate($0) }
    }

    @Test("run once: a second start changes nothing")
    func twice() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            try SQLiteDatabase(path: path).migrate()
            let before = try rows(path, "SELECT type, name, sql FROM sqlite_master")
            let again = try SQLiteDatabase(path: path)
            try again.migrate()
            #expect(try rows(path, "SELECT type, name, sql FROM sqlite_master") == before)
            #expect(try rows(path, "SELECT version, name FROM callcenterd_migrations") == ["1|0001_tables.sql"])
        }
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

    @Test("a file of a newer program is refused and left alone")
    func newer() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            let database = try SQLiteDatabase(path: path)
            try database.migrate()
            try await shell(path).write {
                try $0.execute(sql: "INSERT INTO callcenterd_migrations (version, name) VALUES (77, '0077_new.sql')")
            }
            let error = try #require(throws: StoreError.self) { try database.migrate() }
            #expect(error.kind == .unusable)
            #expect(
                error.problem == "has the tables of a newer callcenterd (schema 77, this program knows 1); "
                    + "install that version again, or choose another database"
            )
        }
    }

    /// As an older OpenSIPS leaves it: no columns of ours, and without those that later versions brought.
    static let reference = """
        CREATE TABLE cc_flows (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, flowid CHAR(64) NOT NULL,
            priority INTEGER DEFAULT 256 NOT NULL, skill CHAR(64) NOT NULL, prependcid CHAR(32) NOT NULL,
            message_welcome CHAR(128) DEFAULT NULL, message_queue CHAR(128) NOT NULL);
        CREATE TABLE cc_agents (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, agentid CHAR(128) NOT NULL,
            location CHAR(128) NOT NULL, logstate INTEGER DEFAULT 0 NOT NULL, skills CHAR(255) NOT NULL,
            last_call_end INTEGER DEFAULT 0 NOT NULL);
        CREATE TABLE cc_cdrs (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, caller CHAR(64) NOT NULL,
            received_timestamp DATETIME NOT NULL, wait_time INTEGER DEFAULT 0 NOT NULL,
            pickup_time INTEGER DEFAULT 0 NOT NULL, talk_time INTEGER DEFAULT 0 NOT NULL,
            flow_id CHAR(128) NOT NULL, agent_id CHAR(128) DEFAULT NULL, call_type INTEGER DEFAULT -1 NOT NULL,
            rejected INTEGER DEFAULT 0 NOT NULL, fstats INTEGER DEFAULT 0 NOT NULL, cid INTEGER DEFAULT 0);
        INSERT INTO cc_flows (flowid, priority, skill, prependcid, message_welcome, message_queue)
            VALUES ('support', 10, 'help', '', '', 'sip:queue@media:5080;transport=udp');
        INSERT INTO cc_agents (agentid, location, logstate, skills)
            VALUES ('ann', 'sip:ann@10.0.0.1', 1, ' help, sales,help ,,');
        INSERT INTO cc_cdrs (caller, received_timestamp, flow_id, cid)
            VALUES ('old', '2020-01-01 00:00:00', 'support', 41), ('old', '2020-01-01 00:00:01', 'support', 42);
        """

    @Test("a database of the reference serves as it is: rows are read with defaults, records go on behind the old ones")
    func referenceDatabase() async throws {
        try await withFolder { folder in
            let path = folder + "/opensips.db"
            try await shell(path).write { try $0.execute(sql: Self.reference) }
            let database = try SQLiteDatabase(path: path)
            try database.migrate()
            let provisioning = try database.loadProvisioning()
            #expect(provisioning.refused.isEmpty)
            #expect(provisioning.flows.map(\.id) == ["support"])
            #expect(provisioning.flows.first?.priority == 10)
            #expect(provisioning.flows.first?.messageWelcome == nil)
            #expect(provisioning.flows.first?.prependCID == nil)
            #expect(provisioning.flows.first?.onNoAgents == .keep)
            #expect(provisioning.agents.first?.skills == ["help", "sales"])
            #expect(provisioning.agents.first?.isLoggedIn == true)
            #expect(provisioning.agents.first?.wrapupTime == nil)
            #expect(try database.highestCallNumber() == 42)

            try database.write([record(43)])
            try database.write([record(43)])
            #expect(
                try rows(path, "SELECT caller, cid, call_uuid, media FROM cc_cdrs ORDER BY id")
                    == ["old|41|NULL|1", "old|42|NULL|1", "alice|43|call43|1"]
            )
            // Provisioning tables are left as they were.
            #expect(try rows(path, "SELECT * FROM cc_flows").first?.split(separator: "|").count == 5)
            #expect(try rows(path, "SELECT COUNT(*) FROM pragma_table_info('cc_flows')") == ["7"])
        }
    }
}
