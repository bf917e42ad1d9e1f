import Foundation
import SIP
import Simulation

/// `simulate --seed N --calls M [--each K] [--trace L]`: M calls through simulated centres, of K calls each, with the seeds N, N + 1, and so on.
/// Exit status 0 if no rule was broken; 1 if one was, after a trace of what led to it; 2 on wrong usage.
@main
struct Simulate {
    private var seed: UInt64 = 1
    private var calls = 10_000
    /// Calls of one centre.
    private var each = 1_000
    /// Lines of what led to a broken rule.
    private var trace = 120

    static func main() {
        guard let simulate = Simulate(Array(CommandLine.arguments.dropFirst())) else {
            FileHandle.standardError.write(
                Data("usage: simulate [--seed N] [--calls M] [--each K] [--trace L]; N >= 0, M, K and L >= 1\n".utf8)
            )
            exit(2)
        }
        exit(simulate.run())
    }

    private init?(_ arguments: [String]) {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst(), let number = UInt64(value) else { return nil }
            switch option {
            case "--seed": seed = number
            case "--calls": calls = Int(clamping: number)
            case "--each": each = Int(clamping: number)
            case "--trace": trace = Int(clamping: number)
            default: return nil
            }
        }
        guard calls > 0, each > 0, trace > 0 else { return nil }
    }

    private func run() -> Int32 {
        let begun = ContinuousClock.now
        var sums = Sums()
        var next = seed
        var reported = begun
        var settled = Int.max
        while sums.placed < calls {
            let plan = Plan(seed: next, calls: min(each, calls - sums.placed))
            let world = World(plan)
            world.run()
            guard world.findings.isEmpty else {
                explain(plan)
                return 1
            }
            sums.add(world, placed: plan.calls)
            next += 1
            if next - seed == 20 { settled = residentMegabytes }
            if ContinuousClock.now - reported > .seconds(10) {
                reported = .now
                report(sums, seeds: next - seed, since: begun)
            }
        }
        report(sums, seeds: next - seed, since: begun)
        if settled < .max, residentMegabytes > settled + 64 {
            print("memory does not return to its start: \(settled) MiB after 20 seeds, \(residentMegabytes) MiB now")
            return 1
        }
        print("no leg outlived its call by more than \(sums.longestAfterlife) ms; no rule was broken")
        return 0
    }

    private func report(_ sums: Sums, seeds: UInt64, since begun: ContinuousClock.Instant) {
        let seconds = (ContinuousClock.now - begun) / .seconds(1)
        // Where the machine is shared, the time on the clock says little.
        let busy = Double(clock()) / Double(CLOCKS_PER_SEC)
        let cost = busy * 1_000_000 / Double(max(sums.placed, 1))
        print(
            "\(sums.placed) calls of \(seeds) seeds in \(Int(seconds)) s (\(Int(busy)) s of CPU, \(Int(cost)) us a call):",
            "\(sums.answered) answered, \(sums.datagrams) datagrams, \(sums.events) events, \(sums.restarts) restarts,",
            "\(sums.simulated / 3_600_000) h simulated, \(residentMegabytes) MiB"
        )
        fflush(nil)
    }

    /// The same run once more, with a record of what happens: the first broken rule, and what led to it.
    private func explain(_ plan: Plan) {
        let trace = Trace(limit: 200_000)
        let world = World(plan, trace: trace)
        world.run()
        guard let first = world.findings.first else { return print("seed \(plan.seed) failed, and does so no more") }
        print("\nseed \(plan.seed), \(Simulation.seconds(first.at)) s: \(first.text)\n")
        for line in trace.lines(about: first.about, last: self.trace) { print(line) }
        print("\n\(plan.temper)\n\(plan.weather)")
        print("to repeat: packaging/simulate --seed \(plan.seed) --calls \(plan.calls)")
    }

    private var residentMegabytes: Int {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
        return pages.flatMap { $0.count > 1 ? Int($0[1]) : nil }.map { $0 * 4_096 / 1_048_576 } ?? 0
    }

    private struct Sums {
        var placed = 0
        var answered = 0
        var datagrams = 0
        var events = 0
        var restarts = 0
        var simulated: Milliseconds = 0
        var longestAfterlife: Milliseconds = 0

        mutating func add(_ world: World, placed: Int) {
            self.placed += placed
            answered += world.answered
            datagrams += world.datagrams
            events += world.events
            restarts += world.restarts
            simulated += world.duration
            longestAfterlife = max(longestAfterlife, world.longestAfterlife)
        }
    }
}
