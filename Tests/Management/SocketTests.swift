import Foundation
import Glibc
import Management
import NIOCore
import Testing

@Suite("The management socket", .timeLimit(.minutes(5)))
struct SocketTests {
    private let daemon = FakeDaemon()

    private static let version = #"{"jsonrpc":"2.0","id":1,"method":"version"}"#
    private static let answer = #"{"jsonrpc":"2.0","result":{"Server":"callcenterd 0.1.0"},"id":1}"#

    // MARK: - Requests

    @Test("several requests of a connection are answered in order, also two in one packet and one in pieces")
    func frames() async throws {
        try await withMI(daemon.bounded) { path in
            try await TestConnection.with(.unix(path)) { connection in
                try await connection.send(Self.version + "\n")
                #expect(try await connection.line() == Self.answer)
                let second = Self.version.replacing("1,", with: "2,")
                try await connection.send(Self.version + "\r\n\n  \n" + second + "\n")
                #expect(try await connection.line() == Self.answer)
                #expect(try await connection.line() == Self.answer.replacing(":1}", with: ":2}"))
                for piece in [String(Self.version.prefix(10)), String(Self.version.dropFirst(10)), "\n"] {
                    try await connection.send(piece)
                }
                #expect(try await connection.line() == Self.answer)
            }
        }
    }

    @Test("a last request may be ended by the half-close instead of a line end")
    func endsWithStream() async throws {
        try await withMI(daemon.bounded) { path in
            try await TestConnection.with(.unix(path)) { connection in
                try await connection.send(Self.version)
                connection.finish()
                #expect(try await connection.rest() == Self.answer + "\n")
            }
        }
    }

    @Test("a reply of any length arrives whole at a peer that has said its last word")
    func answersAtLength() async throws {
        let question = #"{"jsonrpc":"2.0","id":1,"method":"get_statistics"}"#
        let batch = "[" + Array(repeating: question, count: 100).joined(separator: ",") + "]"
        try await withMI(daemon.bounded) { path in
            try await TestConnection.with(.unix(path)) { connection in
                try await connection.send(batch)
                connection.finish()
                let reply = try await connection.rest()
                // More than the kernel and the channel hold.
                #expect(reply.utf8.count > 400_000)
                #expect(reply.hasSuffix("]\n"))
            }
        }
    }

    @Test("half a request before the half-close is no JSON")
    func stopsHalfWay() async throws {
        try await withMI(daemon.bounded) { path in
            try await TestConnection.with(.unix(path)) { connection in
                try await connection.send(String(Self.version.prefix(20)))
                connection.finish()
                #expect(try await connection.rest().contains(#""code":-32700"#))
            }
        }
    }

    @Test("malformed lines are answered, and the connection goes on")
    func survivesNonsense() async throws {
        try await withMI(daemon.bounded) { path in
            try await TestConnection.with(.unix(path)) { connection in
                try await connection.send("GET / HTTP/1.1\n" + String(repeating: "[", count: 100_000) + "\n")
                #expect(try await connection.line()?.contains("-32700") == true)
                #expect(try await connection.line()?.contains("nested deeper than 32") == true)
                try await connection.send(Self.version + "\n")
                #expect(try await connection.line() == Self.answer)
            }
        }
    }

