import Patience
import Foundation
import Glibc
import Testing

/// What the descriptor store of the service manager is for.
@Suite("Over a restart under a service manager", .staged)
struct RestartTests {
    /// A daemon under a manager that keeps its sockets.
    private struct Scene {
        let stage: Stage
        let manager: NotifySocket
        let port: UInt16
        private let httpPort: UInt16
        private let file: String

        init(_ name: String = "manager", on stage: Stage) throws {
            self.stage = stage
            manager = try NotifySocket(name, on: stage)
            port = try Ports.free()
            httpPort = try Ports.free()
            file = stage.path("callcenterd.yaml")
            try listen("udp:127.0.0.1:\(port)", "tcp:127.0.0.1:\(port)")
        }

        func listen(_ addresses: String...) throws {
            let configuration = """
                db_url: sqlite:\(stage.path("callcenterd.db"))
                state_directory: \(stage.folder.path)
                sip: {listen: [\(addresses.map { "\"\($0)\"" }.joined(separator: ", "))]}
                http: {listen: "127.0.0.1:\(httpPort)"}
                mi: {socket: \(stage.path("mi.sock"))}

                """
            try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
        }

        /// Starts a process, with what the manager has kept for it.
        func start(_ name: String = "callcenterd", for manager: NotifySocket? = nil) throws -> ChildProcess {
            let manager = manager ?? self.manager
            let kept = manager.kept
            var environment = ["NOTIFY_SOCKET=\(manager.path)"]
            if !kept.isEmpty {
                let names = kept.map(\.name).joined(separator: ":")
                environment += ["LISTEN_FDS=\(kept.count)", "LISTEN_FDNAMES=\(names)"]
            }
            let command = environment + [try Binaries.path("callcenterd"), "--config", file]
            return stage.start(name, "env", command, inheriting: kept.map(\.descriptor))
        }

        var names: [String] { ["tcp_127.0.0.1_\(port)", "udp_127.0.0.1_\(port)"] }
    }

    @Test("a datagram that comes while no process runs is answered by the next", arguments: [SIGKILL, SIGTERM])
    func noDatagramIsLost(signal: Int32) async throws {
        let scene = try Scene(on: Stage.here())
        defer { scene.manager.close() }
        let daemon = try scene.start()
        try await scene.manager.hears("READY=1")
        #expect(scene.manager.kept.map(\.name).sorted() == scene.names)
        daemon.signal(signal)
        _ = try await daemon.ended()

        let probe = try SIPProbe(to: scene.port)
        defer { probe.close() }
        // Once, and no retransmission.
        probe.send(probe.invite("nobody", "meanwhile"))
        let stream = try Socket(SOCK_STREAM)
        defer { stream.close() }
        try stream.connect(to: Socket.address("127.0.0.1", scene.port))

        let next = try scene.start()
        #expect(try await probe.finalStatus() == 404)
        try await scene.manager.hears("READY=1")
        #expect(next.text.contains("sockets of the last process go on"))
        // The same ones: they are known to the manager by their names.
        #expect(Set(scene.manager.kept.map(\.name)) == Set(scene.names))
        next.signal(SIGTERM)
        _ = try await next.ended()
    }

    @Test("sockets that are no longer in sip.listen are closed and given back")
    func anotherAddress() async throws {
        let scene = try Scene(on: Stage.here())
        defer { scene.manager.close() }
        let daemon = try scene.start()
        try await scene.manager.hears("READY=1")
        daemon.signal(SIGTERM)
        _ = try await daemon.ended()
        let other = try Ports.free()
        try scene.listen("udp:127.0.0.1:\(scene.port)", "udp:127.0.0.1:\(other)")
        let next = try scene.start()
        try await scene.manager.hears("FDSTOREREMOVE=1\nFDNAME=tcp_127.0.0.1_\(scene.port)")
        try await scene.manager.hears("READY=1")
        let names = ["udp_127.0.0.1_\(scene.port)", "udp_127.0.0.1_\(other)"]
        #expect(Set(scene.manager.kept.map(\.name)) == Set(names))
        #expect(!Ports.isBound(tcp: scene.port))
        next.signal(SIGTERM)
        _ = try await next.ended()
    }

    @Test(
        "a standby on the same machine gets the addresses as soon as the owner's next process has seen that it is none"
    )
    func standby() async throws {
        let scene = try Scene(on: Stage.here())
        defer { scene.manager.close() }
        let other = try NotifySocket("other", on: scene.stage)
        defer { other.close() }
        let owner = try scene.start("owner")
        try await scene.manager.hears("READY=1")
        let standby = try scene.start("standby", for: other)
        try await other.hears("READY=1\nSTATUS=standby: ")
        owner.signal(SIGKILL)
        _ = try await owner.ended()
        // The manager starts the first service again, with its sockets; by then the other one is the owner.
        try await eventually("the standby to take over") {
            standby.text.contains("the owner is gone: taking over")
        }
        let next = try scene.start("next")
        try await scene.manager.hears("READY=1\nSTATUS=standby: ")
        try await eventually("the manager to close the sockets") {
            scene.manager.kept.isEmpty
        }
        try await other.hears("READY=1\nSTATUS=ready for calls")
        let probe = try SIPProbe(to: scene.port)
        defer { probe.close() }
        probe.send(probe.invite("nobody", "afterwards"))
        #expect(try await probe.finalStatus() == 404)
        for process in [next, standby] {
            process.signal(SIGTERM)
            #expect(try await process.ended() == 0)
        }
    }
}
