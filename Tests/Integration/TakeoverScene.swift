import Foundation
import Glibc
import Patience
import PostgresFixture
import Testing

extension TakeoverTests {
    /// The two machines and what they share.
    struct Scene {
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
            try await eventually("it to take calls", every: .milliseconds(100)) {
                try daemon.process.requireAlive()
                return try await daemon.ccctl("cc_list_calls").status == 0 ? () : nil
            }
        }

        func standby(_ machine: Int) async throws -> Daemon {
            let daemon = try start(machine)
            try await eventually("it to wait", every: .milliseconds(50)) {
                try daemon.process.requireAlive()
                return daemon.process.text.contains("standby: ")
            }
            return daemon
        }

        /// The machine of the owner dies, and its address goes to the other.
        func kill(_ owner: Daemon, _ machine: Int, movingTo other: Int, _ standby: Daemon) async throws {
            try await die(owner)
            try await network?.move(from: machine, to: other)
            try await isOwner(standby)
            #expect(standby.process.text.contains("the owner is gone: taking over"))
        }

        func die(_ daemon: Daemon) async throws {
            daemon.process.signal(SIGKILL)
            _ = try await daemon.process.ended()
        }

        /// What another machine would find now.
        func rows() throws -> [String] { try server.sql("SELECT cid, state FROM cc_calls ORDER BY cid") }

        /// Until the table has what the owner knows: it follows half a second behind.
        func settle() async throws {
            var last = ""
            try await eventually("the rows to stand still", every: .milliseconds(1_200)) {
                let now = try server.sql("SELECT kept FROM cc_calls ORDER BY cid").joined()
                defer { last = now }
                return !now.isEmpty && now == last
            }
        }

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
}