    @Test("a notification gets no reply")
    func notifies() async throws {
        try await withMI(daemon.bounded) { path in
            try await TestConnection.with(.unix(path)) { connection in
                try await connection.send(#"{"jsonrpc":"2.0","method":"cc_reset_stats"}"# + "\n" + Self.version + "\n")
                #expect(try await connection.line() == Self.answer)
            }
        }
        #expect(daemon.orders.map(\.what) == ["reset"])
    }

    @Test("the daemon and the log are told who asked, by user and process")
    func knowsPeer() async throws {
        let log = RecordedLog()
        try await withMI(daemon.bounded, log: log) { path in
            try await TestConnection.with(.unix(path)) { connection in
                let request = #"{"jsonrpc":"2.0","id":1,"method":"cc_agent_login","params":["ann",0]}"#
                try await connection.send(request + "\n")
                #expect(try await connection.line()?.contains("OK") == true)
            }
        }
        #expect(daemon.orders == [.init(what: "ann off", requester: .process(user: getuid(), process: getpid()))])
        #expect(log.lines.contains { $0.contains("uid \(getuid())") && $0.contains("pid \(getpid())") })
    }

    // MARK: - Bounds

    @Test("a request of exactly the limit is taken; one byte more ends the connection", arguments: [false, true])
    func bounds(isEnded: Bool) async throws {
        try await withMI(daemon.bounded, configure: { $0.maximumRequest = 2_000 }) { path in
            try await TestConnection.with(.unix(path)) { connection in
                let padding = String(repeating: " ", count: 2_000 - Self.version.utf8.count)
                try await connection.send(Self.version + padding + "\n")
                #expect(try await connection.line() == Self.answer)
                try await connection.send(Self.version + padding + " " + (isEnded ? "\n" : ""))
                #expect(try await connection.line()?.contains("a request has at most 2000 bytes") == true)
                #expect(try await connection.line() == nil)
            }
        }
    }

    @Test("ten megabytes without a line end are refused early")
    func refusesFlood() async throws {
        try await withMI(daemon.bounded) { path in
            try await TestConnection.with(.unix(path)) { connection in
                // The write fails half way, when the server has hung up.
                try? await connection.send(String(repeating: "a", count: 10 << 20))
                let reply = try await connection.line()
                #expect(reply?.contains("a request has at most 1048576 bytes") == true)
            }
        }
    }

    @Test("connections beyond the limit are told so when none is idle, and one that goes makes room")
    func limitsConnections() async throws {
        let log = RecordedLog()
        try await withMI(daemon.bounded, log: log, configure: { $0.maximumConnections = 3 }) { path in
            try await Self.nested(3, path) {
                for _ in 0..<20 {
                    let reply = try await TestConnection.with(.unix(path)) { try await $0.rest() }
                    #expect(
                        reply == #"{"jsonrpc":"2.0","error":{"code":503,"message":"#
                            + #""3 connections are open, no more are taken"},"id":null}"# + "\n"
                    )
                }
            }
            #expect(try await Self.answerOnceThereIsRoom(path) == Self.answer)
        }
        #expect(log.lines.filter { $0.hasPrefix("connections refused") } == ["connections refused limit=3 refused=1"])
    }

    @Test("the connection that has been idle for the longest time gives way to a newcomer")
    func evictsIdle() async throws {
        try await withMI(daemon.bounded, configure: { $0.maximumConnections = 2 }) { path in
            try await TestConnection.with(.unix(path)) { first in
                try await first.send(Self.version + "\n")
                #expect(try await first.line() == Self.answer)
                try await TestConnection.with(.unix(path)) { second in
                    try await second.send(Self.version + "\n")
                    #expect(try await second.line() == Self.answer)
                    try await TestConnection.with(.unix(path)) { third in
                        try await third.send(Self.version + "\n")
                        #expect(try await third.line() == Self.answer)
                    }
                    #expect(((try? await first.line()) ?? nil) == nil)
                    try await second.send(Self.version + "\n")
                    #expect(try await second.line() == Self.answer)
                }
            }
        }
    }

