import Patience
import Foundation
import Glibc

/// A callcenterd under test, with a database, a configuration file and ports of its own.
struct Daemon: Sendable {
    /// A row of cc_flows.
    struct Flow: Sendable {
        var id: String
        var skill: String
        var priority = 256
        var prependCID: String?
        var welcome: UInt16?
        var queue: UInt16
        var transport = Sipp.Transport.udp
        /// Where its media servers are, as URIs have it.
        var host = "127.0.0.1"
    }

    /// A row of cc_agents; he is logged in.
    struct Agent: Sendable {
        var id: String
        var skills: String
        var port: UInt16
        var isLoggedIn = true
        var transport = Sipp.Transport.udp
        var host = "127.0.0.1"
        /// Further parameters of his URI.
        var parameters = ""

        /// The user part is the ID, escaped where a URI asks for it.
        var location: String {
            let user = id.addingPercentEncoding(withAllowedCharacters: .urlUserAllowed) ?? id
            return "sip:\(user)@\(host):\(port)\(transport.parameter)\(parameters)"
        }
    }

    /// What differs from the defaults of these tests. Times are whole seconds.
    struct Options: Sendable {
        var wrapup = 1
        var ringTimeout = 30
        var reofferDelay = 1
        var maxNoAnswer = 3
        var mediaAnswerTimeout = 8
        /// Where it listens for UDP and TCP, as URIs have it.
        var host = "127.0.0.1"
        /// Further sockets of `sip.listen`.
        var listen: [String] = []
        var trusted = "127.0.0.0/8"
        var untrusted = "reject"
        /// nil: an SQLite file of its own.
        var databaseURL: String?
        /// Further keys of the sections `http` and `mi`, each with a comma before it.
        var http = ""
        var mi = ""
        /// A further line of the section `sip`.
        var sip = ""
        /// Further lines of the configuration file.
        var more = ""
        /// Besides that of the tests: `NAME=VALUE`.
        var environment: [String] = []
    }

    enum Failure: Error, CustomStringConvertible {
        case command(String, ChildProcess.Result)
        case reload(String)

        var description: String {
            switch self {
            case .command(let command, let result): "\(command) ended with \(result.status): \(result.text)"
            case .reload(let report): "cc_reload refused rows: \(report)"
            }
        }
    }

    let stage: Stage
    let process: ChildProcess
    let port: UInt16
    let httpPort: UInt16

    var database: String { stage.path("callcenterd.db") }
    var socket: String { stage.path("mi.sock") }

    /// Starts a daemon and provisions it.
    static func start(
        flows: [Flow],
        agents: [Agent],
        options: Options = Options(),
        on stage: Stage? = nil
    ) async throws -> Daemon {
        let stage = try stage ?? Stage.here()
        var attempts = 3
        while true {
            let daemon = try launch(on: stage, options)
            do {
                try await daemon.isUp()
            } catch ChildProcess.Failure.died(_, status: 71, _) where attempts > 1 {
                // Somebody took one of the ports in between.
                attempts -= 1
                continue
            }
            try await daemon.provision(flows, agents)
            return daemon
        }
    }

    private func isUp() async throws {
        try await eventually("/healthz of the daemon", every: .milliseconds(100)) {
            try process.requireAlive()
            return try await httpStatus("/healthz") == 200 ? () : nil
        }
    }

    /// Kills it, as a crash would, and starts another one in its place, which goes on in the same log.
    func killAndRestart() async throws -> Daemon {
        process.signal(SIGKILL)
        _ = try await process.ended()
        let arguments = ["--config", stage.path("callcenterd.yaml")]
        let next = try stage.start("callcenterd", Binaries.path("callcenterd"), arguments)
        let daemon = Daemon(stage: stage, process: next, port: port, httpPort: httpPort)
        try await daemon.isUp()
        return daemon
    }

    static func launch(on stage: Stage, _ options: Options) throws -> Daemon {
        let port = try Ports.free()
        let httpPort = try Ports.free()
        let configuration = """
            db_url: \(options.databaseURL ?? "sqlite:\(stage.path("callcenterd.db"))")
            state_directory: \(stage.folder.path)
            wrapup_time: \(options.wrapup)
            agent_ring_timeout: \(options.ringTimeout)
            reoffer_delay: \(options.reofferDelay)
            max_no_answer: \(options.maxNoAnswer)
            media_answer_timeout: \(options.mediaAnswerTimeout)
            sip:
              listen: \(["udp:\(options.host):\(port)", "tcp:\(options.host):\(port)"] + options.listen)
              trusted: ["\(options.trusted)"]
              untrusted: \(options.untrusted)
              \(options.sip)
            http: {listen: "127.0.0.1:\(httpPort)"\(options.http)}
            mi: {socket: \(stage.path("mi.sock"))\(options.mi)}
            \(options.more)

            """
        let file = stage.path("callcenterd.yaml")
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
        let command = options.environment + [try Binaries.path("callcenterd"), "--config", file]
        // env(1) becomes the program, so signals reach it.
        let process = stage.start("callcenterd", "env", command)
        return Daemon(stage: stage, process: process, port: port, httpPort: httpPort)
    }

