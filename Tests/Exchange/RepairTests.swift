import CallCenter
import SIP
import Testing

@testable import Exchange

@Suite("Repair of what must never be broken")
struct RepairTests {
    private func repairs(_ bench: Bench) -> [String] {
        bench.exchange.repair(now: bench.now)
        bench.run()
        return bench.notices.compactMap { if case .repaired(let what) = $0 { what } else { nil } }
    }

    @Test("A sound centre is left alone, in every state")
    func soundIsLeftAlone() {
        for state in Situation.State.allCases {
            let bench = Situation(state).town.bench
            #expect(repairs(bench) == [], "\(state)")
            #expect(bench.exchange.checkInvariants() == [], "\(state)")
        }
    }

    @Test("A call that the distribution has lost is ended and recorded")
    func unknownToDistribution() throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        town.call(for: 1_000)
        let ref = try #require(town.bench.exchange.center.owners(inSlots: 0..<1).first?.call)
        var decided: [CenterEffect] = []
        let now = town.bench.now
        town.bench.exchange.center.callFailed(ref, cause: .internal, now: now, out: &decided)
        town.bench.exchange.distribution += decided
        #expect(repairs(town.bench) == ["call 1: unknown to the distribution; ended"])
        #expect(town.bench.snapshot.totals.repairs == 1)
        #expect(town.caller.log.last == "bye")
        #expect(town.record(0)?.cause == "internal")
        #expect(town.bench.exchange.checkInvariants() == [])
    }

    @Test("A call that only the distribution knows is let go, with its agent")
    func onlyInDistribution() {
        let town = Town()
        town.anna.manner = .ring
        town.call(for: 1_000)
        let handles = town.bench.exchange.calls.handles
        for handle in handles { town.bench.exchange.calls.remove(handle) }
        #expect(repairs(town.bench).first == "call 1: in the distribution, and nowhere else")
        #expect(town.bench.snapshot.calls.isEmpty)
        // His leg is nobody's any more: he is offerable when the grace is over.
        town.bench.run(for: 6_000)
        #expect(repairs(town.bench).last == "agent anna: the end of his leg had not been told")
        #expect(town.bench.agent("anna")?.state == .free)
    }

    @Test("Many are looked at a part at a time: each in a round, and nobody waits for all of them")
    func inParts() throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        for _ in 0...RepairRound.slotsAtOnce { town.call() }
        let bench = town.bench
        let last = try #require(bench.exchange.calls.handles.last)
        bench.exchange.calls.remove(last)
        // From the first asking on a round is due every few seconds.
        var isOver = bench.exchange.repairDue(now: bench.now)
        var found: [UInt64] = []
        while !isOver, found.count < 5 {
            let due = bench.exchange.nextRepair ?? bench.now
            bench.run(for: due - bench.now)
            isOver = bench.exchange.repairDue(now: bench.now)
            found.append(UInt64(bench.snapshot.totals.repairs))
        }
        #expect(found == [0, 1])
        #expect(isOver)
        let next = bench.exchange.nextRepair
        #expect(next == bench.now + RepairRound.interval - RepairRound.pause)
    }

    @Test("A call without a deadline gets one")
    func withoutDeadline() throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        town.call(for: 1_000)
        let handle = try #require(town.bench.exchange.calls.handles.first)
        // They are on no wheel that counts.
        var otherWheel = TimingWheel()
        town.bench.exchange.calls[handle]?.timers.disarmAll(on: &otherWheel)
        #expect(town.bench.exchange.checkInvariants() == ["call 1: nothing ends it"])
        #expect(repairs(town.bench) == ["call 1: nothing would have ended it"])
        #expect(town.bench.exchange.checkInvariants() == [])
    }
}
