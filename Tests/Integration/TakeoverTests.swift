import Patience
import Foundation
import Glibc
import PostgresFixture
import Testing

/// A centre on two machines, each with a state directory of its own: what one has kept of its calls only the database can tell the
/// other.
@Suite("A standby on another machine", .staged)
struct TakeoverTests {
    /// Where the machines are.
    enum Place: CaseIterable {
        /// Both on the loopback: two state directories, and one address that only the owner opens.
        case loopback
        /// Each in a network namespace of its own; the address moves from one to the other.
        case namespaces
    }

    /// The two machines and what they share.
    private struct Scene {
        let stage: Stage
        let server: PostgresServer
        let network: Namespaces?
        let port: UInt16
        /// Where the centre is called, and where phones are.
        let address: String
        let phones: String

        init(_ place: Place) async throws {
            stage = try Stage.here()
            port = try Ports.free()
            network = try await place == .namespaces ? Namespaces.make(on: stage) : nil
            address = network?.moving ?? "127.0.0.1"
            phones = network?.outside ?? "127.0.0.1"
            do {
                server = try PostgresServer()
            } catch {
                await network?.remove()
                throw error
            }
        }

        /// Makes the tables, the flow and its agent.
        func provision(queue: Sipp, agents: Sipp) async throws {
            let program = try Binaries.path("ccctl")
            let arguments = ["db", "migrate", "--url", server.socketURL]
            let migrated = try await ChildProcess.run("migrate", program, arguments, in: stage.folder)
            try #require(migrated.status == 0, "\(migrated.text)")
            try server.sql(
                """
                INSERT INTO cc_flows (flowid, skill, message_queue)
                    VALUES ('sales', 'selling', 'sip:queue@\(phones):\(queue.port)');
                INSERT INTO cc_agents (agentid, location, logstate, skills)
                    VALUES ('anna', 'sip:anna@\(phones):\(agents.port)', 1, 'selling');
                """
            )
        }

        func end() async {
            server.stop()
            await network?.remove()
        }

        /// Starts the daemon of a machine, which may be the owner or the standby.
        func start(_ machine: Int, wrapup: Int = 1) throws -> Daemon {
            let httpPort = try Ports.free()
            let configuration = """
                db_url: "\(server.socketURL)"
                instance: main
                state_directory: \(stage.path("machine\(machine)"))
                wrapup_time: \(wrapup)
                reject_on_no_agents: false
                sip: {listen: ["udp:\(address):\(port)"], trusted: ["\(phones)/32"]}
                http: {listen: "127.0.0.1:\(httpPort)"}
                mi: {socket: \(stage.path("mi.sock"))}
                snmp: {enabled: false}

                """
            let file = stage.path("machine\(machine).yaml")
            try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
            let command = [try Binaries.path("callcenterd"), "--config", file]
            let process =
                network.map { stage.start("machine\(machine)", "nsenter", ["--net=\($0.path(machine))"] + command) }
                ?? stage.start("machine\(machine)", "env", command)
            return Daemon(stage: stage, process: process, port: port, httpPort: httpPort)
        }

        func owner(_ machine: Int) async throws -> Daemon {
            let daemon = try start(machine)
            try await isOwner(daemon)
            return daemon
        }

        func isOwner(_ daemon: Daemon) async throws {
            try await eventually("it to take calls", within: .seconds(60), every: .milliseconds(100)) {
                try daemon.process.requireAlive()
                return try await daemon.ccctl("cc_list_calls").status == 0 ? () : nil
            }
        }

        func standby(_ machine: Int) async throws -> Daemon {
            let daemon = try start(machine)
            try await eventually("it to wait", within: .seconds(60), every: .milliseconds(50)) {
                try daemon.process.requireAlive()
                return daemon.process.text.contains("standby: ")
            }
            return daemon
        }

        /// The machine of the owner dies, and its address goes to the other.
        func kill(_ owner: Daemon, _ machine: Int, movingTo other: Int, _ standby: Daemon) async throws {
            owner.process.signal(SIGKILL)
            _ = try await owner.process.ended()
            try await network?.move(from: machine, to: other)
            try await isOwner(standby)
            #expect(standby.process.text.contains("the owner is gone: taking over"))
        }

        /// What another machine would find now.
        func rows() throws -> [String] { try server.sql("SELECT cid, state FROM cc_calls ORDER BY cid") }

        func callers(_ name: String, _ caller: Sipp.Caller, count: Int) throws -> Sipp {
            try Sipp.callers(
                name,
                caller,
                flows: Array(repeating: "sales", count: count),
                to: port,
                at: address,
                host: phones
            )
        }
    }

    @Test(
        "takes over with the calls: who talks notices nothing, who waits keeps place, wait and music",
        arguments: Place.allCases.filter { $0 == .loopback || Namespaces.areThere }
    )
    func takeOver(place: Place) async throws {
        let scene = try await Scene(place)
        do {
            try await takeOver(scene)
        } catch {
            Issue.record(error)
        }
        await scene.end()
    }

