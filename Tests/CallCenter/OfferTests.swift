import Testing

@testable import CallCenter

@Suite("Offers that come to nothing")
struct OfferTests {
    @Test("a refused call returns to its own place and goes to the next free agent")
    func refusedGoesOn() throws {
        var desk = Desk(agents: [.agent("ann"), .agent("bob")])
        let call = try desk.arrive()
        try desk.refuse(call, .declined)
        #expect(desk.placements == ["1>bob"])
        #expect(desk.changes == ["ann incall>wrapup", "bob free>incall"])
        #expect(try desk.flow().putOnHold == 0)
    }

    @Test("a refused call keeps its place before later ones")
    func refusedKeepsPlace() throws {
        var desk = Desk(policy: Policy(reofferDelay: 0), agents: [.agent("ann", wrapup: 1_000)])
        let first = try desk.arrive()
        _ = try desk.arrive()
        try desk.refuse(first)
        #expect(desk.placements == ["1>"])
        #expect(try desk.center.position(of: desk.ref(first)) == 0)
        desk.advance(by: 1_000)
        #expect(desk.placements == ["1>ann"])
    }

    @Test("within reoffer_delay the agent gets other calls, after it this one")
    func reofferDelay() throws {
        var desk = Desk(policy: Policy(reofferDelay: 5_000), agents: [.agent("ann", wrapup: 0)])
        let first = try desk.arrive()
        let second = try desk.arrive()
        try desk.refuse(first)
        #expect(desk.placements == ["1>", "2>ann"])
        try desk.answer(second)
        desk.advance(by: 1_000)
        try desk.hangUp(second)
        #expect(desk.placements == [])
        #expect(try desk.agent("ann").state == .free)
        desk.advance(by: 3_999)
        #expect(desk.placements == [])
        desk.advance(by: 1)
        #expect(desk.placements == ["1>ann"])
    }

    @Test("an agent skips each call that he is not to be offered yet")
    func skipsPausedCalls() throws {
        var desk = Desk(policy: Policy(reofferDelay: 5_000, maxNoAnswer: 0), agents: [.agent("ann", wrapup: 0)])
        for _ in 1...3 { _ = try desk.arrive() }
        try desk.refuse(1)
        #expect(desk.placements == ["1>", "2>ann"])
        try desk.refuse(2)
        #expect(desk.placements == ["2>", "3>ann"])
        try desk.refuse(3)
        #expect(desk.placements == ["3>"])
        desk.advance(by: 5_000)
        #expect(desk.placements == ["1>ann"])
    }

    @Test("a refusing agent goes to wrap-up, an agent whose phone only rang does not")
    func wrapupAfterRefusal() throws {
        var desk = Desk(policy: Policy(wrapupTime: 30_000), agents: [.agent("ann"), .agent("bob")])
        let first = try desk.arrive()
        try desk.refuse(first)
        #expect(try desk.agent("ann").wrapupEnds == 30_000)
        try desk.leave(first)
        #expect(desk.changes == ["bob incall>wrapup", "bob wrapup>free"])
    }

    @Test("an agent whose caller left while his phone rang keeps his place among the free ones")
    func keepsFreeSince() throws {
        var desk = Desk(agents: [.agent("ann"), .agent("bob")])
        desk.advance(by: 10_000)
        let first = try desk.arrive()
        #expect(desk.placements == ["1>ann"])
        try desk.leave(first)
        #expect(try desk.agent("ann").stateSince == 0)
        _ = try desk.arrive()
        #expect(desk.placements == ["2>ann"])
    }

    @Test("so does one whose call failed while his phone rang")
    func keepsFreeSinceAfterFailure() throws {
        var desk = Desk(agents: [.agent("ann"), .agent("bob")])
        try desk.fail(desk.arrive(), .maxWait)
        _ = try desk.arrive()
        #expect(desk.placements == ["2>ann"])
    }

    @Test("an agent who logged in again in between has lost that place")
    func loginMovesBack() throws {
        var desk = Desk(agents: [.agent("ann"), .agent("bob")])
        let first = try desk.arrive()
        try desk.login("ann", false)
        try desk.login("ann")
        try desk.leave(first)
        _ = try desk.arrive()
        #expect(desk.placements == ["2>bob"])
    }

