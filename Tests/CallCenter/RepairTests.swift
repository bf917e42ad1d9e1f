import Testing

@testable import CallCenter

@Suite("Repair")
struct RepairTests {
    @Test("a sound center has nothing to repair")
    func sound() throws {
        var desk = Desk(agents: [.agent("ann"), .agent("bob")])
        try desk.refuse(desk.arrive())
        desk.event { $0.repair(now: $1, out: &$2) }
        #expect(desk.effects == [])
        #expect(desk.snapshot().totals.repairs == 0)
    }

    @Test("an incall agent without a live call is found, freed, counted and given the next call")
    func heldAgent() throws {
        var desk = Desk(policy: Policy(rejectOnNoAgents: false), agents: [.agent("ann", loggedIn: false)])
        let ann = try #require(desk.center.agentIndex["ann"])
        _ = try desk.arrive()
        desk.center.agents[ann].activity = .incall(7)
        desk.center.agents[ann].isLoggedIn = true
        desk.center.skills[0].logged = 1
        #expect(desk.center.checkInvariants() == ["agent ann: incall without a live call"])
        desk.event { $0.repair(now: $1, out: &$2) }
        #expect(desk.effects.first == .repaired("agent ann: incall without a live call; freed"))
        #expect(desk.placements == ["1>ann"])
        #expect(desk.snapshot().totals.repairs == 1)
    }

    @Test("an offered call whose agent does not know of it returns to the queue")
    func lostOffer() throws {
        var desk = Desk(agents: [.agent("ann"), .agent("bob")])
        _ = try desk.arrive()
        let ann = try #require(desk.center.agentIndex["ann"])
        desk.center.agents[ann].activity = .free
        #expect(desk.center.checkInvariants().contains("call 1: its agent does not know of it"))
        desk.center.enterIdle(agent: ann)
        desk.event { $0.repair(now: $1, out: &$2) }
        #expect(desk.placements == ["1>ann"])
    }

    @Test("a wrap-up or a pause whose timer is lost ends, and so does a leg whose end is never told")
    func lostTimers() throws {
        var desk = Desk(policy: Policy(wrapupTime: 1_000, reofferDelay: 9_000), agents: [.agent("ann")])
        desk.clearsAtOnce = false
        try desk.refuse(desk.arrive())
        var out: [CenterEffect] = []
        desk.center.repair(now: 5_000, out: &out)
        #expect(out == [])
        desk.center.repair(now: 6_001, out: &out)
        #expect(out.count == 3)
        #expect(desk.center.agents[0].state == .free)
        out = []
        desk.center.repair(now: 14_001, out: &out)
        #expect(out.contains { if case .offer = $0 { true } else { false } })
        #expect(desk.center.checkInvariants() == [])
    }
}
