import Patience
import PostgresFixture
import Testing

/// Who is logged in outlives the daemon, also while nobody can read the database.
@Suite("Log-ins over a restart without the database", .staged)
struct LoginRestartTests {
    private struct Scene {
        let server: PostgresServer
        var daemon: Daemon

        func log(_ agent: String, in state: Bool) async throws {
            let done = try await daemon.ccctl("cc_agent_login", agent, state ? "1" : "0")
            try #require(done.status == 0, "\(done.text)")
        }

        func loggedIn() async throws -> [String] {
            try await daemon.agents().filter { $0.loggedIn == "YES" }.map(\.id).sorted()
        }

        /// Waits until the log-ins of these agents are in the table.
        func written(_ agents: [String]) async throws {
            let query = "SELECT agentid FROM cc_agent_state WHERE loggedin <> logstate ORDER BY agentid"
            try await eventually("log-ins in cc_agent_state", every: .milliseconds(100)) {
                try daemon.process.requireAlive()
                return try server.sql(query) == agents ? () : nil
            }
        }

        func takesDatabaseOver() async throws {
            try await eventually("the database to be taken over", every: .milliseconds(200)) {
                try await daemon.metrics()["callcenter_provisioning_stale"] == 0 ? () : nil
            }
        }
    }

    /// - Parameter rows: agents and their `logstate`.
    private func scene(_ rows: [(String, Int)], _ body: (inout Scene) async throws -> Void) async throws {
        let server = try PostgresServer()
        defer { server.stop() }
        let program = try Binaries.path("ccctl")
        let arguments = ["db", "migrate", "--url", server.url()]
        let made = try await ChildProcess.run("migrate", program, arguments, in: Stage.here().folder)
        try #require(made.status == 0, "\(made.text)")
        for (agent, logstate) in rows { try insert(agent, logstate, into: server) }
        let daemon = try await Daemon.start(flows: [], agents: [], options: .init(databaseURL: server.url()))
        var scene = Scene(server: server, daemon: daemon)
        try await body(&scene)
    }

    private func insert(_ agent: String, _ logstate: Int, into server: PostgresServer) throws {
        try server.sql(
            """
            INSERT INTO cc_agents (agentid, location, logstate, skills)
              VALUES ('\(agent)', 'sip:\(agent)@127.0.0.1:1', \(logstate), 's')
            """
        )
    }

    @Test("hold, those of before it went away and those since; and nothing undoes them when it is back")
    func databaseAway() async throws {
        try await scene([("anna", 1), ("ben", 0), ("cleo", 1), ("dora", 0), ("finn", 0)]) { scene in
            try await scene.log("anna", in: false)
            try await scene.log("ben", in: true)
            try await scene.log("finn", in: true)
            try await scene.written(["anna", "ben", "finn"])
            try scene.server.shutDown()
            try await scene.log("dora", in: true)

            scene.daemon = try await scene.daemon.killAndRestart()
            #expect(try await scene.daemon.metrics()["callcenter_provisioning_stale"] == 1)
            #expect(try await scene.loggedIn() == ["ben", "cleo", "dora", "finn"])
            // Once more, from what that one has kept.
            try await scene.log("ben", in: false)
            scene.daemon = try await scene.daemon.killAndRestart()
            #expect(try await scene.loggedIn() == ["cleo", "dora", "finn"])

            try await scene.log("anna", in: true)
            try scene.server.start()
            try await scene.takesDatabaseOver()
            #expect(try await scene.loggedIn() == ["anna", "cleo", "dora", "finn"])
            try await scene.written(["dora", "finn"])
            #expect(try await scene.loggedIn() == ["anna", "cleo", "dora", "finn"])

            // His row says something else by now.
            try scene.server.sql("UPDATE cc_agents SET logstate = 1 - logstate WHERE agentid IN ('anna', 'ben')")
            scene.daemon = try await scene.daemon.killAndRestart()
            // A database that takes its time is not waited for.
            let last = scene
            try await eventually("the rows to decide", every: .milliseconds(200)) {
                try await last.loggedIn() == ["ben", "cleo", "dora", "finn"]
            }
        }
    }

    @Test("are read from the table once it can be, where that has what nobody here knows")
    func tableReadLater() async throws {
        try await scene([("anna", 1), ("ben", 0)]) { scene in
            try await scene.log("ben", in: true)
            try await scene.written(["ben"])
            // As another machine leaves them, which had the daemon in between: of a later time than we know of.
            try scene.server.sql(
                """
                INSERT INTO cc_agent_state (agentid, loggedin, logstate, since) VALUES ('anna', 0, 1, 99999999999999),
                  ('cleo', 1, 0, 5)
                """
            )
            try insert("cleo", 0, into: scene.server)
            try scene.server.shutDown()
            scene.daemon = try await scene.daemon.killAndRestart()
            #expect(try await scene.loggedIn() == ["anna", "ben"])
            try scene.server.start()
            let daemon = scene
            try await eventually("who is logged in by the table", every: .milliseconds(200)) {
                try await daemon.loggedIn() == ["ben", "cleo"] ? () : nil
            }
        }
    }
}
