import Patience
import Foundation
import Glibc
import Testing

@Suite("Under a service manager", .staged)
struct ServiceManagerTests {
    @Test("it says when it is ready, how things are, that its loop lives, that it reloads, and that it stops")
    func life() async throws {
        let stage = try Stage.here()
        let manager = try NotifySocket(on: stage)
        defer { manager.close() }
        let (daemon, file) = try launch(for: manager, on: stage)

        let start = try await manager.hears("READY=1")
        #expect(start.first == "STATUS=starting: opening the databases")
        #expect(start.contains("EXTEND_TIMEOUT_USEC=20000000"), "a long start is announced")
        // READY means that whoever comes now is served.
        let program = try Binaries.path("ccctl")
        let socket = stage.path("mi.sock")
        let lists = try await ChildProcess.run(
            "ccctl",
            program,
            ["--socket", socket, "cc_list_flows"],
            in: stage.folder
        )
        #expect(lists.status == 0, "\(lists.text)")
        try await manager.hears("STATUS=0 talking, 0 queued, 0/0 agents free, store ok")
        // An idle loop beats as well: WATCHDOG_USEC is two seconds here.
        try await manager.hears("WATCHDOG=1")
        try await manager.hears("WATCHDOG=1")

        daemon.signal(SIGHUP)
        let reload = try await manager.hears("READY=1")
        let begin = try #require(reload.first { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") })
        let microseconds = try #require(UInt64(begin.split(separator: "=").last ?? ""))
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let age = Double(now.tv_sec) - Double(microseconds) / 1_000_000
        #expect(age > -2 && age < 60, "by the monotonic clock")

        try Data("wrapup_tiem: 3\n".utf8).write(to: URL(fileURLWithPath: file))
        daemon.signal(SIGHUP)
        let refusal = try await manager.hears("READY=1")
        #expect(refusal.contains { $0.contains("last reload refused: \(file):1:") }, "\(refusal)")
        // By whatever way it was asked for, the log has the same line of it.
        func refusals() -> [String] {
            daemon.text.split(separator: "\n").map(String.init)
                .filter { $0.contains(" error reload refused: \(file):1: wrapup_tiem") }
        }
        try await eventually("the refusal in the log") { refusals().count == 1 }
        let command = try await ChildProcess.run("reload", program, ["--socket", socket, "reload"], in: stage.folder)
        #expect(command.status == 1)
        try await eventually("the refusal of a command in the log") { refusals().count == 2 }
        try daemon.requireAlive()

        daemon.signal(SIGTERM)
        try await manager.hears("STOPPING=1")
        try await manager.hears("EXTEND_TIMEOUT_USEC=20000000")
        #expect(try await daemon.ended() == 0)
    }

    @Test("a start that fails says why, with the errno")
    func failure() async throws {
        let stage = try Stage.here()
        let manager = try NotifySocket(on: stage)
        defer { manager.close() }
        let busy = try Socket(SOCK_DGRAM, boundTo: "127.0.0.1", Ports.free())
        defer { busy.close() }
        let (daemon, _) = try launch(for: manager, on: stage, port: busy.port)
        #expect(try await daemon.ended() == 71)
        let said = manager.receive()
        let last = try #require(said.last { $0.hasPrefix("ERRNO=") })
        #expect(last.hasPrefix("ERRNO=\(EADDRINUSE)\nSTATUS=sip.listen: address already in use"))
        #expect(!said.contains { $0.contains("READY=1") })
    }

    static let failures: [(name: String, more: [String], status: Int32, errno: Int32)] = [
        ("a socket of management that another file is in the way of", ["mi: {socket: FILE}"], 71, EEXIST),
        ("a socket of management in a folder that is not there", ["mi: {socket: FILE/mi.sock}"], 71, ENOTDIR),
        ("a database that is none", ["db_url: sqlite:FILE"], 71, ENOTSUP),
        ("a key that nobody knows", ["wrapup_tiem: 3"], 78, EINVAL),
        ("an argument that nobody knows", [], 64, EINVAL),
    ]

