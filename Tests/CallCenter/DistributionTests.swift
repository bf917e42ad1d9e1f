import Testing

@testable import CallCenter

@Suite("Distribution")
struct DistributionTests {
    @Test("an arriving call takes the agent free the longest")
    func longestIdle() throws {
        var desk = Desk(agents: [.agent("ann", loggedIn: false), .agent("bob", loggedIn: false)])
        try desk.login("bob")
        desk.advance(by: 1_000)
        try desk.login("ann")
        _ = try desk.arrive()
        #expect(desk.placements == ["1>bob"])
        _ = try desk.arrive()
        #expect(desk.placements == ["2>ann"])
        _ = try desk.arrive()
        #expect(desk.placements == ["3>"])
    }

    @Test("agents first seen in one reload are free in the order of their rows")
    func rowOrder() throws {
        var desk = Desk(agents: [.agent("zoe"), .agent("ann")])
        _ = try desk.arrive()
        #expect(desk.placements == ["1>zoe"])
    }

    @Test("a freed agent takes the most urgent call, and of those the first to arrive")
    func priorityThenArrival() throws {
        let flows: [FlowDefinition] = [.flow("low", priority: 20), .flow("high", priority: 1)]
        var desk = Desk(
            policy: Policy(rejectOnNoAgents: false),
            flows: flows,
            agents: [.agent("ann", loggedIn: false, wrapup: 0)]
        )
        for flow in ["low", "high", "low", "high"] { _ = try desk.arrive(flow) }
        try desk.login("ann")
        var served: [String] = desk.placements
        for number in [2, 4, 1] as [Int32] {
            try desk.answer(number)
            try desk.hangUp(number)
            served += desk.placements
        }
        #expect(served == ["2>ann", "4>ann", "1>ann", "3>ann"])
    }

    @Test("negative priorities are more urgent than all others")
    func negativePriority() throws {
        let flows: [FlowDefinition] = [.flow("low", priority: 0), .flow("high", priority: -5)]
        var desk = Desk(policy: Policy(rejectOnNoAgents: false), flows: flows, agents: [.agent("ann", loggedIn: false)])
        for flow in ["low", "high"] { _ = try desk.arrive(flow) }
        try desk.login("ann")
        #expect(desk.placements == ["2>ann"])
    }

    @Test("an agent serves only flows whose skill he has, and the best call of all his skills")
    func skills() throws {
        let flows: [FlowDefinition] = [
            .flow("a", priority: 3, skill: "x"), .flow("b", priority: 2, skill: "y"),
            .flow("c", priority: 1, skill: "z"),
        ]
        var desk = Desk(
            policy: Policy(rejectOnNoAgents: false),
            flows: flows,
            agents: [.agent("ann", ["x", "y"], loggedIn: false)]
        )
        for flow in ["a", "b", "c"] { _ = try desk.arrive(flow) }
        try desk.login("ann")
        #expect(desk.placements == ["2>ann"])
    }

    @Test("behind a call in its pause, the next best may be of another flow of the same skill")
    func pausedFirst() throws {
        var desk = Desk(
            policy: Policy(wrapupTime: 0, reofferDelay: 9_000),
            flows: [.flow("one", skill: "help"), .flow("other", skill: "help")],
            agents: [.agent("ann", ["help"])]
        )
        let refused = try desk.arrive("one")
        let (second, third) = (try desk.arrive("other"), try desk.arrive("one"))
        try desk.refuse(refused)
        #expect(desk.placements.last == "\(second)>ann")
        try desk.leave(second)
        #expect(desk.placements.last == "\(third)>ann")
    }

    @Test(
        "of calls that follow others in their pause, the best is taken, whichever flow it is of",
        arguments: [("one", "other"), ("other", "one")]
    )
    func pausedFirsts(flowOfThird: String, flowOfFourth: String) throws {
        var desk = Desk(
            policy: Policy(wrapupTime: 0, rejectOnNoAgents: false, reofferDelay: 9_000),
            flows: [.flow("one", skill: "help"), .flow("other", skill: "help")],
            agents: [.agent("ann", ["help"], loggedIn: false)]
        )
        let (first, second) = (try desk.arrive("one"), try desk.arrive("other"))
        let (third, fourth) = (try desk.arrive(flowOfThird), try desk.arrive(flowOfFourth))
        try desk.login("ann")
        #expect(desk.placements == ["\(first)>ann"])
        try desk.refuse(first)
        #expect(desk.placements.last == "\(second)>ann")
        try desk.refuse(second)
        #expect(desk.placements.last == "\(third)>ann")
        try desk.leave(third)
        #expect(desk.placements.last == "\(fourth)>ann")
    }

    @Test("a call in welcome is passed over, and takes its place when it enters the queue")
    func welcome() throws {
        var desk = Desk(policy: Policy(rejectOnNoAgents: false), agents: [.agent("ann", loggedIn: false, wrapup: 0)])
        let first = try desk.admit()
        let second = try desk.arrive()
        try desk.login("ann")
        #expect(desk.placements == ["2>ann"])
        try desk.enqueue(first)
        #expect(desk.placements == ["1>"])
        try desk.leave(second)
        #expect(desk.placements == ["1>ann"])
    }

