import CallCenter
import Foundation

/// `distribution-bench [--quick | --events N | --snapshots N]`: what an event costs the distribution, by agents, skills an agent, and waiting calls (DESIGN.md
/// section 4, "distribution event"), and what a snapshot of the whole costs. Prints a table; exit status 1 if the row that has a budget
/// is over it. `--events` only causes that many, of 1,000 agents with 3 skills and 100 waiting calls, and `--snapshots` only takes that
/// many, for whoever counts instructions.
@main
struct DistributionBench {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.count == 2, arguments[0] == "--events", let events = Int(arguments[1]), events > 0 {
            var bench = try Load(agents: 1_000, skills: 3, waiting: 100)
            bench.run(cycles: events / 4)
            return
        }
        if arguments.count == 2, arguments[0] == "--snapshots", let count = Int(arguments[1]), count > 0 {
            print("\(rounded(try snapshot(times: count))) ms")
            return
        }
        guard arguments.isEmpty || arguments == ["--quick"] else {
            print("usage: distribution-bench [--quick | --events N | --snapshots N]")
            exit(2)
        }
        exit(try run(isQuick: !arguments.isEmpty) ? 0 : 1)
    }

    /// False: over budget.
    private static func run(isQuick: Bool) throws -> Bool {
        let skillCounts = isQuick ? [1, 10] : [1, 2, 5, 10]
        let agentCounts = isQuick ? [1_000, 100_000] : [1_000, 10_000, 100_000]
        print("10000 flows, 1000 skills; microseconds an event: mean of arrival, answer, end of a talk, end of a leg")
        print(row(["agents", "waiting"] + skillCounts.map { "\($0) skills" } + ["budget"]))
        var isOver = false
        for agents in agentCounts {
            for waiting in [0, 1_000, 50_000] {
                var cells = ["\(agents)", "\(waiting)"]
                var budgets: [String] = []
                for skills in skillCounts {
                    var bench = try Load(agents: agents, skills: skills, waiting: waiting)
                    let cost = bench.measure(cycles: isQuick ? 50_000 : 200_000)
                    cells.append(rounded(cost))
                    let budget = 0.5 + 0.4 * Double(skills)
                    budgets.append(rounded(budget))
                    if agents == 100_000, waiting == 50_000, cost > budget { isOver = true }
                }
                let hasBudget = agents == 100_000 && waiting == 50_000
                print(row(cells + [hasBudget ? budgets.joined(separator: " ") : ""]))
            }
        }
        print("snapshot of 10000 agents, 1000 flows and 1000 waiting calls: \(rounded(try snapshot(times: 101))) ms")
        return !isOver
    }

    private static func snapshot(times: Int) throws -> Double {
        var centre = try Load(flows: 1_000, agents: 10_000, skills: 2, waiting: 1_000)
        return centre.measureSnapshot(times: times)
    }

    private static func row(_ cells: [String]) -> String {
        cells.map { $0.count < 10 ? String(repeating: " ", count: 10 - $0.count) + $0 : $0 }.joined(separator: " ")
    }

    /// Two digits behind the point.
    private static func rounded(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
