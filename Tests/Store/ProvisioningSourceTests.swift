import CallCenter
import Foundation
import GRDB
import Testing

@testable import Store

@Suite("Flows and agents, from the database or the copy")
struct ProvisioningSourceTests {
    private static func insert(_ values: String) -> String {
        "INSERT INTO cc_flows (flowid, skill, message_queue, priority) VALUES \(values)"
    }

    @Test("a row that can be used no more is what it last was, over restarts as well, with the database and without")
    func lastGood() async throws {
        try await withFolder { folder in
            let path = folder + "/c.db"
            let database = try SQLiteDatabase(path: path)
            try database.migrate()
            func execute(_ sql: String) throws { try shell(path).write { try $0.execute(sql: sql) } }
            /// As a process does that starts now.
            func atStart() async throws -> [String: UInt32] {
                let copy = ProvisioningCopy(stateDirectory: folder)
                let source = ProvisioningSource(database: database, copy: copy, logger: LogBook().logger)
                let flows = try await source.readAtStart().flows
                return Dictionary(uniqueKeysWithValues: flows.map { ($0.id, UInt32($0.priority)) })
            }
            try execute(Self.insert("('a', 's', 'sip:q@m', 1), ('b', 's', 'sip:q@m', 2)"))
            #expect(try await atStart() == ["a": 1, "b": 2])
            try execute("UPDATE cc_flows SET priority = 'zz' WHERE flowid = 'a'")
            #expect(try await atStart() == ["a": 1, "b": 2])
            try execute("UPDATE cc_flows SET priority = 9e999 WHERE flowid = 'b'")
            #expect(try await atStart() == ["a": 1, "b": 2], "one after the other")
            try execute(Self.insert("('c', 's', 'sip:q@m', 3)"))
            #expect(try await atStart() == ["a": 1, "b": 2, "c": 3])
            try execute("UPDATE cc_flows SET priority = 5 WHERE flowid = 'a'; DELETE FROM cc_flows WHERE flowid = 'b'")
            #expect(try await atStart() == ["a": 5, "c": 3], "what is gone stays gone")
            try execute("UPDATE cc_flows SET priority = 'zz' WHERE flowid = 'a'")
            #expect(try await atStart() == ["a": 5, "c": 3])
            try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
            #expect(try await atStart() == ["a": 5, "c": 3])
        }
    }
}