    @Test(
        "an agent who had picked up when the caller left, or when the call failed, goes to wrap-up",
        arguments: [true, false]
    )
    func pickedUp(callerLeaves: Bool) throws {
        var desk = Desk(policy: Policy(wrapupTime: 7_000), agents: [.agent("ann")])
        let call = try desk.arrive()
        try desk.pickUp(call)
        if callerLeaves { try desk.leave(call) } else { try desk.fail(call, .media) }
        #expect(try desk.agent("ann").state == .wrapup)
        desk.advance(by: 7_000)
        #expect(try desk.agent("ann").state == .free)
    }

    @Test("unanswered offers in a row log the agent off, once")
    func maxNoAnswer() throws {
        var desk = Desk(policy: Policy(wrapupTime: 0, reofferDelay: 1_000, maxNoAnswer: 3), agents: [.agent("ann")])
        let call = try desk.arrive()
        for _ in 1...2 {
            try desk.refuse(call, .noAnswer)
            desk.advance(by: 1_000)
            #expect(desk.placements == ["1>ann"])
        }
        try desk.refuse(call, .noAnswer)
        #expect(desk.effects.filter { $0 == .agentLoggedOffForNoAnswer(agentID: "ann") }.count == 1)
        let shown = desk.center.snapshot(now: desk.now).agents
        #expect(shown.map(\.noAnswerLogoffs) == [1])
        #expect(desk.changes.last == "ann wrapup>offline")
        desk.advance(by: 60_000)
        #expect(desk.placements == [])
        #expect(try !desk.agent("ann").isLoggedIn)
        try desk.login("ann")
        #expect(desk.placements == ["1>ann"])
    }

    @Test("a row of unanswered offers ends with a pick-up or a log-in; busy neither ends nor extends it")
    func noAnswerRow() throws {
        var desk = Desk(
            policy: Policy(wrapupTime: 0, reofferDelay: 0, maxNoAnswer: 2),
            agents: [.agent("ann")]
        )
        let call = try desk.arrive()
        try desk.refuse(call, .noAnswer)
        try desk.pickUp(call)
        try desk.refuse(call, .media)
        try desk.refuse(call, .noAnswer)
        #expect(try desk.agent("ann").isLoggedIn)
        try desk.login("ann", false)
        try desk.login("ann")
        try desk.refuse(call, .noAnswer)
        #expect(try desk.agent("ann").isLoggedIn)
        try desk.refuse(call, .busy)
        #expect(try desk.agent("ann").isLoggedIn)
        try desk.refuse(call, .noAnswer)
        #expect(try !desk.agent("ann").isLoggedIn)
    }

    @Test("max_no_answer 0 never logs off")
    func noLimit() throws {
        var desk = Desk(policy: Policy(wrapupTime: 0, reofferDelay: 0, maxNoAnswer: 0), agents: [.agent("ann")])
        let call = try desk.arrive()
        for _ in 1...20 { try desk.refuse(call, .noAnswer) }
        #expect(try desk.agent("ann").isLoggedIn)
        #expect(try desk.agent("ann").refusals[RefusalCause.noAnswer.ordinal] == 20)
    }

    @Test("an agent is not offered anything before his leg is gone")
    func clearing() throws {
        var desk = Desk(policy: Policy(wrapupTime: 0), agents: [.agent("ann")])
        desk.clearsAtOnce = false
        let ann = try #require(desk.center.agent(named: "ann"))
        let first = try desk.arrive()
        _ = try desk.arrive()
        try desk.leave(first)
        #expect(desk.placements == [])
        desk.clear(ann)
        #expect(desk.placements == ["2>ann"])
        desk.clear(ann)
        #expect(desk.effects == [])
    }

    @Test("nor before his wrap-up is over, whichever comes last", arguments: [500, 1_500] as [Milliseconds])
    func clearingAndWrapup(clearedAfter: Milliseconds) throws {
        var desk = Desk(agents: [.agent("ann", wrapup: 1_000)])
        desk.clearsAtOnce = false
        let ann = try #require(desk.center.agent(named: "ann"))
        let first = try desk.arrive()
        _ = try desk.arrive()
        try desk.answer(first)
        try desk.hangUp(first)
        desk.advance(by: clearedAfter)
        desk.clear(ann)
        var placements = desk.placements
        desk.advance(by: 2_000 - clearedAfter)
        placements += desk.placements
        #expect(placements == ["2>ann"])
    }

