import CallCenter
import Foundation
import GRDB
import Store
import Testing

@Suite("An SQLite file")
struct SQLiteDatabaseTests {
    @Test("a fresh file gets all tables, and is provisioned from outside while it is open")
    func fresh() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            let database = try DatabaseURL("sqlite:\(path)").open()
            try database.migrate()
            #expect(try database.loadProvisioning() == Provisioning(flows: [], agents: []))
            #expect(try database.highestCallNumber() == 0)
            try await shell(path).write {
                try $0.execute(
                    sql: """
                        INSERT INTO cc_flows (flowid, skill, message_queue) VALUES ('support', 'help', 'sip:queue@m');
                        INSERT INTO cc_agents (agentid, location, skills) VALUES ('ann', 'sip:ann@h', 'help');
                        """
                )
            }
            let provisioning = try await database.provisioning()
            #expect(
                provisioning
                    == Provisioning(
                        flows: [FlowDefinition(id: "support", skill: "help", messageQueue: "sip:queue@m")],
                        agents: [AgentDefinition(id: "ann", location: "sip:ann@h", skills: ["help"])]
                    )
            )
            #expect(try rows(path, "PRAGMA journal_mode") == ["wal"])
        }
    }

    @Test("a record has the columns of the reference, in whole seconds and UTC, and ours")
    func columns() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            let database = try SQLiteDatabase(path: path)
            try database.migrate()
            var answered = record(1)
            answered.wait = 1_999
            answered.pickup = 999
            answered.talk = 61_000
            answered.agentID = "ann"
            answered.callType = .answered
            answered.refusals = 2
            answered.facts = [.inbound, .distributed, .answered]
            answered.sipStatus = 200
            answered.cause = "answered"
            answered.endedBy = .agent
            answered.transferredTo = "sip:bob@h"
            answered.callIDs = ["a1", "b2"]
            try database.write([answered, record(2, offer: 3)])
            #expect(
                try rows(
                    path,
                    """
                    SELECT caller, received_timestamp, wait_time, pickup_time, talk_time, flow_id, agent_id, call_type,
                    rejected, fstats, cid, media FROM cc_cdrs ORDER BY id
                    """
                ) == [
                    "alice|2023-11-14 22:13:20|1|0|61|support|ann|0|2|7|1|1",
                    "alice|2023-11-14 22:13:20|12|0|0|support|NULL|1|0|1|2|1",
                ]
            )
            #expect(
                try rows(
                    path,
                    """
                    SELECT call_uuid, offer_number, wait_ms, pickup_ms, talk_ms, caller_uri, called_uri, sip_status,
                    cause, ended_by, transferred_to, call_ids FROM cc_cdrs ORDER BY id
                    """
                ) == [
                    "call1|0|1999|999|61000|sip:alice@example.com|sip:support@192.0.2.1|200|answered|agent|sip:bob@h|a1 b2",
                    "call2|3|12345|0|0|sip:alice@example.com|sip:support@192.0.2.1|0|abandoned|caller|NULL|a1",
                ]
            )
            #expect(try database.highestCallNumber() == 2)
        }
    }

    @Test("a record that is written again is there once, as it was first")
    func idempotent() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            let database = try SQLiteDatabase(path: path)
            try database.migrate()
            try database.write([record(1), record(1, offer: 1)])
            var again = record(1)
            again.cause = "other"
            try database.write([again, record(1, offer: 1), record(2)])
            let keys = "SELECT call_uuid, offer_number, cause FROM cc_cdrs ORDER BY id"
            #expect(try rows(path, keys) == ["call1|0|abandoned", "call1|1|abandoned", "call2|0|abandoned"])
        }
    }

    @Test("a batch is written whole or not at all, and the refusal of a record is told from a database that is away")
    func refusal() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            let database = try SQLiteDatabase(path: path)
            try database.migrate()
            try await shell(path).write {
                try $0.execute(
                    sql: """
                        CREATE TRIGGER no_bob BEFORE INSERT ON cc_cdrs WHEN NEW.caller = 'bob'
                        BEGIN SELECT RAISE(ABORT, 'no bob here'); END
                        """
                )
            }
            var bad = record(2)
            bad.caller = "bob"
            let error = try #require(throws: StoreError.self) { try database.write([record(1), bad]) }
            #expect(error.kind == .refused)
            #expect(error.description == "sqlite:\(path): no bob here")
            #expect(try rows(path, "SELECT * FROM cc_cdrs").isEmpty)
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

    @Test("after the end every use fails")
    func closed() async throws {
        try await withFolder { folder in
            let database = try SQLiteDatabase(path: folder + "/c.db")
            try database.migrate()
            try database.close()
            let error = try #require(throws: StoreError.self) { try database.write([record(1)]) }
            #expect(error.problem == "is closed")
        }
    }
}
