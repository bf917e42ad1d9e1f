import CallCenter
import Exchange
import Foundation
import Glibc

/// `call-bench [--quick | --calls N]`: what a full call (DESIGN.md section 4) costs the core, from the datagrams that come in to
/// those that go out and to what is kept for a restart, by agents and by calls that wait: part of packaging/bench. Sockets, the
/// journal and the database are not in it. Prints a table, and another one of what is spent by the second, not by the call: looking
/// through everything for what is broken. Exit status 1 if a call of the largest centre costs over 1.5 times as much as one of the
/// smallest, if looking takes over a hundredth of a processor, or if a waiting call or an ended transaction takes more memory than it
/// may. `--memory` and `--journal` measure only what they name. `--calls` only makes that many calls of 1,000 agents, for whoever counts
/// instructions.
@main
struct CallBench {
    private static let mostGrowth = 1.5
    /// Microseconds a second: one hundredth of a processor.
    private static let mostLooking = 10_000.0

    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.count == 2, arguments[0] == "--calls", let calls = Int(arguments[1]), calls > 0 {
            let centre = try Centre(agents: 1_000, waiting: 0)
            try centre.run(calls: calls)
            return
        }
        switch arguments {
        case ["--memory"]: exit(try MemoryBench.run() ? 0 : 1)
        case ["--journal"]: try JournalBench.run()
        case [], ["--quick"]:
            let isQuick = !arguments.isEmpty
            let isCheap = try measure(isQuick: isQuick)
            try JournalBench.run(calls: isQuick ? 500 : 2_000)
            exit(try MemoryBench.run(calls: isQuick ? 10_000 : 20_000) && isCheap ? 0 : 1)
        default:
            print("usage: call-bench [--quick | --memory | --journal | --calls N]")
            exit(2)
        }
    }

    /// False: it grows too much.
    private static func measure(isQuick: Bool) throws -> Bool {
        let sizes = isQuick ? [100, 100_000] : [100, 1_000, 10_000, 100_000]
        let queues = isQuick ? [0, 1_000] : [0, 1_000, 50_000]
        print("microseconds of CPU that a full call takes in the core")
        let head = row(["agents"] + queues.map { "\($0) waiting" })
        print(head)
        var costs: [Double] = []
        var looking: [String] = []
        var dearestLook = 0.0
        for agents in sizes {
            var cells = ["\(agents)"]
            var lookingCells = cells
            for waiting in queues {
                let centre = try Centre(agents: agents, waiting: waiting)
                try centre.run(calls: isQuick ? 1_000 : 4_000)
                let runs = try (0..<3).map { _ in try centre.run(calls: isQuick ? 1_000 : 4_000) }
                let best = runs.map(\.call).min() ?? 0
                costs.append(best)
                cells.append(String(format: "%.1f", best))
                let look = runs.map(\.looking).min() ?? 0
                dearestLook = max(dearestLook, look)
                lookingCells.append(String(format: "%.0f", look))
            }
            print(row(cells))
            looking.append(row(lookingCells))
        }
        let growth = (costs.max() ?? 0) / max(costs.first ?? 1, 0.1)
        print(String(format: "the dearest costs %.2f times the smallest (goal: at most %.1f)", growth, mostGrowth))
        print("microseconds of CPU a second for looking through all calls and agents (goal: at most 10,000)")
        print(([head] + looking).joined(separator: "\n"))
        return growth <= mostGrowth && dearestLook <= mostLooking
    }

    private static func row(_ cells: [String]) -> String {
        cells.map { $0.count < 14 ? String(repeating: " ", count: 14 - $0.count) + $0 : $0 }.joined(separator: " ")
    }
}
