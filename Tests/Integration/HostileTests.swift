import Patience
import Foundation
import Testing

/// What strangers and broken programs send, while calls come in at 50 a second. `HOSTILE_DATAGRAMS` says how many datagrams a flood has
/// in place of the everyday 5,000, the calls growing with them, and `HOSTILE_FLOODS` how many come one after the other, in place of
/// two. Before them the same calls come without anything hostile, until a round of them leaves nothing more behind: page caches of the
/// database and heaps in pieces are theirs. And once more after them: where in its heaps what lives long is kept depends on what has
/// happened last.
@Suite("Hostile datagrams", .staged)
struct HostileTests {
    private static let datagrams =
        ProcessInfo.processInfo.environment["HOSTILE_DATAGRAMS"].flatMap { Int($0) } ?? 5_000
    private static let floods =
        max(2, ProcessInfo.processInfo.environment["HOSTILE_FLOODS"].flatMap { Int($0) } ?? 2)
    /// For which a flood and its calls last.
    private static let seconds = max(1, datagrams / 1_000)
    private static let calls = 50 * seconds

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

    /// The least memory that it comes down to once nothing is alive: it gives back what it does not need, some seconds later.
    private func memoryAtRest(_ daemon: Daemon) async throws -> Int {
        try await eventually("no transactions and no dialogs", every: .seconds(1)) {
            let metrics = try await daemon.metrics()
            return (metrics["callcenter_sip_transactions"] == 0 && metrics["callcenter_sip_dialogs"] == 0)
        }
        var least = Int.max
        var looksSince = 0
        return try await eventually("the memory to stand still", within: .seconds(120), every: .seconds(1)) {
            let now = try memory(daemon)
            looksSince = now < least - 64 ? 0 : looksSince + 1
            least = min(least, now)
            // Longer than it waits from one time to the next.
            return looksSince > 15 ? least : nil
        }
    }

    /// 50 calls a second, and `datagrams` hostile ones as long as they come in.
    ///
    /// - Returns: the memory once all is over.
    private func round(
        _ name: String,
        _ hostile: inout HostileDatagrams,
        datagrams: Int,
        on daemon: Daemon
    ) async throws -> Int {
        let callers = try load(name, Self.calls, on: daemon)
        if datagrams > 0 { try await hostile.send(datagrams, over: .seconds(Self.seconds)) }
        try await callers.finish(within: .seconds(120 + 2 * Self.seconds))
        return try await memoryAtRest(daemon)
    }

    @Test(
        "as long as calls come in they crash nothing, cost no call, and the memory comes back to where it was",
        .timeLimit(.minutes(25))
    )
    func floods() async throws {
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
        var hostile = try HostileDatagrams(to: daemon.port, trusted: "127.0.0.1", pacer: "127.0.0.10")
        defer { hostile.close() }
        var calls: [Int] = []
        while calls.count < Self.mostRounds, !Self.isSettled(calls) {
            calls.append(try await round("calls\(calls.count + 1)", &hostile, datagrams: 0, on: daemon))
        }
        var floods: [Int] = []
        for number in 1...Self.floods {
            floods.append(try await round("flood\(number)", &hostile, datagrams: Self.datagrams, on: daemon))
        }
        let again = try await round("callsagain", &hostile, datagrams: 0, on: daemon)
        try await daemon.expectQuiet(
            after: Outcome(answered: (calls.count + Self.floods + 1) * Self.calls),
            // Floods as long as one likes.
            oldestRecord: 3_600
        )
        let metrics = try await daemon.metrics()
        let unreadable = metrics["callcenter_sip_parse_errors_total"] ?? 0
        let beyond = metrics["callcenter_sip_flood_datagrams_total"] ?? 0
        print(
            "\(Self.floods) times \(Self.datagrams) hostile datagrams and \(Self.calls) calls in \(Self.seconds) s:",
            "\(unreadable) unreadable, \(beyond) beyond the rate;",
            "memory at rest after the same calls without them \(calls) kB, after each flood \(floods) kB, after calls alone again \(again) kB"
        )
        #expect(Int(unreadable) > Self.datagrams / 10, "they have come")
        #expect(beyond > 0, "the stranger who floods was not heard to the end")
        let before = try #require(calls.last)
        let after = try #require(floods.last)
        #expect(after <= before + Self.tolerance, "back to where it was: \(calls) kB, then \(floods) kB")
        #expect(again <= before + Self.tolerance, "back to where it was: \(calls) kB, then \(again) kB")
    }

    @Test("what is free goes back to the system by a thread of jemalloc's: its settings are in CMemory")
    func allocator() async throws {
        let daemon = try await Daemon.start(flows: [], agents: [])
        let pid = try #require(daemon.process.pid)
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")
        let names = threads.compactMap { try? String(contentsOfFile: "/proc/\(pid)/task/\($0)/comm", encoding: .utf8) }
        #expect(names.contains { $0.hasPrefix("jemalloc_bg_thd") }, "threads: \(names)")
    }

    private static let mostRounds = max(2, datagrams / 10_000)
    /// Kilobytes by which two moments of rest may differ.
    private static let tolerance = 2 << 10

    /// Whether the last round has left less than a quarter of a megabyte behind.
    private static func isSettled(_ rounds: [Int]) -> Bool {
        guard let last = rounds.last, let before = rounds.dropLast().last else { return false }
        return last < before + 256
    }
}
