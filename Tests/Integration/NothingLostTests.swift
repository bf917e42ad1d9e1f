import Patience
import Foundation
import PostgresFixture
import Testing

/// What the journal promises: a record of a call that has ended is in the database once, whatever dies meanwhile.
@Suite("Records are not lost", .staged)
struct NothingLostTests {
    /// Where records go.
    enum Target: CaseIterable {
        case sqlite, postgres
    }

    /// A centre under load, and what is in cc_cdrs.
    private struct Scene {
        var daemon: Daemon
        let agents: Sipp
        let server: PostgresServer?

        /// The keys of all records: number of the call and of the offer.
        func keys() async throws -> [String] {
            let query = "SELECT cid, offer_number FROM cc_cdrs"
            guard let server else {
                struct Row: Decodable {
                    let cid: Int
                    let offer_number: Int
                }
                let text = try await daemon.sql(query)
                guard !text.isEmpty else { return [] }
                return try JSONDecoder().decode([Row].self, from: Data(text.utf8)).map {
                    "\($0.cid)|\($0.offer_number)"
                }
            }
            return try server.sql(query)
        }

        /// The numbers of the calls of which the log says that they ended.
        var ended: Set<Int> {
            let numbers = daemon.process.text.split(separator: "\n").filter { $0.contains("call ended: ") }
                .compactMap { $0.firstMatch(of: /\bcall_id=(\d+)/).flatMap { Int($0.1) } }
            return Set(numbers)
        }

        /// Every call that has ended has one final record, and no record is there twice.
        func expectAllRecords(_ sourceLocation: SourceLocation = #_sourceLocation) async throws {
            // Calls may go on ending meanwhile: those that have ended by now are looked for.
            let ended = ended
            let missing = {
                let final = try await self.keys().filter { $0.hasSuffix("|0") }.compactMap { Int($0.dropLast(2)) }
                return ended.subtracting(final)
            }
            try await eventually("the records of all calls", every: .milliseconds(200)) {
                try daemon.process.requireAlive()
                return try await missing().isEmpty
            }
            let keys = try await self.keys()
            #expect(Set(keys).count == keys.count, "each record once", sourceLocation: sourceLocation)
            #expect(!ended.isEmpty, sourceLocation: sourceLocation)
        }
    }