    private func takeOver(_ scene: Scene) async throws {
        let queue = try await Sipp.callee("queue", .answers(ring: 10), host: scene.phones)
        let agents = try await Sipp.callee("agents", .answers(ring: 10), host: scene.phones)
        try await scene.provision(queue: queue, agents: agents)
        let first = try await scene.owner(1)
        let second = try await scene.standby(2)
        let talker = try scene.callers("talker", .init(end: .hangUp(on: agents.audioPort, after: 20_000)), count: 1)
        try await eventually("him to talk", within: .seconds(30), every: .milliseconds(50)) {
            try first.process.requireAlive()
            return try scene.server.sql("SELECT 1 FROM cc_calls WHERE last_start > 0").isEmpty ? nil : ()
        }
        let waiters = try scene.callers("waiters", .init(end: .hangUp(on: agents.audioPort, after: 300)), count: 2)
        try await eventually("two who wait", within: .seconds(30), every: .milliseconds(50)) {
            try scene.rows().map { $0.suffix(2) } == ["|6", "|4", "|4"] ? () : nil
        }
        let before = try await first.calls()
        try await scene.kill(first, 1, movingTo: 2, second)
        #expect(second.process.text.contains("going on with what another machine has left"))
        let after = try await second.calls()
        #expect(after.map(\.id) == before.map(\.id))
        #expect(after.map(\.State) == before.map(\.State))
        await scene.stage.leaveFloor()
        try await talker.finish()
        try await waiters.finish()
        try await eventually("the records", within: .seconds(30), every: .milliseconds(100)) {
            try scene.server.sql("SELECT 1 FROM cc_cdrs WHERE call_type = 0").count == 3 ? () : nil
        }
        let records = try scene.server.sql("SELECT cid, call_type FROM cc_cdrs ORDER BY id")
        #expect(records == before.map { "\($0.id)|0" }, "each once, in the order in which they came")
        try await eventually("the rows to go", within: .seconds(30), every: .milliseconds(100)) {
            try scene.rows().isEmpty ? () : nil
        }
        try await queue.dismiss()
        try await agents.dismiss()
    }

    @Test("is followed by the first machine again, which does not bring back what it had kept itself")
    func backAgain() async throws {
        let scene = try await Scene(.loopback)
        do {
            try await backAgain(scene)
        } catch {
            Issue.record(error)
        }
        await scene.end()
    }

    private func backAgain(_ scene: Scene) async throws {
        let queue = try await Sipp.callee("queue", .answers(ring: 10))
        let agents = try await Sipp.callee("agents", .answers(ring: 10))
        try await scene.provision(queue: queue, agents: agents)
        try scene.server.sql("UPDATE cc_agents SET logstate = 0")
        let first = try await scene.owner(1)
        let second = try await scene.standby(2)
        let early = try scene.callers("early", .init(end: .stay), count: 1)
        try await eventually("his row", within: .seconds(30), every: .milliseconds(50)) {
            try scene.rows().map { $0.suffix(2) } == ["|4"] ? () : nil
        }
        try await scene.kill(first, 1, movingTo: 2, second)
        let taken = try await second.calls()
        #expect(taken.count == 1)
        let third = try await scene.standby(1)
        // The journal of the first machine knows nothing of that.
        for call in taken { #expect(try await second.ccctl("cc_end_call", "\(call.id)").status == 0) }
        try await early.finish()
        let late = try scene.callers("late", .init(end: .stay), count: 1)
        try await eventually("only the later one", within: .seconds(30), every: .milliseconds(50)) {
            try scene.rows().map { $0.suffix(2) } == ["|4"] && scene.server.sql("SELECT 1 FROM cc_cdrs").count == 1
                ? () : nil
        }
        let before = try await second.calls()
        #expect(before.count == 1)
        try await scene.kill(second, 2, movingTo: 1, third)
        #expect(try await third.calls().map(\.id) == before.map(\.id))
        await late.process.stop(with: SIGKILL)
    }

    @Test("finds an agent in the wrap-up that he is in")
    func wrapup() async throws {
        let scene = try await Scene(.loopback)
        do {
            let queue = try await Sipp.callee("queue", .answers(ring: 10))
            let agents = try await Sipp.callee("agents", .answers(ring: 10, talk: 100))
            try await scene.provision(queue: queue, agents: agents)
            let first = try scene.start(1, wrapup: 600)
            try await scene.isOwner(first)
            let second = try await scene.standby(2)
            try await scene.callers("caller", .init(end: .stay), count: 1).finish()
            let query = "SELECT 1 FROM cc_agent_state WHERE wrapup_ends IS NOT NULL"
            try await eventually("his row", within: .seconds(30), every: .milliseconds(50)) {
                try scene.server.sql(query).isEmpty ? nil : ()
            }
            try await scene.kill(first, 1, movingTo: 2, second)
            #expect(try await second.agents().map(\.State) == ["wrapup"])
        } catch {
            Issue.record(error)
        }
        await scene.end()
    }
}
