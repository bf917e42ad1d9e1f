import Patience
import Foundation
import PostgresFixture
import Testing

/// A daemon that is killed under load, and another one that goes on with its calls: callers and agents are sipp.
@Suite("Calls outlive the daemon", .staged)
struct KeptCallsTests {
    enum Target: CaseIterable {
        case sqlite, postgres
    }

    /// Callers of a load test.
    private struct Load {
        var calls: Int
        var rate: Int
        var kills: Int
        var agents: Int
        /// Milliseconds that each talks.
        var talk: Int

        static let everyday = Load(calls: 80, rate: 10, kills: 2, agents: 20, talk: 1_500)
        /// As issue 7 wants it: `CALLCENTERD_RESTARTS=10`.
        static func long(_ kills: Int) -> Load {
            Load(calls: 300 * kills, rate: 50, kills: kills, agents: 160, talk: 2_000)
        }
    }

    @Test("No caller is dropped, nobody loses his place, and each has his one record", arguments: Target.allCases)
    func load(target: Target) async throws {
        let wanted = ProcessInfo.processInfo.environment["CALLCENTERD_RESTARTS"].flatMap { Int($0) }
        let load = wanted.map(Load.long) ?? .everyday
        let server = target == .postgres ? try PostgresServer() : nil
        defer { server?.stop() }
        var options = Daemon.Options()
        if let server {
            options.more = "acc_db_url: \(server.url())"
            let arguments = ["db", "migrate", "--url", server.url()]
            let made = try await ChildProcess.run(
                "migrate",
                Binaries.path("ccctl"),
                arguments,
                in: Stage.here().folder
            )
            try #require(made.status == 0, "\(made.text)")
        }
        let queue = try await Sipp.callee("queue", .answers(ring: 10), logsMessages: false)
        let agents = try await Sipp.callee("agents", .answers(ring: 300), logsMessages: false)
        var daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: queue.port)],
            agents: (1...load.agents).map { .init(id: "agent\($0)", skills: "selling", port: agents.port) },
            options: options
        )
        let callers = try Sipp.callers(
            "callers",
            .init(end: .hangUp(on: agents.audioPort, after: load.talk), patience: 120_000),
            flows: Array(repeating: "sales", count: load.calls),
            to: daemon.port,
            rate: load.rate,
            logsMessages: false
        )
        for kill in 1...load.kills {
            let wanted = kill * load.calls / (load.kills + 2)
            try await eventually("\(wanted) calls", within: .seconds(120), every: .milliseconds(20)) {
                try daemon.process.requireAlive()
                return (arrived(daemon) >= wanted)
            }
            daemon = try await daemon.killAndRestart()
        }
        let statistics = try await callers.finish(within: .seconds(240))
        #expect(statistics.successful == load.calls)

        let latest = daemon
        try await eventually("the records of all calls", every: .milliseconds(200)) {
            try latest.process.requireAlive()
            return try await finalRecords(latest, server).count >= load.calls ? () : nil
        }
        let records = try await finalRecords(daemon, server)
        #expect(records.count == load.calls, "one final record a call")
        #expect(Set(records.map(\.cid)).count == load.calls, "no number is given twice")
        #expect(records.allSatisfy { $0.type == 0 }, "all were answered: \(records.filter { $0.type != 0 })")
        #expect(try await daemon.calls().isEmpty)
        #expect(try await daemon.metrics()["callcenter_repairs_total"] ?? 0 == 0)
    }

    /// Calls that the log of the daemon and of those before it has seen.
    private func arrived(_ daemon: Daemon) -> Int {
        daemon.process.text.split(separator: "\n").count { $0.contains("call arrived") }
    }

    private struct Final: Equatable {
        var cid: Int
        var type: Int
    }

    private func finalRecords(_ daemon: Daemon, _ server: PostgresServer?) async throws -> [Final] {
        let query = "SELECT cid || '|' || call_type AS final FROM cc_cdrs WHERE offer_number = 0"
        let lines: [String]
        if let server {
            lines = try server.sql(query)
        } else {
            struct Row: Decodable {
                let final: String
            }
            let text = try await daemon.sql(query)
            lines = text.isEmpty ? [] : try JSONDecoder().decode([Row].self, from: Data(text.utf8)).map(\.final)
        }
        return lines.compactMap { line in
            let parts = line.split(separator: "|").compactMap { Int($0) }
            return parts.count == 2 ? Final(cid: parts[0], type: parts[1]) : nil
        }
    }

    @Test("Waiting callers keep their places, their waits and their music; who talks does not notice")
    func places() async throws {
        let queue = try await Sipp.callee("queue", .answers(ring: 10))
        let agents = try await Sipp.callee("agents", .answers(ring: 10))
        var daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: queue.port)],
            agents: [.init(id: "anna", skills: "selling", port: agents.port)]
        )
        let callers = try Sipp.callers(
            "callers",
            .init(end: .hangUp(on: agents.audioPort, after: 3_000)),
            flows: Array(repeating: "sales", count: 4),
            to: daemon.port
        )
        let first = daemon
        try await eventually("three callers who wait", every: .milliseconds(50)) {
            try await first.calls().count { $0.State == "queued" } == 3 ? () : nil
        }
        let before = try await daemon.calls()
        daemon = try await daemon.killAndRestart()
        let after = try await daemon.calls()
        #expect(after.map(\.id) == before.map(\.id))
        #expect(after.map(\.State) == before.map(\.State))
        #expect(try await daemon.metrics()["callcenter_restored_calls_total"] == 3)
        try await callers.finish()
        let latest = daemon
        try await eventually("the records", every: .milliseconds(100)) {
            try await latest.records().count { $0.call_type == 0 } == 4 ? () : nil
        }
        let records = try await daemon.records()
        #expect(records.map(\.cid) == before.map(\.id), "in the order in which they came")
        #expect(records.count { $0.call_type != 0 } == 0)
        try await queue.dismiss()
        try await agents.dismiss()
    }

    @Test("A daemon that is stopped leaves its calls to the next one as well")
    func stopped() async throws {
        let queue = try await Sipp.callee("queue", .answers(ring: 10))
        let agents = try await Sipp.callee("agents", .answers(ring: 10))
        var daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: queue.port)],
            agents: [.init(id: "anna", skills: "selling", port: agents.port)]
        )
        let callers = try Sipp.callers(
            "callers",
            .init(end: .hangUp(on: agents.audioPort, after: 3_000)),
            flows: ["sales", "sales"],
            to: daemon.port
        )
        let first = daemon
        try await eventually("a caller who waits and one who talks", every: .milliseconds(50)) {
            try await first.calls().map(\.State).sorted() == ["queued", "toagent"] ? () : nil
        }
        await daemon.process.stop(within: .seconds(20))
        #expect(daemon.process.status == 0)
        daemon = try await daemon.killAndRestart()
        #expect(try await daemon.calls().map(\.State).sorted() == ["queued", "toagent"])
        try await callers.finish()
        try await agents.dismiss()
    }
}
