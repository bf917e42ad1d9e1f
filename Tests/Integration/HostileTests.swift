import Foundation
import Testing

/// What strangers and broken programs send, while calls come in at 50 a second. `HOSTILE_DATAGRAMS` says how many datagrams in place
/// of the everyday 10,000; the calls grow with them.
@Suite("Hostile datagrams", .staged)
struct HostileTests {
    private static let datagrams =
        ProcessInfo.processInfo.environment["HOSTILE_DATAGRAMS"].flatMap { Int($0) } ?? 10_000

    /// Kilobytes of memory of a process that no file stands behind: its heaps and stacks. What it has mapped of its journals it would
    /// not need to keep.
    private func memory(_ daemon: Daemon) throws -> Int {
        let pid = try #require(daemon.process.pid)
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
        return try #require(line.split(separator: " ").compactMap { Int($0) }.first)
    }

    private func load(_ name: String, _ calls: Int, on daemon: Daemon) throws -> Sipp {
        try Sipp.callers(
            name,
            .init(end: .stay),
            flows: Array(repeating: "sales", count: calls),
            to: daemon.port,
            rate: 50,
            logsMessages: false
        )
    }

    @Test(
        "as fast as they are read they crash nothing, cost no call, and leave no memory behind",
        .timeLimit(.minutes(15))
    )
    func flood() async throws {
        let queue = try await Sipp.callee("queue", .answers(ring: 10), logsMessages: false)
        let staff = try await Sipp.callee("agents", .answers(ring: 10, talk: 200), logsMessages: false)
        // The machine may be slow: this is not about overload.
        let options = Daemon.Options(
            trusted: "127.0.0.1/32\", \"127.0.0.10/32",
            sip: "max_loop_delay: 0",
            more: "log: {level: notice}"
        )
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: queue.port)],
            agents: (1...150).map { .init(id: "agent\($0)", skills: "selling", port: staff.port) },
            options: options
        )
        let warmUp = 100
        try await load("warm-up", warmUp, on: daemon).finish()
        let before = try memory(daemon)

        let seconds = max(1, Self.datagrams / 1_000)
        let calls = 50 * seconds
        let callers = try load("callers", calls, on: daemon)
        var hostile = try HostileDatagrams(to: daemon.port, trusted: "127.0.0.1", pacer: "127.0.0.10")
        defer { hostile.close() }
        try await hostile.send(Self.datagrams)
        let during = try memory(daemon)
        try await callers.finish(within: .seconds(120 + 2 * seconds))
        try await daemon.expectQuiet(after: Outcome(answered: warmUp + calls), maximumWrapup: .seconds(30))

        let metrics = try await daemon.metrics()
        let unreadable = metrics["callcenter_sip_parse_errors_total"] ?? 0
        let beyond = metrics["callcenter_sip_flood_datagrams_total"] ?? 0
        #expect(Int(unreadable) > Self.datagrams / 20, "they have come")
        #expect(beyond > 0, "the stranger who floods was not heard to the end")
        // At rest it gives back what it does not need, some seconds later.
        let limit = before + Self.tolerance
        var after = 0
        try await eventually("memory to be back at \(before) kB", within: .seconds(60), every: .seconds(1)) {
            after = try memory(daemon)
            return (after < limit).asCondition
        }
        print(
            "\(Self.datagrams) hostile datagrams, \(calls) calls: \(unreadable) unreadable, \(beyond) beyond the rate;",
            "memory \(before) kB before, \(during) kB during, \(after) kB after"
        )
    }

    /// Kilobytes that it may have more afterwards: counters of every agent, tables of sources and statistics that it had not had
    /// before.
    private static let tolerance = 16 << 10
}
