import Foundation
import Patience
import PostgresFixture
import Testing

/// A database that hangs or is away keeps nobody waiting who has something else to go on with.
@Suite("A database that does not answer", .staged)
struct HangingDatabaseTests {
    private func server() async throws -> PostgresServer {
        let server = try PostgresServer()
        let program = try Binaries.path("ccctl")
        let arguments = ["db", "migrate", "--url", server.url()]
        let made = try await ChildProcess.run("migrate", program, arguments, in: Stage.here().folder)
        do {
            try #require(made.status == 0, "\(made.text)")
        } catch {
            server.stop()
            throw error
        }
        return server
    }

    /// A flow, and agents whom their rows log off.
    private func provision(_ server: PostgresServer, queue: UInt16, agents: [(id: String, port: UInt16)] = []) throws {
        try server.sql(
            """
            INSERT INTO cc_flows (flowid, skill, message_queue)
              VALUES ('sales', 'selling', 'sip:queue@127.0.0.1:\(queue)')
            """
        )
        for agent in agents {
            try server.sql(
                """
                INSERT INTO cc_agents (agentid, location, logstate, skills)
                  VALUES ('\(agent.id)', 'sip:\(agent.id)@127.0.0.1:\(agent.port)', 0, 'selling')
                """
            )
        }
    }

    @Test("holds up neither a start that has a copy nor an end, and is taken over when it answers")
    func frozen() async throws {
        let server = try await server()
        defer { server.stop() }
        try provision(server, queue: 1, agents: [("anna", 1)])
        // Three servers as far as the daemon knows, each of which hangs for longer than any test may take.
        func url(_ name: String) -> String { server.url(parameters: "?connect_timeout=600&application_name=\(name)") }
        let more = "acc_db_url: \"\(url("records"))\"\nrt_db_url: \"\(url("calls"))\""
        var daemon = try await Daemon.start(flows: [], agents: [], options: .init(databaseURL: url("rows"), more: more))
        let login = try await daemon.ccctl("cc_agent_login", "anna", "1")
        try #require(login.status == 0, "\(login.text)")
        server.freeze()
        for signal in [SIGKILL, SIGTERM] {
            daemon.process.signal(signal)
            let status = try await daemon.process.ended(within: .seconds(25))
            #expect(signal == SIGKILL || status == 0)
            daemon = try await daemon.killAndRestart()
            #expect(try await daemon.metrics()["callcenter_provisioning_stale"] == 1)
            #expect(try await daemon.agents().map(\.loggedIn) == ["YES"])
        }
        server.thaw()
        let latest = daemon
        try await eventually("the database to be taken over", within: .seconds(60), every: .milliseconds(200)) {
            try await latest.metrics()["callcenter_provisioning_stale"] == 0
        }
    }

