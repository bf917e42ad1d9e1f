import CMemory
import Foundation

/// What memory calls and transactions take in the core.
enum MemoryBench {
    /// Of the process, whose phones take next to nothing. False: it is too much.
    ///
    /// - Parameter calls: full calls, for the transactions.
    static func run(calls: Int = 20_000) throws -> Bool {
        let (call, transaction) = (try waitingCall(), try endedTransaction(calls: calls))
        print(
            String(
                format: "memory of a waiting call %.1f KiB (goal 8), of an ended transaction %.2f KiB (goal 1)",
                call,
                transaction
            )
        )
        return call <= 8 && transaction <= 1
    }

    /// KiB of a call that hears music: of the second ten thousand, which find the memory of what the first ones no longer need.
    private static func waitingCall() throws -> Double {
        let calls = 10_000
        let centre = try Centre(agents: 0, waiting: 0)
        centre.wait(for: calls)
        // Longer than any transaction is kept.
        centre.pass(40_000)
        let before = residentKilobytes
        centre.wait(for: calls)
        centre.pass(40_000)
        return Double(residentKilobytes - before) / Double(calls)
    }

    /// KiB of a transaction that is only kept for copies of its messages: of full calls, when all of them have ended.
    private static func endedTransaction(calls: Int) throws -> Double {
        let centre = try Centre(agents: 4_000, waiting: 0)
        let before = residentKilobytes
        try centre.run(calls: calls)
        try centre.rest()
        return Double(residentKilobytes - before) / Double(centre.transactionsAlive)
    }

    /// What is in memory, after what is free has been given back.
    private static var residentKilobytes: Int {
        cmemory_trim()
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") } ?? ""
        return line.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }
}
