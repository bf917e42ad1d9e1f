import Foundation
import SIP
import Simulation
import Testing

/// Days of call centres in seconds. A failing seed is a bug report: it fails again every time.
@Suite("Simulation")
struct SimulationTests {
    /// The same in every run, and some that nobody has seen yet. `SIMULATION_SEEDS=17,18` runs those instead.
    static let seeds: [UInt64] = {
        if let wanted = ProcessInfo.processInfo.environment["SIMULATION_SEEDS"] {
            return wanted.split(separator: ",").compactMap { UInt64($0) }
        }
        // 642: an INVITE of which only the last copy gets through, when the core gives it up.
        return Array(1...10) + [642] + (0..<2).map { _ in UInt64.random(in: 1_000_000...999_999_999) }
    }()

    @Test("Whatever callers, agents, media servers, store and network do, no rule is broken", arguments: seeds)
    func anything(seed: UInt64) {
        let world = World(Plan(seed: seed, calls: 100))
        world.run()
        #expect(world.findings == [], "seed \(seed): packaging/simulate --seed \(seed) --calls 100 tells more")
        #expect(world.calls > 0)
    }

    @Test("Well-behaved calls all complete, in any weather", arguments: [1, 2], [Weather.calm, .rough])
    func orderly(seed: UInt64, weather: Weather) {
        let world = World(Plan(seed: seed, calls: 80, temper: .orderly, weather: weather))
        world.run()
        #expect(world.findings == [])
        #expect(world.answered == 80)
        #expect(world.conversations > 60)
    }

    @Test("Calls with hold, resume and colliding re-INVITEs all complete", arguments: [1, 2], [Weather.calm, .rough])
    func lively(seed: UInt64, weather: Weather) {
        let world = World(Plan(seed: seed, calls: 80, temper: .lively, weather: weather))
        world.run()
        #expect(world.findings == [])
        #expect(world.answered == 80)
        #expect(world.conversations > 30)
    }

    @Test("A core that dies again and again loses no caller", arguments: [1, 2], [Weather.calm, .rough])
    func mortal(seed: UInt64, weather: Weather) {
        let world = World(Plan(seed: seed, calls: 60, temper: .orderly, weather: weather, dies: true))
        world.run()
        #expect(world.findings == [])
        #expect(world.restarts > 3)
        #expect(world.answered == 60)
    }

    @Test("At its worst, nothing is left behind", arguments: [1, 2], [Weather.rough, .storm])
    func wild(seed: UInt64, weather: Weather) {
        let world = World(Plan(seed: seed, calls: 100, temper: .wild, weather: weather))
        world.run()
        #expect(world.findings == [])
    }

    @Test("The same seed gives the same bytes")
    func isDeterministic() {
        let digests = (0..<2).map { _ in
            var plan = Plan(seed: 7, calls: 60, temper: .wild, weather: .storm, dies: true)
            plan.keepsDigest = true
            let world = World(plan)
            world.run()
            return world.digest
        }
        #expect(digests[0] == digests[1])
    }
}