    @Test("whatever it fails of, the manager is told an errno and why", arguments: failures)
    func tells(failure: (name: String, more: [String], status: Int32, errno: Int32)) async throws {
        let stage = try Stage.here()
        let manager = try NotifySocket(on: stage)
        defer { manager.close() }
        let other = stage.path("other")
        try Data("something else\n".utf8).write(to: URL(fileURLWithPath: other))
        var lines = [
            "db_url: sqlite:\(stage.path("callcenterd.db"))", "state_directory: \(stage.folder.path)",
            "sip: {listen: [\"udp:127.0.0.1:\(try Ports.free())\"]}",
            "http: {listen: \"127.0.0.1:\(try Ports.free())\"}",
            "mi: {socket: \(stage.path("mi.sock"))}",
        ]
        for line in failure.more {
            let key = line.prefix { $0 != ":" }
            lines.removeAll { $0.hasPrefix("\(key):") }
            lines.append(line.replacing("FILE", with: other))
        }
        let file = stage.path("callcenterd.yaml")
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: file))
        let arguments = failure.more.isEmpty ? ["--confg", file] : ["--config", file]
        let command = ["NOTIFY_SOCKET=\(manager.path)", try Binaries.path("callcenterd")] + arguments
        let daemon = stage.start("callcenterd", "env", command)
        #expect(try await daemon.ended() == failure.status, "\(daemon.text)")
        let last = try #require(manager.receive().last { $0.hasPrefix("ERRNO=") }, "\(daemon.text)")
        #expect(last.hasPrefix("ERRNO=\(failure.errno)\nSTATUS="))
        #expect(last.count > "ERRNO=22\nSTATUS=".count)
    }

    @Test("--drain lets nobody in any more, and the daemon stops after its last call")
    func drain() async throws {
        let stage = try Stage.here()
        let manager = try NotifySocket(on: stage)
        defer { manager.close() }
        var options = Daemon.Options()
        options.environment = ["NOTIFY_SOCKET=\(manager.path)"]
        let centre = try await Centre.open(loggedIn: false, options: options)
        let daemon = centre.daemon
        // Leaves twelve seconds after the music has begun.
        let leave = Sipp.Caller.End.hangUp(on: centre.queue.audioPort, after: 12_000)
        let callers = try Sipp.callers("caller", .init(end: leave), flows: ["sales"], to: daemon.port)
        try await daemon.callReaches("queued")

        _ = manager.receive()
        let request = stage.start(
            "drain",
            try Binaries.path("callcenterd"),
            ["--config", stage.path("callcenterd.yaml"), "--drain"]
        )
        try await eventually("the daemon to drain") { daemon.process.text.contains("no new calls") }
        let probe = try SIPProbe(to: daemon.port)
        defer { probe.socket.close() }
        probe.send(probe.invite("sales", "late"))
        let refusal = try await eventually("a final response") { () -> SIPLogEntry? in
            while let (bytes, _) = probe.socket.receive() {
                let text = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
                let response = SIPLogEntry(time: 0, isSent: false, text: text)
                if let status = response.status, status >= 200 { return response }
            }
            return nil
        }
        #expect(refusal.status == 503)
        #expect(refusal.header("Retry-After") != nil)
        #expect(try await daemon.calls().map(\.State) == ["queued"], "the caller of before keeps his place")
        #expect(request.status == nil, "the request waits for the end")
        // A manager that waits, too, is asked to go on waiting.
        for _ in 0..<2 { try await manager.hears("EXTEND_TIMEOUT_USEC=20000000") }

        try await callers.finish()
        #expect(try await daemon.process.ended() == 0)
        #expect(try await request.ended() == 0)
        #expect(try await daemon.records().map(\.ended_by) == ["caller"])
    }

    @Test("--drain without a daemon says so")
    func drainNobody() async throws {
        let stage = try Stage.here()
        let file = stage.path("callcenterd.yaml")
        try Data("mi: {socket: \(stage.path("mi.sock"))}\n".utf8).write(to: URL(fileURLWithPath: file))
        let program = try Binaries.path("callcenterd")
        let result = try await ChildProcess.run("drain", program, ["--config", file, "--drain"], in: stage.folder)
        #expect(result.status == 71)
        #expect(result.text.contains(stage.path("mi.sock")), "\(result.text)")
    }

    /// Starts a daemon as systemd would, with a watchdog of two seconds.
    ///
    /// - Returns: the daemon and its configuration file.
    private func launch(
        for manager: NotifySocket,
        on stage: Stage,
        port: UInt16? = nil
    ) throws -> (daemon: ChildProcess, file: String) {
        let configuration = """
            db_url: sqlite:\(stage.path("callcenterd.db"))
            state_directory: \(stage.folder.path)
            sip: {listen: ["udp:127.0.0.1:\(try port ?? Ports.free())"]}
            http: {listen: "127.0.0.1:\(try Ports.free())"}
            mi: {socket: \(stage.path("mi.sock"))}

            """
        let file = stage.path("callcenterd.yaml")
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
        let environment = ["NOTIFY_SOCKET=\(manager.path)", "WATCHDOG_USEC=2000000"]
        let command = environment + [try Binaries.path("callcenterd"), "--config", file]
        return (stage.start("callcenterd", "env", command), file)
    }
}
