import Patience
import CallCenter
import Foundation
import PostgresFixture
import Testing

@testable import Store

/// What only PostgreSQL does: it is a server, so it can be away.
@Suite("A PostgreSQL server", .serialized, .postgresServer)
struct PostgresServerTests {
    /// A server that these tests may ill-treat, one after the other, and a migrated database of it.
    private func withServer(
        patience: Duration = .seconds(20),
        _ body: (PostgresServer, String, PostgresDatabase) async throws -> Void
    ) async throws {
        let server = try #require(PostgresServerTrait.server)
        let name = "t" + UUID().uuidString.lowercased().replacing("-", with: "")
        try server.sql("CREATE DATABASE \(name)")
        let database = PostgresDatabase(address: try PostgresAddress(server.url(name)), patience: patience)
        try database.migrate()
        try await body(server, name, database)
        try database.close()
    }

    @Test("that restarts while the connection is idle costs nothing")
    func restart() async throws {
        try await withServer { server, name, database in
            try database.write([record(1)])
            try server.shutDown()
            try server.start()
            try database.write([record(2)])
            #expect(try server.sql("SELECT cid FROM cc_cdrs ORDER BY id", in: name) == ["1", "2"])
            #expect(try database.loadProvisioning() == Provisioning(flows: [], agents: []))
        }
    }

    @Test("that is away is an error that may pass, and takes records again when it is back")
    func away() async throws {
        try await withServer { server, name, database in
            try database.write([record(1)])
            try server.crash()
            let error = try #require(throws: StoreError.self) { try database.write([record(2)]) }
            #expect(error.kind == .unavailable)
            #expect(error.description.hasPrefix("postgres://127.0.0.1:\(server.port)/\(name): "))
            #expect(throws: StoreError.self) { try database.loadProvisioning() }
            try server.start()
            try database.write([record(1), record(2)])
            #expect(try server.sql("SELECT cid FROM cc_cdrs ORDER BY id", in: name) == ["1", "2"])
        }
    }

    @Test("that hangs is given up in time; what it then does after all is not done twice")
    func frozen() async throws {
        try await withServer(patience: .milliseconds(300)) { server, name, database in
            try database.write([record(1)])
            server.freeze()
            let error = try #require(throws: StoreError.self) { try database.write([record(2)]) }
            #expect(error.kind == .unavailable)
            #expect(error.problem == "does not answer within 0.3 seconds")
            server.thaw()
            let patient = PostgresDatabase(address: try PostgresAddress(server.url(name)))
            try patient.write([record(1), record(2), record(3)])
            #expect(try server.sql("SELECT cid FROM cc_cdrs ORDER BY cid", in: name) == ["1", "2", "3"])
            try patient.close()
        }
    }

