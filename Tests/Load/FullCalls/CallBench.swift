import CallCenter
import Exchange
import Foundation
import Glibc

/// `call-bench [--quick | --calls N]`: what a full call (DESIGN.md section 4) costs the core, from the datagrams that come in to those
/// that go out and to what is kept for a restart, by agents and by calls that wait: part of packaging/bench. Sockets, the journal
/// and the database are not in it. Prints a table; exit status 1 if a call of the largest centre costs over 1.5 times as much as one
/// of the smallest. `--calls` only makes that many calls of 1,000 agents, for whoever counts instructions.
@main
struct CallBench {
    private static let mostGrowth = 1.5

    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.count == 2, arguments[0] == "--calls", let calls = Int(arguments[1]), calls > 0 {
            let centre = try Centre(agents: 1_000, waiting: 0)
            try centre.run(calls: calls)
            return
        }
        guard arguments.isEmpty || arguments == ["--quick"] else {
            print("usage: call-bench [--quick | --calls N]")
            exit(2)
        }
        exit(try measure(isQuick: !arguments.isEmpty) ? 0 : 1)
    }

    /// False: it grows too much.
    private static func measure(isQuick: Bool) throws -> Bool {
        let sizes = isQuick ? [100, 100_000] : [100, 1_000, 10_000, 100_000]
        let queues = isQuick ? [0, 1_000] : [0, 1_000, 50_000]
        print("microseconds of CPU that a full call takes in the core")
        print(row(["agents"] + queues.map { "\($0) waiting" }))
        var costs: [Double] = []
        for agents in sizes {
            var cells = ["\(agents)"]
            for waiting in queues {
                let centre = try Centre(agents: agents, waiting: waiting)
                try centre.run(calls: isQuick ? 1_000 : 4_000)
                let best = try (0..<3).map { _ in try centre.run(calls: isQuick ? 1_000 : 4_000) }.min() ?? 0
                costs.append(best)
                cells.append(String(format: "%.1f", best))
            }
            print(row(cells))
        }
        let growth = (costs.max() ?? 0) / max(costs.first ?? 1, 0.1)
        print(String(format: "the dearest costs %.2f times the smallest (goal: at most %.1f)", growth, mostGrowth))
        try measureMemory()
        return growth <= mostGrowth
    }

    /// Of the process, whose phones take next to nothing; what its transactions have left unused is in it.
    private static func measureMemory() throws {
        let calls = 10_000
        let centre = try Centre(agents: 0, waiting: 0)
        let before = residentKilobytes
        centre.wait(for: calls)
        // Longer than any transaction is kept.
        centre.pass(40_000)
        let call = Double(residentKilobytes - before) / Double(calls)
        print(String(format: "memory: a waiting call %.1f KiB (goal 8)", call))
    }

    /// What is in memory, after what is free has been given back.
    private static var residentKilobytes: Int {
        typealias Trim = @convention(c) (Int) -> CInt
        if let trim = dlsym(nil, "malloc_trim") { _ = unsafeBitCast(trim, to: Trim.self)(0) }
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") } ?? ""
        return line.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }

    private static func row(_ cells: [String]) -> String {
        cells.map { $0.count < 14 ? String(repeating: " ", count: 14 - $0.count) + $0 : $0 }.joined(separator: " ")
    }
}