    @Test("is named by a reload, with what it waits for")
    func locked() async throws {
        let server = try await server()
        defer { server.stop() }
        try provision(server, queue: 1)
        let daemon = try await Daemon.start(flows: [], agents: [], options: .init(databaseURL: server.url()))
        let session = DispatchQueue(label: "session")
        session.async { _ = try? server.sql("BEGIN; LOCK TABLE cc_agents; SELECT pg_sleep(50)") }
        let holder = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        try await eventually("the lock", within: .seconds(30)) { try !server.sql(holder).isEmpty }
        let refused = try await daemon.ccctl("cc_reload")
        #expect(refused.status == 1)
        #expect(
            refused.text.contains("127.0.0.1:\(server.port)/postgres: table cc_agents is locked by another session")
        )
        try server.sql("SELECT pg_terminate_backend(pid) FROM (\(holder)) AS holder")
        session.sync {}
        let done = try await daemon.ccctl("cc_reload")
        #expect(done.status == 0, "\(done.text)")
    }

    enum Kind: CaseIterable { case sqlite, postgres }

    @Test("and of which there is no copy: calls go on without flows and agents until it does", arguments: Kind.allCases)
    func withoutCopy(kind: Kind) async throws {
        let queue = try await Sipp.callee("queue", .answers(ring: 10))
        let agents = try await Sipp.callee("agents", .answers(ring: 10))
        let server = kind == .postgres ? try await server() : nil
        defer { server?.stop() }
        let ids = ["anna", "ben"]
        if let server { try provision(server, queue: queue.port, agents: ids.map { ($0, agents.port) }) }
        var daemon = try await Daemon.start(
            flows: server == nil ? [.init(id: "sales", skill: "selling", queue: queue.port)] : [],
            agents: server == nil
                ? ids.map { .init(id: $0, skills: "selling", port: agents.port, isLoggedIn: false) } : [],
            options: .init(databaseURL: server?.url(), more: "reject_on_no_agents: false")
        )
        let caller = try Sipp.callers("caller", .init(end: .stay), flows: ["sales"], to: daemon.port)
        try await daemon.callReaches("queued")
        // Somebody else's skills: what he is does not touch the call.
        let skills = "UPDATE cc_agents SET skills = 'other' WHERE agentid = 'ben'"
        if let server { try server.sql(skills) } else { try await daemon.sql(skills) }
        #expect(try await daemon.ccctl("cc_reload").status == 0)
        #expect(try await daemon.ccctl("cc_agent_login", "ben", "1").status == 0)
        let before = try await daemon.calls().map(\.id)

        daemon.process.signal(SIGKILL)
        _ = try await daemon.process.ended()
        let files = FileManager.default
        try files.removeItem(atPath: daemon.stage.path("provisioning.json"))
        let away = daemon.stage.path("away")
        if let server {
            try server.shutDown()
        } else {
            try files.createDirectory(atPath: away, withIntermediateDirectories: false)
            for end in ["", "-wal", "-shm"] {
                try files.moveItem(atPath: daemon.database + end, toPath: "\(away)/callcenterd.db\(end)")
            }
            try files.createDirectory(atPath: daemon.database, withIntermediateDirectories: false)
        }
        daemon = try await daemon.killAndRestart()
        #expect(try await daemon.calls().map(\.id) == before)
        #expect(try await daemon.agents().isEmpty)
        #expect(try await daemon.httpStatus("/readyz") == 503)
        #expect(daemon.process.text.contains("neither database nor copy gives flows and agents"))
        let probe = try SIPProbe(to: daemon.port)
        probe.send(probe.invite("sales", "late"))
        #expect(try await probe.finalStatus(within: .seconds(20)) == 503)
        probe.close()

        if let server {
            try server.start()
        } else {
            try files.removeItem(atPath: daemon.database)
            for end in ["", "-wal", "-shm"] {
                try files.moveItem(atPath: "\(away)/callcenterd.db\(end)", toPath: daemon.database + end)
            }
        }
        let latest = daemon
        try await eventually("ready again", within: .seconds(60), every: .milliseconds(200)) {
            try await latest.httpStatus("/readyz") == 200
        }
        #expect(try await daemon.agents().map { "\($0.id) \($0.loggedIn)" } == ["anna NO", "ben YES"])
        #expect(try await daemon.calls().map(\.State) == ["queued"])
        #expect(try await daemon.ccctl("cc_agent_login", "anna", "1").status == 0)
        try await daemon.callReaches("toagent")
        await caller.process.stop(with: SIGKILL)
        await queue.process.stop(with: SIGKILL)
        await agents.process.stop(with: SIGKILL)
    }

    @Test("keeps a start with neither copy nor calls from happening")
    func nothing() async throws {
        let stage = try Stage.here()
        let daemon = try Daemon.launch(on: stage, .init(databaseURL: "postgres://127.0.0.1:1/nowhere"))
        #expect(try await daemon.process.ended(within: .seconds(60)) == 71)
        #expect(daemon.process.text.contains("postgres://127.0.0.1:1/nowhere"))
    }
}
