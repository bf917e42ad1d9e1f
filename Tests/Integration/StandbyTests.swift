import Patience
import Foundation
import Glibc
import PostgresFixture
import Testing

@Suite("One owner, one standby", .staged)
struct StandbyTests {
    /// What the two processes share.
    enum Shared: CaseIterable {
        /// One state directory, as on one machine.
        case directory
        /// The instance in PostgreSQL; each has a state directory of its own, as on two machines.
        case instance
    }

    @Test(
        "a second process waits and says so; when the first is killed, it takes the calls",
        arguments: Shared.allCases
    )
    func takeOver(shared: Shared) async throws {
        let stage = try Stage.here()
        let server = shared == .instance ? try PostgresServer() : nil
        defer { server?.stop() }
        var options = Daemon.Options()
        if let server { options.more = "rt_db_url: \(server.url())\ninstance: main" }
        let queue = try await Sipp.callee("queue", .answers(ring: 10))
        let agents = try await Sipp.callee("agents", .answers(ring: 10, talk: 200))
        let first = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: queue.port)],
            agents: [.init(id: "anna", skills: "selling", port: agents.port)],
            options: options
        )

        let manager = try NotifySocket(on: stage)
        defer { manager.close() }
        let file = try configuration(of: stage, for: shared)
        let standby = try start("standby", file, for: manager, on: stage)
        let said = try await manager.hears("READY=1\nSTATUS=standby: ")
        let pid = try #require(first.process.pid)
        switch shared {
        case .directory: #expect(said.last?.hasSuffix("process \(pid) owns \(stage.folder.path)") == true, "\(said)")
        case .instance: #expect(said.last?.contains("callcenterd, process \(pid) of ") == true, "\(said)")
        }
        try await manager.hears("WATCHDOG=1")
        try await manager.hears("WATCHDOG=1")
        // A third one is told to go.
        let third = try start("third", file, for: manager, on: stage)
        try await manager.hears("READY=1\nSTATUS=standby: ")
        third.signal(SIGTERM)
        #expect(try await third.ended() == 0)
        #expect(standby.status == nil)
        // A reload has nothing to reload, and does no harm.
        standby.signal(SIGHUP)

        first.process.signal(SIGKILL)
        _ = try await first.process.ended()
        try await manager.hears("READY=1\nSTATUS=ready for calls")
        let second = Daemon(stage: stage, process: standby, port: first.port, httpPort: first.httpPort)
        let callers = try Sipp.callers("caller", .init(end: .stay), flows: ["sales"], to: second.port)
        #expect(try await callers.finish().successful == 1)
        try await eventually("the record of the call") { try await second.records().isEmpty ? nil : () }
        #expect(standby.text.components(separatedBy: "standby: ").count == 2, "it is logged once")
        #expect(standby.text.contains("the owner is gone: taking over"))
    }

    @Test("an owner who loses PostgreSQL goes on, and ends when another has taken its place")
    func twoOwners() async throws {
        let stage = try Stage.here()
        let server = try PostgresServer()
        defer { server.stop() }
        let options = Daemon.Options(more: "rt_db_url: \(server.url())\ninstance: main")
        let first = try await Daemon.start(flows: [], agents: [], options: options)
        try server.shutDown()
        try await eventually("the owner to notice") {
            first.process.text.contains("the lock of instance main cannot be held")
        }
        #expect(try await first.httpStatus("/readyz") == 200)
        try server.start()
        try await eventually("the owner to have it again") {
            first.process.text.contains("instance main is still ours")
        }
        // Somebody takes the lock away: the session that holds it is ended, and another one is quicker.
        let manager = try NotifySocket(on: stage)
        defer { manager.close() }
        let file = try configuration(of: stage, for: .instance)
        let standby = try start("standby", file, for: manager, on: stage)
        try await manager.hears("READY=1\nSTATUS=standby: ")
        first.process.signal(SIGSTOP)
        try await eventually("the lease of the owner to be over") {
            standby.text.contains("the owner is gone: taking over")
        }
        first.process.signal(SIGCONT)
        #expect(try await first.process.ended() == 71)
        #expect(first.process.text.contains("has become the owner of instance main: this process ends"))
        try await manager.hears("READY=1\nSTATUS=ready for calls")
    }

    /// The file for the second process.
    private func configuration(of stage: Stage, for shared: Shared) throws -> String {
        let file = stage.path("callcenterd.yaml")
        guard shared == .instance else { return file }
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let line = "state_directory: \(stage.folder.path)\n"
        try #require(text.contains(line))
        let other = stage.path("other.yaml")
        try text.replacing(line, with: "state_directory: \(stage.path("other"))\n")
            .write(toFile: other, atomically: true, encoding: .utf8)
        return other
    }

    private func start(
        _ name: String,
        _ file: String,
        for manager: NotifySocket,
        on stage: Stage
    ) throws -> ChildProcess {
        let environment = ["NOTIFY_SOCKET=\(manager.path)", "WATCHDOG_USEC=2000000"]
        return stage.start(name, "env", environment + [try Binaries.path("callcenterd"), "--config", file])
    }
}
