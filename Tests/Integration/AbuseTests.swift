import Patience
import Foundation
import Glibc
import Testing

/// What strangers on the management ways do, while calls go on.
@Suite("Abuse of the ways in", .staged)
struct AbuseTests {
    /// Kilobytes of memory of a process.
    private func memory(_ daemon: Daemon) throws -> Int {
        let pid = try #require(daemon.process.pid)
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(line.split(separator: " ").compactMap { Int($0) }.first)
    }

    /// A thousand connections that say nothing, or half of something, while the body runs.
    private func withIdleConnections<Answer>(
        _ count: Int,
        to daemon: Daemon,
        _ body: () async throws -> Answer
    ) async throws -> Answer {
        var sockets: [CInt] = []
        defer { for socket in sockets { close(socket) } }
        for number in 0..<count {
            let isHTTP = number.isMultiple(of: 2)
            let descriptor =
                try isHTTP ? Self.connected(port: daemon.httpPort) : Self.connected(path: daemon.socket)
            guard let descriptor else { continue }
            sockets.append(descriptor)
            let half = Array((isHTTP ? "GET /metrics HTTP/1.1\r\nHos" : #"{"jsonrpc":"2.0","#).utf8)
            if number.isMultiple(of: 4) || number % 4 == 1 {
                _ = send(descriptor, half, half.count, CInt(MSG_NOSIGNAL))
            }
        }
        #expect(sockets.count > count / 2, "\(sockets.count) connections")
        return try await body()
    }

    private static func connected(port: UInt16) throws -> CInt? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return connected(AF_INET, address)
    }

    private static func connected(path: String) throws -> CInt? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return connected(AF_UNIX, address)
    }

    /// nil if nobody takes it.
    private static func connected<Address>(_ family: CInt, _ address: Address) -> CInt? {
        // Without blocking: a full backlog is an answer, too.
        let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { return nil }
        var address = address
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard result == 0 || errno == EINPROGRESS else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    @Test("a thousand idle connections, ten megabytes and nonsense have no effect on a call, on memory, on a scrape")
    func idleConnections() async throws {
        let tokens = try TokenFile(on: Stage.here())
        let centre = try await Centre.open(
            agent: .answers(ring: 200),
            options: .init(http: ", mi: true, token_file: \(tokens.path)")
        )
        let daemon = centre.daemon
        _ = try await daemon.metrics()
        let before = try memory(daemon)
        let folder = daemon.stage.folder
        try await withIdleConnections(1_000, to: daemon) {
            let callers = try Sipp.callers(
                "caller",
                .init(end: .hangUp(on: centre.agents.audioPort, after: 500)),
                flows: ["sales"],
                to: daemon.port
            )
            // Ten megabytes at both ways in, and what is no request at all.
            let large = daemon.stage.path("large.json")
            try Data(repeating: UInt8(ascii: "["), count: 10 << 20).write(to: URL(fileURLWithPath: large))
            let posted = try await ChildProcess.run(
                "curl",
                "curl",
                [
                    "-s", "--max-time", "20", "-H", "Authorization: Bearer \(TokenFile.controller)", "-H",
                    "Content-Type: application/json", "-H", "Expect:", "--data-binary", "@\(large)", "-o", "/dev/null",
                    "-w", "%{http_code}", "http://127.0.0.1:\(daemon.httpPort)/mi",
                ],
                in: folder
            )
            #expect(posted.text == "413" || posted.text == "000", "\(posted.text)")
            #expect(try await daemon.httpStatus("/metrics") == 200)
            #expect(try await daemon.httpStatus("/healthz") == 200)
            try await callers.finish()
            try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
        }
        let grown = try memory(daemon) - before
        #expect(grown < 64 << 10, "grown by \(grown) kB")
        // The socket has room again as soon as they have gone.
        try await eventually("ccctl to be served", every: .milliseconds(100)) {
            try await daemon.ccctl("cc_list_calls").status == 0 ? () : nil
        }
    }
}
