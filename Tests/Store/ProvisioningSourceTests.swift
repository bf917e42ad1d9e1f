import CallCenter
import Dispatch
import Foundation
import GRDB
import Patience
import Synchronization
import Testing

@testable import Store

@Suite("Flows and agents, from the database or the copy")
struct ProvisioningSourceTests {
    private static func insert(_ values: String) -> String {
        "INSERT INTO cc_flows (flowid, skill, message_queue, priority) VALUES \(values)"
    }

    @Test(
        "with neither there is nothing to start with, but for the calls of the last process",
        arguments: [false, true]
    )
    func nothing(isDamaged: Bool) async throws {
        try await withFolder { folder in
            let database = try SQLiteDatabase(path: folder + "/mounted/c.db", opening: .whenNeeded)
            let log = LogBook()
            let copy = ProvisioningCopy(stateDirectory: folder)
            if isDamaged { try Data("0\n{}".utf8).write(to: URL(fileURLWithPath: copy.path)) }
            let source = ProvisioningSource(database: database, copy: copy, logger: log.logger)
            let error = await #expect(throws: StoreError.self) { try await source.readAtStart() }
            #expect(error?.problem.hasPrefix("there is no directory") == true)
            #expect(!source.isMissing)
            #expect(try await source.readAtStart(hasCalls: true) == nil)
            #expect(source.isStale && source.isMissing)
            #expect(log.text.count { $0.hasPrefix("critical: neither database nor copy") } == 1)
            try FileManager.default.createDirectory(atPath: folder + "/mounted", withIntermediateDirectories: false)
            try database.prepare()
            #expect(try await source.read() == Provisioning(flows: [], agents: []))
            #expect(!source.isStale && !source.isMissing)
        }
    }

    @Test("whoever asks waits as long as he said, or until he is cancelled; what hangs goes on by itself")
    func patience() async throws {
        let database = ScriptedDatabase()
        let gate = DispatchSemaphore(value: 0)
        let over = Mutex(0)
        @Sendable func hang() {
            gate.wait()
            over.withLock { $0 += 1 }
        }
        let late = await #expect(throws: StoreError.self) {
            try await database.background(within: .milliseconds(20)) { _ throws(StoreError) in hang() }
        }
        #expect(late?.description == "scripted: has not answered within 0.02 seconds")
        let task = Task { try await database.background { _ throws(StoreError) in hang() } }
        task.cancel()
        let cancelled = await #expect(throws: StoreError.self) { try await task.value }
        #expect(cancelled?.kind == .unavailable)
        #expect(over.withLock { $0 } == 0)
        for _ in 1...2 { gate.signal() }
        try await eventually("both to go on") { over.withLock { $0 } == 2 }
        #expect(try await database.background(within: .seconds(60)) { _ throws(StoreError) in 7 } == 7)
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
                let flows = try #require(await source.readAtStart()).flows
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
