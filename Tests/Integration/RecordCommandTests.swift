import Patience
import Foundation
import Testing

/// `ccctl cdr` and `ccctl db`, which work on the databases themselves.
@Suite("Commands on the records", .staged)
struct RecordCommandTests {
    /// A daemon that has had three calls nobody took, the oldest of them a year ago.
    private func centre() async throws -> Daemon {
        let queue = try await Sipp.callee("queue", .answers(ring: 10), logsMessages: false)
        var options = Daemon.Options()
        options.more = "reject_on_no_agents: false\n"
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: queue.port)],
            agents: [],
            options: options
        )
        let caller = Sipp.Caller(end: .hangUp(on: queue.audioPort, after: 100))
        let callers = try Sipp.callers("c", caller, flows: ["sales", "sales", "sales"], to: daemon.port)
        try await callers.finish()
        try await eventually("three records") { try await daemon.records().count == 3 ? () : nil }
        try await daemon.sql("UPDATE cc_cdrs SET received_timestamp = '2020-01-01 00:00:00' WHERE cid = 1")
        return daemon
    }

    private func run(_ stage: Stage, _ arguments: String...) async throws -> ChildProcess.Result {
        let options = ["--config", stage.path("callcenterd.yaml")]
        return try await ChildProcess.run("cc", Binaries.path("ccctl"), arguments + options, in: stage.folder)
    }

    @Test("list, export and purge them while the daemon runs")
    func records() async throws {
        let daemon = try await centre()
        let stage = daemon.stage
        let list = try await run(stage, "cdr", "list")
        #expect(list.status == 0)
        let lines = list.text.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines.first?.hasPrefix("received_timestamp") == true)
        #expect(lines.count { $0.hasPrefix("2020-01-01 00:00:00") } == 1)

        let csv = try await run(stage, "cdr", "export", "--to", "2021-01-01")
        let rows = csv.text.split(separator: "\r\n")
        #expect(rows.count == 2)
        #expect(rows.first?.hasPrefix("id,caller,received_timestamp,wait_time") == true)
        #expect(rows.last?.contains(",c1,2020-01-01 00:00:00,") == true)
        struct Record: Decodable {
            let cid: Int
            let flow_id: String
            let agent_id: String?
        }
        let json = try await run(stage, "cdr", "export", "--from", "2021-01-01", "--json")
        let records = try json.text.split(separator: "\n")
            .map { try JSONDecoder().decode(Record.self, from: Data($0.utf8)) }
        #expect(records.map(\.cid).sorted() == [2, 3])
        #expect(records.allSatisfy { $0.flow_id == "sales" && $0.agent_id == nil })

        let wrong = try await run(stage, "cdr", "purge", "--before", "yesterday")
        #expect(wrong.status == 2)
        let purge = try await run(stage, "cdr", "purge", "--before", "2021-01-01")
        #expect(purge.text == "1 records removed\n")
        #expect(try await daemon.records().count == 2)
    }

    @Test("a backup made while the daemon runs is whole, and serves in the place of the database")
    func backup() async throws {
        var daemon = try await centre()
        let stage = daemon.stage
        let copy = stage.path("backup.db")
        try await daemon.sql(".backup \(copy)")
        try await daemon.sql("DELETE FROM cc_flows; DELETE FROM cc_cdrs")
        await daemon.process.stop(within: .seconds(30))
        let files = FileManager.default
        for suffix in ["", "-wal", "-shm"] { try? files.removeItem(atPath: daemon.database + suffix) }
        try files.copyItem(atPath: copy, toPath: daemon.database)
        let check = try await run(stage, "db", "check")
        #expect(check.status == 0)
        #expect(check.text == "sqlite:\(daemon.database) (db_url): complete\n")
        daemon = try await daemon.killAndRestart()
        #expect(try await daemon.records().map(\.cid).sorted() == [1, 2, 3])
        #expect(try await daemon.metrics().samples["callcenter_flow_queued_calls{flow=\"sales\"}"] == 0)
    }
}