    @Test("entering the queue twice changes nothing")
    func enqueueTwice() throws {
        var desk = Desk(policy: Policy(rejectOnNoAgents: false))
        let call = try desk.arrive()
        try desk.enqueue(call)
        #expect(desk.effects == [])
        #expect(try desk.flow().putOnHold == 1)
    }

    @Test("positions count the waiting calls of the same flow")
    func positions() throws {
        let flows: [FlowDefinition] = [.flow("a"), .flow("b")]
        var desk = Desk(policy: Policy(rejectOnNoAgents: false), flows: flows)
        for flow in ["a", "b", "a", "a", "b"] { _ = try desk.arrive(flow) }
        try desk.leave(1)
        let positions = try (2...5).map { try desk.center.position(of: desk.ref(Int32($0))) }
        #expect(positions == [0, 0, 1, 1])
        #expect(try desk.center.position(of: desk.ref(1)) == nil)
        #expect(desk.snapshot().calls.map(\.position) == [0, 0, 1, 1])
    }

    @Test("while dispatching is off calls wait; switching it on matches the most urgent first")
    func dispatchingOff() throws {
        let flows: [FlowDefinition] = [.flow("low", priority: 20), .flow("high", priority: 1)]
        var desk = Desk(
            policy: Policy(internalDispatching: false),
            flows: flows,
            agents: [.agent("ann"), .agent("bob")]
        )
        for flow in ["low", "low", "high"] {
            let number = try desk.arrive(flow)
            #expect(desk.placements == ["\(number)>"])
        }
        desk.apply(Policy(internalDispatching: true))
        #expect(desk.placements == ["3>ann", "1>bob"])
        #expect(desk.snapshot().isDispatchingInternally)
    }

    @Test("the effect of an offer names the call, its owner and the agent, after the agent's change")
    func offerEffect() throws {
        var desk = Desk(agents: [.agent("ann")])
        let call = try desk.arrive()
        let ref = try desk.ref(call)
        let agent = try #require(desk.center.agent(named: "ann"))
        let change = AgentChange(
            agentID: "ann",
            from: .free,
            to: .incall,
            state: .incall,
            isLoggedIn: true,
            flowID: "support",
            wrapupEnds: nil
        )
        #expect(desk.effects == [.agentChanged(change), .offer(call: ref, owner: 1, agent: agent)])
        #expect(desk.center.state(of: ref) == .toagent)
        #expect(desk.center.state(of: agent) == .incall)
    }
}

@Suite("Admission")
struct AdmissionTests {
    @Test("without agents a call is refused or kept, as the policy says")
    func noAgents() throws {
        var desk = Desk(agents: [.agent("ann", loggedIn: false), .agent("bob", ["other"])])
        let flow = try #require(desk.center.flow(named: "support"))
        #expect(!desk.center.hasLoggedAgents(flow))
        #expect(throws: AdmissionError.noAgents) { try desk.admit() }
        #expect(try desk.flow().counters.received == 0)
        desk.apply(Policy(rejectOnNoAgents: false))
        _ = try desk.arrive()
        #expect(desk.placements == ["1>"] || desk.placements == ["2>"])
        try desk.login("ann")
        #expect(desk.center.hasLoggedAgents(flow))
    }

    @Test("at the bound of calls alive the next one is refused, until one ends")
    func full() throws {
        var desk = Desk(policy: Policy(rejectOnNoAgents: false, maxCalls: 2))
        let first = try desk.arrive()
        _ = try desk.admit()
        #expect(throws: AdmissionError.full) { try desk.admit() }
        try desk.leave(first)
        _ = try desk.admit()
    }

    @Test("a removed flow takes no calls, by name or by reference")
    func removedFlow() throws {
        var desk = Desk(policy: Policy(rejectOnNoAgents: false))
        let flow = try #require(desk.center.flow(named: "support"))
        _ = try desk.arrive()
        desk.reload(flows: [], agents: [])
        #expect(desk.center.flow(named: "support") == nil)
        #expect(throws: AdmissionError.noSuchFlow) {
            try desk.center.admit(flow: flow, number: 9, owner: 9, callerUser: "", callerDisplayName: "", now: 0)
        }
    }

    @Test("references to calls that are gone do nothing, even when their slot is used again")
    func staleReferences() throws {
        var desk = Desk(agents: [.agent("ann", wrapup: 0)])
        let first = try desk.arrive()
        let stale = try desk.ref(first)
        try desk.leave(first)
        let second = try desk.arrive()
        #expect(try desk.ref(second).slot == stale.slot)
        desk.event { center, now, out in
            center.agentAnswered(stale, now: now)
            center.callerLeft(stale, now: now, out: &out)
            center.callFailed(stale, cause: .internal, now: now, out: &out)
            center.offerFailed(stale, cause: .busy, now: now, out: &out)
            center.talkEnded(stale, now: now, out: &out)
        }
        #expect(desk.effects == [])
        #expect(desk.center.state(of: stale) == nil)
        #expect(try desk.center.state(of: desk.ref(second)) == .toagent)
    }
}