    private func provision(_ flows: [Flow], _ agents: [Agent]) async throws {
        func text(_ value: String?) -> String {
            value.map { "'" + $0.replacing("'", with: "''") + "'" } ?? "NULL"
        }
        let flowRows = flows.map { flow in
            """
            INSERT INTO cc_flows (flowid, priority, skill, prependcid, message_welcome, message_queue) VALUES
            (\(text(flow.id)), \(flow.priority), \(text(flow.skill)), \(text(flow.prependCID)),
            \(text(flow.welcome.map { "sip:welcome@\(flow.host):\($0)\(flow.transport.parameter)" })),
            \(text("sip:queue@\(flow.host):\(flow.queue)\(flow.transport.parameter)")));
            """
        }
        let agentRows = agents.map { agent in
            """
            INSERT INTO cc_agents (agentid, location, logstate, skills) VALUES
            (\(text(agent.id)), \(text(agent.location)), \(agent.isLoggedIn ? 1 : 0),
            \(text(agent.skills)));
            """
        }
        guard !flows.isEmpty || !agents.isEmpty else { return }
        try await sql((["BEGIN IMMEDIATE;"] + flowRows + agentRows + ["COMMIT;"]).joined(separator: "\n"))
        struct Report: Decodable {
            let Refused: [[String: String]]
        }
        let report = try await json(Report.self, "cc_reload")
        guard report.Refused.isEmpty else { throw Failure.reload("\(report.Refused)") }
    }
}

// MARK: - What one can ask it

extension Daemon {
    /// Runs statements with `sqlite3`, as an administrator would.
    ///
    /// - Returns: what it printed, JSON for queries.
    @discardableResult
    func sql(_ statements: String) async throws -> String {
        let arguments = ["-bail", "-json", "-cmd", ".timeout 10000", database, statements]
        let result = try await ChildProcess.run("sqlite3", "sqlite3", arguments, in: stage.folder)
        guard result.status == 0 else { throw Failure.command("sqlite3", result) }
        return result.text
    }

    /// Runs `ccctl` with these arguments.
    func ccctl(_ arguments: String...) async throws -> ChildProcess.Result {
        let program = try Binaries.path("ccctl")
        return try await ChildProcess.run("ccctl", program, ["--socket", socket] + arguments, in: stage.folder)
    }

    /// The result of a command, as `ccctl --json` prints it.
    func json<Value: Decodable>(_ type: Value.Type, _ command: String...) async throws -> Value {
        let program = try Binaries.path("ccctl")
        let arguments = ["--socket", socket, "--json"] + command
        let result = try await ChildProcess.run("ccctl", program, arguments, in: stage.folder)
        guard result.status == 0 else { throw Failure.command(command.joined(separator: " "), result) }
        return try JSONDecoder().decode(type, from: Data(result.text.utf8))
    }

    struct ListedCall: Decodable, Sendable {
        let id: Int
        let State: String
        let Flow: String
        let Agent: String?
    }

    func calls() async throws -> [ListedCall] {
        struct List: Decodable {
            let Calls: [ListedCall]
        }
        return try await json(List.self, "cc_list_calls").Calls
    }

    struct ListedAgent: Decodable, Sendable {
        let id: String
        let State: String?
        let loggedIn: String

        enum CodingKeys: String, CodingKey {
            case id, State
            case loggedIn = "Loged in"
        }
    }

    func agents() async throws -> [ListedAgent] {
        struct List: Decodable {
            let Agents: [ListedAgent]
        }
        return try await json(List.self, "cc_list_agents").Agents
    }

    /// Waits until a call is in this state.
    func callReaches(_ state: String, within: Duration = .seconds(60)) async throws {
        try await eventually("a call in state \(state)", within: within, every: .milliseconds(50)) {
            try await calls().contains { $0.State == state }
        }
    }

    /// A row of cc_cdrs.
    struct Record: Decodable, Sendable {
        let caller: String
        let received_timestamp: String
        let wait_time: Int
        let pickup_time: Int
        let talk_time: Int
        let flow_id: String
        let agent_id: String?
        let call_type: Int
        let rejected: Int
        let fstats: Int
        let cid: Int
        let media: Int
        let wait_ms: Int
        let pickup_ms: Int
        let talk_ms: Int
        let sip_status: Int?
        let cause: String?
        let ended_by: String?
        let transferred_to: String?
    }

    /// The call-detail records, oldest first.
    func records() async throws -> [Record] {
        let text = try await sql("SELECT * FROM cc_cdrs ORDER BY id")
        return text.isEmpty ? [] : try JSONDecoder().decode([Record].self, from: Data(text.utf8))
    }

    /// Everything on /metrics.
    func metrics() async throws -> Metrics {
        Metrics(try await curl(["--fail"], "/metrics").text)
    }

    func httpStatus(_ path: String) async throws -> Int {
        let result = try await curl(["--output", "/dev/null", "--write-out", "%{http_code}"], path)
        return Int(result.text) ?? 0
    }

    func curl(_ options: [String], _ path: String) async throws -> ChildProcess.Result {
        let url = "http://127.0.0.1:\(httpPort)\(path)"
        return try await ChildProcess.run(
            "curl",
            "curl",
            ["--silent", "--max-time", "10"] + options + [url],
            in: stage.folder
        )
    }
}