    @Test("a stale wrap-up timer ends no later wrap-up")
    func staleWrapup() throws {
        var desk = Desk(agents: [.agent("ann", wrapup: 1_000)])
        let ann = try #require(desk.center.agent(named: "ann"))
        try desk.refuse(desk.arrive())
        try desk.leave(1)
        desk.advance(by: 1_000)
        let second = try desk.arrive()
        try desk.answer(second)
        try desk.hangUp(second)
        desk.event { $0.fire(.wrapup(ann, episode: 1), now: $1, out: &$2) }
        #expect(desk.effects == [])
        #expect(try desk.agent("ann").state == .wrapup)
    }

    @Test("a talking caller or a failure after the answer ends the talk; neither is abandoned nor failed")
    func endAfterAnswer() throws {
        var desk = Desk(policy: Policy(wrapupTime: 0), agents: [.agent("ann")])
        for end in 0..<2 {
            let call = try desk.arrive()
            try desk.answer(call)
            if end == 0 { try desk.leave(call) } else { try desk.fail(call, .operator) }
        }
        let counters = try desk.flow().counters
        #expect(counters.answered == 2)
        #expect(counters.abandoned == 0)
        #expect(counters.failures == 0)
    }
}

@Suite("Wrap-up")
struct WrapupTests {
    struct Case: CustomTestStringConvertible {
        var global: Milliseconds
        var agent: Milliseconds?
        var cap: Milliseconds?
        var expected: Milliseconds

        var testDescription: String { "global \(global), agent \(agent ?? -1), flow \(cap ?? -1)" }
    }

    @Test(
        "is the agent's own, else the global one, capped by the flow",
        arguments: [
            Case(global: 30_000, agent: nil, cap: nil, expected: 30_000),
            Case(global: 30_000, agent: 10_000, cap: nil, expected: 10_000),
            Case(global: 30_000, agent: 60_000, cap: nil, expected: 60_000),
            Case(global: 30_000, agent: nil, cap: 5_000, expected: 5_000),
            Case(global: 30_000, agent: 10_000, cap: 5_000, expected: 5_000),
            Case(global: 30_000, agent: 4_000, cap: 5_000, expected: 4_000),
            Case(global: 30_000, agent: 0, cap: nil, expected: 0),
            Case(global: 30_000, agent: nil, cap: 0, expected: 0),
            Case(global: 0, agent: nil, cap: 5_000, expected: 0),
            Case(global: 30_000, agent: -1, cap: nil, expected: 0),
            Case(global: 30_000, agent: .max, cap: nil, expected: .max),
        ]
    )
    func length(_ test: Case) throws {
        var desk = Desk(
            policy: Policy(wrapupTime: test.global),
            flows: [.flow("support", maxWrapup: test.cap)],
            agents: [.agent("ann", wrapup: test.agent)]
        )
        let call = try desk.arrive()
        try desk.answer(call)
        desk.advance(by: 2_000)
        try desk.hangUp(call)
        if test.expected == 0 {
            #expect(desk.changes == ["ann incall>wrapup", "ann wrapup>free"])
        } else {
            let ends = test.expected == .max ? .max : 2_000 + test.expected
            #expect(try desk.agent("ann").wrapupEnds == ends)
            #expect(desk.timers.map(\.at) == [ends])
        }
    }

    @Test("a changed wrap-up time holds from the next call on")
    func reload() throws {
        var desk = Desk(policy: Policy(wrapupTime: 10_000), agents: [.agent("ann")])
        let call = try desk.arrive()
        try desk.answer(call)
        try desk.hangUp(call)
        desk.apply(Policy(wrapupTime: 1_000))
        desk.advance(by: 9_999)
        #expect(try desk.agent("ann").state == .wrapup)
        desk.advance(by: 1)
        #expect(try desk.agent("ann").state == .free)
    }
}
