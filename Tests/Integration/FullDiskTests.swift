import Patience
import Foundation
import Glibc
import PostgresFixture
import Testing

/// What becomes of records for which there is no room.
@Suite("A full disk", .staged)
struct FullDiskTests {
    /// Whether a file system of a test's own can be mounted here.
    static let canMount: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = ["--mount", "mount", "-t", "tmpfs", "-o", "size=1m", "callcenterd", "/mnt"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    /// Room for two segments of the journal, and no third.
    private static let size = "9m"
    /// A record holds the whole From, so a few hundred of them fill the disk.
    private static let padding = String(repeating: "x", count: 18_000)

    @Test(
        "while the database is away: the oldest records stay, the others are counted and shouted about, calls go on",
        .enabled(if: FullDiskTests.canMount, "NOT TRIED: needs root, unshare and mount")
    )
    func full() async throws {
        let stage = try Stage.here()
        let server = try PostgresServer()
        defer { server.stop() }
        let migration = ["db", "migrate", "--url", server.url()]
        let migrated = try await ChildProcess.run("migrate", Binaries.path("ccctl"), migration, in: stage.folder)
        try #require(migrated.status == 0, "\(migrated.text)")
        let daemon = try await start(on: stage, records: server.url())
        try await daemon.sql(
            "INSERT INTO cc_flows (flowid, skill, message_queue) VALUES ('f', 's', 'sip:q@127.0.0.1:9')"
        )
        #expect(try await daemon.ccctl("cc_reload").status == 0)
        try server.shutDown()

        let caller = try SIPProbe(to: daemon.port)
        defer { caller.close() }
        var sent = 0
        while try await daemon.metrics()["callcenter_cdrs_lost_total"] == 0, sent < 1_500 {
            try await call(50, of: daemon, by: caller, first: &sent)
        }
        try await call(50, of: daemon, by: caller, first: &sent)
        let another = try SIPProbe(to: daemon.port)
        defer { another.close() }
        another.send(another.invite("f", "another"))
        sent += 1
        #expect(try await another.finalStatus() == 480, "calls go on")
        let metrics = try await daemon.metrics()
        let lost = try #require(metrics["callcenter_cdrs_lost_total"])
        #expect(lost >= 50)
        #expect(metrics["callcenter_journal_failing"] == 1)
        #expect(metrics["callcenter_store_backlog_records"] == sent - lost)
        try await eventually("the log to say so") {
            daemon.process.text.contains(" critical ")
        }

        try server.start()
        try await eventually("the records that were kept", every: .milliseconds(200)) {
            try await daemon.metrics()["callcenter_store_backlog_records"] == 0 ? () : nil
        }
        let numbers = try server.sql("SELECT cid FROM cc_cdrs ORDER BY cid").compactMap { Int($0) }
        #expect(numbers.count == sent - lost, "each once")
        // The record of the small call may have found room behind the oldest.
        #expect(numbers.dropLast() == Array(1..<(sent - lost))[...])
        // There is room again.
        try await call(1, of: daemon, by: caller, first: &sent)
        try await eventually("the record of the call after that", every: .milliseconds(200)) {
            try server.sql("SELECT cid FROM cc_cdrs WHERE cid = \(sent)").isEmpty ? nil : ()
        }
        try await eventually("the journal to be well", every: .milliseconds(200)) {
            try await daemon.metrics()["callcenter_journal_failing"] == 0 ? () : nil
        }
        #expect(try await daemon.metrics()["callcenter_cdrs_lost_total"] == lost)
    }

    /// Calls that wait a moment for an agent who is not there, and are refused then. Nobody reads the answers.
    private func call(_ count: Int, of daemon: Daemon, by probe: SIPProbe, first sent: inout Int) async throws {
        for number in sent..<(sent + count) {
            probe.send(
                probe.invite("f", "call\(number)") { lines in
                    lines[2] = lines[2].replacing(">", with: ";x=\(Self.padding)>")
                }
            )
        }
        sent += count
        let all = sent
        try await eventually("the end of \(all) calls", every: .milliseconds(50)) {
            try daemon.process.requireAlive()
            return try await daemon.metrics()["callcenter_failed_calls_total"] == all ? () : nil
        }
    }

    /// A daemon whose journal of records is on a small file system of its own.
    private func start(on stage: Stage, records: String) async throws -> Daemon {
        let state = stage.path("state")
        let journal = "\(state)/journal"
        try FileManager.default.createDirectory(atPath: journal, withIntermediateDirectories: true)
        let port = try Ports.free()
        let httpPort = try Ports.free()
        let configuration = """
            db_url: sqlite:\(stage.path("callcenterd.db"))
            acc_db_url: \(records)
            state_directory: \(state)
            reject_on_no_agents: false
            max_wait: 0.1
            sip: {listen: ["udp:127.0.0.1:\(port)"], max_request_rate: 0}
            http: {listen: "127.0.0.1:\(httpPort)"}
            mi: {socket: \(stage.path("mi.sock"))}

            """
        let file = stage.path("callcenterd.yaml")
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
        let mount = #"mount -t tmpfs -o size=\#(Self.size) callcenterd "$1" && shift && exec "$@""#
        let arguments = ["--mount", "bash", "-c", mount, "bash", journal]
        let process = stage.start(
            "callcenterd",
            "unshare",
            arguments + [try Binaries.path("callcenterd"), "--config", file]
        )
        let daemon = Daemon(stage: stage, process: process, port: port, httpPort: httpPort)
        try await eventually("/healthz of the daemon", every: .milliseconds(100)) {
            try process.requireAlive()
            return try await daemon.httpStatus("/healthz") == 200 ? () : nil
        }
        return daemon
    }
}
