import CallCenter
import Foundation
import SIP
import Testing

/// Days of a call centre in seconds. A failing seed is a bug report: it fails again every time.
@Suite("Simulation")
struct SimulationTests {
    /// `SIMULATION_SEEDS=17,18` runs those instead, `SIMULATION_SEEDS=fresh` one that nobody has seen yet; it is printed, and
    /// part of every finding.
    static let seeds: [UInt64] = {
        guard let wanted = ProcessInfo.processInfo.environment["SIMULATION_SEEDS"] else { return [1, 2] }
        if wanted == "fresh" {
            let fresh = UInt64.random(in: 1_000...999_999)
            print("fresh seed of the simulation: \(fresh)")
            return [fresh]
        }
        return wanted.split(separator: ",").compactMap { UInt64($0) }
    }()

    @Test("Well-behaved calls all complete, in any weather", arguments: seeds, [Weather.calm, .rough])
    func orderly(seed: UInt64, weather: Weather) {
        let centre = Centre(seed: seed, temper: .orderly, weather: weather, calls: 120)
        centre.run()
        #expect(centre.findings == [])
        #expect(centre.answered == 120)
        #expect(centre.simulation.conversations > 100)
    }

    @Test("Calls with hold, resume and colliding re-INVITEs all complete", arguments: seeds, [Weather.calm, .rough])
    func lively(seed: UInt64, weather: Weather) {
        let centre = Centre(seed: seed, temper: .lively, weather: weather, calls: 120)
        centre.run()
        #expect(centre.findings == [])
        #expect(centre.answered == 120)
        #expect(centre.simulation.conversations > 50)
    }

    @Test(
        "Whatever callers, agents and media servers do, nothing is left behind",
        arguments: seeds,
        [Weather.rough, .storm]
    )
    func wild(seed: UInt64, weather: Weather) {
        let centre = Centre(seed: seed, temper: .wild, weather: weather, calls: 150)
        centre.run()
        #expect(centre.findings == [])
    }

    @Test("The same seed gives the same bytes")
    func isDeterministic() {
        let digests = (0..<2).map { _ in
            let centre = Centre(seed: 7, temper: .wild, weather: .storm, calls: 60)
            centre.run()
            return centre.simulation.digest
        }
        #expect(digests[0] == digests[1])
    }
}