    @Test("that hangs is waited for once by whoever asks for one thing after the other")
    func hangsAtStart() async throws {
        try await withServer { server, _, database in
            server.freeze()
            defer { server.thaw() }
            let clock = ContinuousClock()
            func ask() -> Duration {
                clock.measure { #expect(throws: StoreError.self) { try database.highestCallNumber() } }
            }
            let first = ask()
            let others = (1...4).map { _ in ask() }.reduce(.zero, +)
            #expect(others < first * 2)
            server.thaw()
            try await eventually("the server to be asked again") { (try? database.highestCallNumber()) != nil }
        }
    }

    @Test("is asked in the order of a URL with several hosts")
    func hosts() async throws {
        try await withServer { server, name, _ in
            let url = server.url(name).replacing("127.0.0.1", with: "127.0.0.1:1,127.0.0.1")
            let database = PostgresDatabase(address: try PostgresAddress(url))
            #expect(database.name == "postgres://127.0.0.1:1,127.0.0.1:\(server.port)/\(name)")
            try database.write([record(1)])
            #expect(try server.sql("SELECT cid FROM cc_cdrs", in: name) == ["1"])
            try database.close()
        }
    }

    @Test("may be in the middle of something when its use ends: that is not waited for")
    func closedWhileBusy() async throws {
        try await withServer(patience: .seconds(120)) { server, name, database in
            let holder = try PostgresConnection(try PostgresAddress(server.url(name)), patience: .seconds(60))
            try holder.run("BEGIN; LOCK TABLE cc_cdrs")
            async let written: Void = database.background { database throws(StoreError) in
                try database.write([record(1)])
            }
            let waiting =
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO cc_cdrs%'"
            try await eventually("the record to wait for the lock", within: .seconds(60)) {
                try !server.sql(waiting).isEmpty
            }
            try database.close()
            #expect(try !server.sql(waiting).isEmpty, "it still waits")
            try holder.run("ROLLBACK")
            try await written
            let error = #expect(throws: StoreError.self) { try database.write([record(2)]) }
            #expect(error?.problem == "is closed")
            #expect(try server.sql("SELECT cid FROM cc_cdrs", in: name) == ["1"])
        }
    }

    @Test("whose tables somebody has locked says which, before those who wait lose patience")
    func locked() async throws {
        try await withServer(patience: .seconds(60)) { server, name, database in
            let holder = try PostgresConnection(try PostgresAddress(server.url(name)), patience: .seconds(60))
            try holder.run("BEGIN; LOCK TABLE cc_agents")
            let error = try #require(throws: StoreError.self) { try database.loadProvisioning() }
            #expect(error.kind == .unavailable)
            #expect(
                error.description
                    == "\(database.name): table cc_agents is locked by another session; end its transaction"
            )
            try holder.run("ROLLBACK")
            #expect(try database.loadProvisioning() == Provisioning(flows: [], agents: []))
        }
    }