    @Test("a hundred idle connections leave room for the next who asks once they have gone")
    func survivesIdleCrowd() async throws {
        try await withMI(daemon.bounded, configure: { $0.maximumConnections = 40 }) { path in
            let address = try SocketAddress(unixDomainSocketPath: path)
            let crowd = (0..<100).map { _ in socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0) }
            let connected = crowd.filter { one in address.withSockAddr { connect(one, $0, socklen_t($1)) } == 0 }
            for one in crowd { close(one) }
            #expect(connected.count == 100)
            #expect(try await Self.answerOnceThereIsRoom(path) == Self.answer)
        }
    }

    /// The server sees connections go a moment after we have closed them.
    private static func answerOnceThereIsRoom(_ path: String) async throws -> String {
        while true {
            let reply = try? await TestConnection.with(.unix(path)) { connection in
                try await connection.send(version + "\n")
                return try await connection.line()
            }
            if let reply, !reply.contains("no more are taken") { return reply }
        }
    }

    /// So many connections at once, each known to be served, and none idle: they watch events.
    private static func nested(_ count: Int, _ path: String, _ body: @Sendable () async throws -> Void) async throws {
        guard count > 0 else { return try await body() }
        try await TestConnection.with(.unix(path)) { connection in
            try await connection.send(#"{"jsonrpc":"2.0","id":1,"method":"events"}"# + "\n")
            #expect(try await connection.line() == #"{"jsonrpc":"2.0","result":"OK","id":1}"#)
            try await nested(count - 1, path, body)
        }
    }

    @Test(
        "a connection that completes no request in time is closed, single bytes or not",
        arguments: ["", "{", "\n\n"]
    )
    func timesOut(bytes: String) async throws {
        try await withMI(daemon.bounded, configure: { $0.timeout = .milliseconds(50) }) { path in
            try await TestConnection.with(.unix(path)) { connection in
                // It may be over before we have said anything; bytes nobody read make it a reset.
                try? await connection.send(bytes)
                let rest = (try? await connection.rest()) ?? ""
                #expect(rest == "")
            }
        }
    }

    @Test("a peer that asks and asks and never reads is cut off")
    func dropsSlowReader() async throws {
        try await withMI(daemon.bounded, configure: { $0.timeout = .milliseconds(100) }) { path in
            try? await TestConnection.with(.unix(path)) { connection in
                let requests = String(
                    repeating: #"{"jsonrpc":"2.0","id":1,"method":"get_statistics"}"# + "\n",
                    count: 100
                )
                await #expect(throws: (any Error).self) {
                    while true { try await connection.send(requests) }
                }
            }
            let reply = try await Self.answerOnceThereIsRoom(path)
            #expect(reply == Self.answer)
        }
    }

    // MARK: - The socket file

    @Test("the socket is for owner and group, and gone after the end")
    func guardsFile() async throws {
        let path = try await withMI(daemon.bounded) { path in
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect((attributes[.posixPermissions] as? Int) == 0o660)
            return path
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("a socket file that nobody listens on gives way")
    func replacesStaleFile() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/mi.sock"
            try Self.leaveStaleSocket(at: path)
            try await withRunning { running in
                mi(at: path, daemon.bounded, onRunning: { running(path) })
            } _: { path in
                try await TestConnection.with(.unix(path)) { connection in
                    try await connection.send(Self.version + "\n")
                    #expect(try await connection.line() == Self.answer)
                }
            }
        }
    }

    private static func leaveStaleSocket(at path: String) throws {
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        let result = try SocketAddress(unixDomainSocketPath: path).withSockAddr {
            Glibc.bind(descriptor, $0, socklen_t($1))
        }
        close(descriptor)
        try #require(result == 0)
    }

    @Test("a second daemon does not take the socket from the first")
    func refusesSecond() async throws {
        try await withMI(daemon.bounded) { path in
            await #expect(
                throws: ManagementError(
                    key: "mi.socket",
                    place: path,
                    reason: "another process listens there; is callcenterd running already?",
                    code: EADDRINUSE
                )
            ) {
                try await mi(at: path, daemon.bounded).run()
            }
            try await TestConnection.with(.unix(path)) { connection in
                try await connection.send(Self.version + "\n")
                #expect(try await connection.line() == Self.answer)
            }
        }
    }

    @Test("a file that is no socket is left alone")
    func refusesFile() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/mi.sock"
            try "precious".write(toFile: path, atomically: false, encoding: .utf8)
            let error = await #expect(throws: ManagementError.self) { try await mi(at: path, daemon.bounded).run() }
            #expect(error?.reason == "a file that is no socket is in the way; remove it")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
        }
    }

    @Test(
        "a place where no socket can be is one clear error",
        arguments: [
            ("/nowhere/mi.sock", "No such file or directory"),
            ("/tmp/" + String(repeating: "a", count: 120), "the path must have 1 to 107 bytes"),
        ]
    )
    func refusesPlace(path: String, reason: String) async throws {
        let error = await #expect(throws: ManagementError.self) { try await mi(at: path, daemon.bounded).run() }
        #expect(error?.description == "mi.socket: cannot listen on \(path): \(reason)")
    }

    @Test("a request under way gets its reply before the end")
    func finishes() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/mi.sock"
            daemon.hang()
            let (replies, replied) = AsyncStream.makeStream(of: String?.self)
            let client = try await withRunning { running in
                mi(at: path, daemon.bounded, configure: { $0.grace = .minutes(1) }, onRunning: { running(path) })
            } _: { path in
                let client = Task {
                    try await TestConnection.with(.unix(path)) { connection in
                        try await connection.send(#"{"jsonrpc":"2.0","id":9,"method":"cc_reset_stats"}"# + "\n")
                        replied.yield(try await connection.line())
                    }
                }
                while !daemon.isWaitedFor { await Task.yield() }
                Task { daemon.recover() }
                return client
            }
            try await client.value
            #expect(await replies.first { _ in true } == #"{"jsonrpc":"2.0","result":"OK","id":9}"#)
        }
    }
}