    private func scene(_ target: Target, _ body: (inout Scene) async throws -> Void) async throws {
        let server = target == .postgres ? try PostgresServer() : nil
        defer { server?.stop() }
        var options = Daemon.Options()
        if let server {
            options.more = "acc_db_url: \(server.url())"
            let program = try Binaries.path("ccctl")
            let arguments = ["db", "migrate", "--url", server.url()]
            let made = try await ChildProcess.run("migrate", program, arguments, in: Stage.here().folder)
            try #require(made.status == 0, "\(made.text)")
        }
        let queue = try await Sipp.callee("queue", .answers(ring: 10), logsMessages: false)
        let agents = try await Sipp.callee("agents", .answers(ring: 10, talk: 200), logsMessages: false)
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: queue.port)],
            agents: (1...100).map { .init(id: "agent\($0)", skills: "selling", port: agents.port) },
            options: options
        )
        var scene = Scene(daemon: daemon, agents: agents, server: server)
        try await body(&scene)
    }

    /// Starts callers at 50 calls a second.
    private func load(_ name: String, on scene: Scene, calls: Int) throws -> Sipp {
        try Sipp.callers(
            name,
            .init(end: .stay),
            flows: Array(repeating: "sales", count: calls),
            to: scene.daemon.port,
            rate: 50,
            logsMessages: false
        )
    }

    private func calls(_ scene: Scene, reach count: Int) async throws {
        try await eventually("\(count) calls to end", every: .milliseconds(50)) {
            try scene.daemon.process.requireAlive()
            return (scene.ended.count >= count)
        }
    }

    @Test("when the daemon is killed again and again under load", arguments: Target.allCases)
    func killed(target: Target) async throws {
        try await scene(target) { scene in
            for round in 1...3 {
                let before = scene.ended.count
                let callers = try load("callers\(round)", on: scene, calls: 2_000)
                try await calls(scene, reach: before + 40 + 17 * round)
                scene.daemon = try await scene.daemon.killAndRestart()
                await callers.process.stop(with: SIGKILL)
            }
            try await scene.expectAllRecords()
        }
    }

    @Test("when PostgreSQL is stopped, killed in the middle of its work, or hangs; and no call notices")
    func databaseAway() async throws {
        try await scene(.postgres) { scene in
            let server = try #require(scene.server)
            let callers = try load("callers", on: scene, calls: 700)
            try await calls(scene, reach: 50)
            try server.shutDown()
            try await calls(scene, reach: 150)
            #expect(try await scene.daemon.metrics()["callcenter_store_up"] == 0)
            try server.start()
            try await calls(scene, reach: 250)
            try server.crash()
            try await calls(scene, reach: 300)
            try server.start()
            try await calls(scene, reach: 400)
            server.freeze()
            try await calls(scene, reach: 500)
            server.thaw()
            let statistics = try await callers.finish()
            #expect(statistics.successful == 700)
            try await calls(scene, reach: 700)
            try await scene.expectAllRecords()
            let metrics = try await scene.daemon.metrics()
            #expect(metrics["callcenter_store_up"] == 1)
            #expect(metrics["callcenter_cdrs_lost_total"] == 0)
        }
    }

    @Test("when PostgreSQL is killed in the middle of a batch, again and again")
    func killedInBatch() async throws {
        try await scene(.postgres) { scene in
            let server = try #require(scene.server)
            // So that a batch takes its time, and grows meanwhile.
            try server.sql(
                """
                CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
                  'BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END';
                CREATE TRIGGER slow BEFORE INSERT ON cc_cdrs FOR EACH ROW EXECUTE FUNCTION slow();
                """
            )
            let callers = try load("callers", on: scene, calls: 700)
            for _ in 1...3 {
                let busy =
                    "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE 'INSERT INTO cc_cdrs%'"
                try await eventually("a batch to be written") {
                    try scene.daemon.process.requireAlive()
                    return try server.sql(busy).isEmpty ? nil : ()
                }
                let ended = scene.ended.count
                try server.crash()
                try await calls(scene, reach: min(ended + 20, 700))
                try server.start()
            }
            try server.sql("DROP TRIGGER slow ON cc_cdrs")
            #expect(try await callers.finish().successful == 700)
            try await calls(scene, reach: 700)
            try await scene.expectAllRecords()
            #expect(try await scene.daemon.metrics()["callcenter_cdrs_lost_total"] == 0)
        }
    }

    @Test("and a daemon that is stopped while the database is away leaves them to the next one")
    func stopped() async throws {
        try await scene(.postgres) { scene in
            let server = try #require(scene.server)
            try server.shutDown()
            let callers = try load("callers", on: scene, calls: 20)
            try await callers.finish()
            try await calls(scene, reach: 20)
            await scene.daemon.process.stop(within: .seconds(30))
            #expect(scene.daemon.process.status == 0)
            try server.start()
            scene.daemon = try await scene.daemon.killAndRestart()
            try await scene.expectAllRecords()
            #expect(try await scene.keys().count == 20)
        }
    }

    @Test("Log-ins at run time outlive the daemon until the row of the agent changes")
    func logins() async throws {
        var daemon = try await Daemon.start(
            flows: [],
            agents: [
                .init(id: "anna", skills: "s", port: 1), .init(id: "ben", skills: "s", port: 1, isLoggedIn: false),
                .init(id: "cleo", skills: "s", port: 1), .init(id: "dora", skills: "s", port: 1, isLoggedIn: false),
            ]
        )
        for (agent, state) in [("anna", "0"), ("ben", "1"), ("cleo", "0")] {
            let done = try await daemon.ccctl("cc_agent_login", agent, state)
            try #require(done.status == 0, "\(done.text)")
        }
        daemon = try await daemon.killAndRestart()
        func loggedIn() async throws -> [String] {
            try await daemon.agents().filter { $0.loggedIn == "YES" }.map(\.id).sorted()
        }
        #expect(try await loggedIn() == ["ben"])
        try await daemon.sql("UPDATE cc_agents SET logstate = 1 - logstate WHERE agentid IN ('ben', 'cleo', 'dora')")
        await daemon.process.stop(within: .seconds(30))
        daemon = try await daemon.killAndRestart()
        // The rows of ben and cleo say something else by now; that of anna does not.
        let latest = daemon
        try await eventually("the rows to decide", every: .milliseconds(200)) {
            try await latest.agents().filter { $0.loggedIn == "YES" }.map(\.id).sorted() == ["ben", "dora"]
        }
    }

    @Test("A daemon starts without its database from what it last read, and takes the database over when it returns")
    func withoutDatabase() async throws {
        let server = try PostgresServer()
        defer { server.stop() }
        let program = try Binaries.path("ccctl")
        let stage = try Stage.here()
        let check = ["db", "check", "--url", server.url()]
        let before = try await ChildProcess.run("check", program, check, in: stage.folder)
        #expect(before.status == 1)
        #expect(before.text.contains("! there is no table cc_flows"))
        for command in ["migrate", "check"] {
            let arguments = ["db", command, "--url", server.url()]
            let result = try await ChildProcess.run(command, program, arguments, in: stage.folder)
            try #require(result.status == 0, "\(result.text)")
        }
        try server.sql("INSERT INTO cc_flows (flowid, skill, message_queue) VALUES ('one', 's', 'sip:q@127.0.0.1:1')")
        var daemon = try await Daemon.start(flows: [], agents: [], options: .init(databaseURL: server.url()))
        #expect(try await daemon.metrics()["callcenter_provisioning_stale"] == 0)
        try server.shutDown()
        daemon = try await daemon.killAndRestart()
        #expect(try await daemon.metrics()["callcenter_provisioning_stale"] == 1)
        #expect(try await daemon.metrics().samples["callcenter_flow_queued_calls{flow=\"one\"}"] == 0)
        let ready = try await daemon.curl(["--fail"], "/readyz")
        #expect(ready.text.hasPrefix("ok, but the database cannot be read: "))
        try server.start()
        try server.sql("INSERT INTO cc_flows (flowid, skill, message_queue) VALUES ('two', 's', 'sip:q@127.0.0.1:1')")
        let latest = daemon
        try await eventually("the flow that is new in the database", every: .milliseconds(200)) {
            try await latest.metrics().samples["callcenter_flow_queued_calls{flow=\"two\"}"] == 0 ? () : nil
        }
        #expect(try await daemon.metrics()["callcenter_provisioning_stale"] == 0)
    }
}