    @Test("whose skills are an array has its elements read")
    func arrays() async throws {
        try await withServer { server, name, database in
            try server.sql(
                """
                ALTER TABLE cc_agents ALTER skills DROP DEFAULT, ALTER skills TYPE text[] USING string_to_array(skills, ',');
                INSERT INTO cc_agents (agentid, location, skills) VALUES ('ann', 'sip:ann@h', '{help,x}'),
                  ('bob', 'sip:bob@h', '{" a b ",NULL,"NULL","q\\"\\\\,{}"}'), ('eve', 'sip:eve@h', '{}'),
                  ('flo', 'sip:flo@h', '[0:1]={one,two}'), ('gil', 'sip:gil@h', '{{a,b},{b,c}}');
                """,
                in: name
            )
            let provisioning = try database.loadProvisioning()
            #expect(provisioning.refused == [])
            #expect(
                provisioning.agents.map(\.skills) == [
                    ["help", "x"], ["a b", "NULL", "q\"\\,{}"], [], ["one", "two"], ["a", "b", "c"],
                ]
            )
            try server.sql("ALTER TABLE cc_agents ALTER location TYPE text[] USING ARRAY[location]", in: name)
            let reason = "location: an array of 1 is not usable; expected text"
            #expect(try database.loadProvisioning().refused.map(\.reason) == Array(repeating: reason, count: 5))
        }
    }

    @Test("whose encoding lacks characters gets every record, with ? for them, and is told of by db check")
    func encoding() async throws {
        let server = try #require(PostgresServerTrait.server)
        let name = "t" + UUID().uuidString.lowercased().replacing("-", with: "")
        try server.sql("CREATE DATABASE \(name) ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        let database = PostgresDatabase(address: try PostgresAddress(server.url(name)))
        #expect(try database.migrate().isEmpty == false)
        #expect(try database.migrate().isEmpty, "what it lacks no migration mends")
        let problems = try database.schema().report.problems
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("its encoding is LATIN1, ") == true)

        var (names, many) = (record(1), record(2))
        names.caller = "B\u{e9}n \u{65e5}\u{672c}"
        names.callerURI = "sip:\u{65e5}@example.com"
        // More than are replaced each by itself.
        many.caller = String(String.UnicodeScalarView((0..<40).compactMap { Unicode.Scalar(0x4E00 + $0) })) + "\u{e9}"
        let log = LogBook()
        try await withFolder { folder in
            let journal = try journal(folder)
            let writer = RecordWriter(database: database, journal: journal, logger: log.logger)
            for record in [names, many, record(3)] { writer.submit(record) }
            #expect(await writer.flush(within: .seconds(60)))
            #expect(writer.figures.failed == 0)
            #expect(writer.figures.written == 3)
            #expect(writer.figures.replaced == 2)
            _ = await writer.stop(within: .zero)
            journal.close()
        }
        #expect(log.text.count { $0.hasPrefix("error: the database cannot write a character") } == 1)
        #expect(
            try server.sql("SELECT replace(caller, chr(233), '+'), caller_uri FROM cc_cdrs ORDER BY cid", in: name) == [
                "B+n ??|sip:?@example.com", "\(String(repeating: "?", count: 41))|sip:alice@example.com",
                "alice|sip:alice@example.com",
            ]
        )
        try await callsInLATIN1(database)
        #expect(
            try server.sql("SELECT caller_dn FROM cc_calls ORDER BY b2buaid", in: name) == ["???", "plain"]
        )
        try database.close()
    }

    private func callsInLATIN1(_ database: PostgresDatabase) async throws {
        try await withFolder { folder in
            let journal = try journal(folder)
            let writer = CallWriter(
                database: database,
                owner: CallOwner(instance: "main", journal: "here", run: "one"),
                journal: journal,
                logger: LogBook().logger
            ) { kept in
                var row = CallRow(key: "call\(kept.count)", number: 1, state: 4, received: 0, flowID: "f", kept: kept)
                row.callerName = kept.count == 1 ? "\u{65e5}\u{672c}\u{e9}" : "plain"
                return row
            }
            for length in 1...2 { writer.submit(call: "call\(length)", [UInt8](repeating: 7, count: length)) }
            writer.start()
            try await eventually("both calls", within: .seconds(60)) {
                Set(try database.callsLeft(of: "main").calls) == [[7], [7, 7]]
            }
            await writer.stop(within: .seconds(10))
            journal.close()
        }
    }

    @Test("that hangs keeps nobody waiting who has a copy to start with; whoever has nothing waits for it")
    func startsWithCopy() async throws {
        try await withServer { server, name, _ in
            try server.sql(
                "INSERT INTO cc_flows (flowid, skill, message_queue) VALUES ('one', 's', 'sip:q@127.0.0.1:1')",
                in: name
            )
            // Longer than any test may take.
            let address = try PostgresAddress(server.url(name, parameters: "?connect_timeout=600"))
            try await withFolder { folder in
                func source(_ log: LogBook = LogBook()) -> ProvisioningSource {
                    let copy = ProvisioningCopy(stateDirectory: folder)
                    return ProvisioningSource(
                        database: PostgresDatabase(address: address),
                        copy: copy,
                        logger: log.logger
                    )
                }
                #expect(try await source().readAtStart()?.flows.map(\.id) == ["one"])
                server.freeze()
                defer { server.thaw() }
                let fromCopy = source()
                #expect(try await fromCopy.readAtStart()?.flows.map(\.id) == ["one"])
                #expect(fromCopy.isStale && !fromCopy.isMissing)
                try FileManager.default.removeItem(atPath: folder + "/provisioning.json")
                let log = LogBook()
                let nothing = source(log)
                #expect(try await nothing.readAtStart(hasCalls: true) == nil)
                #expect(nothing.isStale && nothing.isMissing)
                #expect(log.text.count { $0.hasPrefix("critical: neither database nor copy") } == 1)
                server.thaw()
                #expect(try await nothing.read().flows.map(\.id) == ["one"])
                #expect(!nothing.isStale && !nothing.isMissing)
            }
        }
    }

    @Test("that does not know the user or the database says so")
    func strangers() async throws {
        try await withServer { server, _, _ in
            let database = PostgresDatabase(address: try PostgresAddress(server.url("nothing")))
            let error = try #require(throws: StoreError.self) { try database.loadProvisioning() }
            #expect(error.problem.contains("database \"nothing\" does not exist"))
        }
    }
}
