import Testing

@testable import CallCenter

/// CALLS.md section 3, dissuading and overflow: what a call does instead of waiting.
@Suite("Instead of waiting")
struct AlternativesTests {
    private static let agent = AgentDefinition.agent("ann", ["support"], loggedIn: true)

    private func desk(
        _ dissuading: FlowDefinition.Dissuading?,
        overflowURI: String? = nil,
        onNoAgents: FlowDefinition.NoAgentsPolicy = .keep,
        policy: Policy = Policy(rejectOnNoAgents: false),
        agents: [AgentDefinition] = []
    ) -> Desk {
        var flow = FlowDefinition.flow("support", skill: "support")
        flow.dissuading = dissuading
        flow.overflowURI = overflowURI
        flow.onNoAgents = onNoAgents
        return Desk(policy: policy, flows: [flow], agents: agents)
    }

    private func kinds(_ effects: [CenterEffect]) -> [String] {
        effects.compactMap { effect in
            switch effect {
            case .wait(_, let owner): "wait \(owner)"
            case .offer(_, let owner, _): "offer \(owner)"
            case .dissuade(_, let owner, let isFinal): "dissuade \(owner)\(isFinal ? " and end" : "")"
            case .overflow(_, let owner): "overflow \(owner)"
            case .wake, .agentChanged, .agentLoggedOffForNoAnswer, .repaired: nil
            }
        }
    }

    @Test("on arrival, as soon as the queue has as many calls as the threshold says")
    func queueSize() throws {
        var desk = desk(.init(message: "sip:m@h", queueSizeThreshold: 2))
        for number in 1...2 {
            _ = try desk.arrive()
            #expect(kinds(desk.effects) == ["wait \(number)"])
        }
        let third = try desk.arrive()
        #expect(kinds(desk.effects) == ["dissuade 3"])
        #expect(desk.snapshot().calls.map(\.state) == [.queued, .queued, .dissuading1])
        #expect(desk.snapshot().flows.map(\.queued) == [2])
        #expect(desk.snapshot().totals.onHold == 3)
        let ref = try #require(desk.refs[third])
        desk.event { $0.dissuaded(ref, now: $1, out: &$2) }
        #expect(kinds(desk.effects) == ["wait 3"])
    }

    @Test("on arrival, as soon as the estimate exceeds its threshold")
    func estimatedWait() throws {
        // Without history a call takes 180 s: two that wait for one agent make 360 s.
        var desk = desk(
            .init(message: "sip:m@h", estimatedWaitThreshold: 350_000),
            policy: Policy(rejectOnNoAgents: false, internalDispatching: false),
            agents: [Self.agent]
        )
        for _ in 0..<2 { _ = try desk.arrive() }
        _ = try desk.arrive()
        #expect(kinds(desk.effects) == ["dissuade 3"])
    }

    @Test("a call that an agent is free for hears no message")
    func freeAgentFirst() throws {
        var desk = desk(.init(message: "sip:m@h", queueSizeThreshold: 0), agents: [Self.agent])
        _ = try desk.arrive()
        #expect(kinds(desk.effects) == ["offer 1"])
    }

    @Test("after the time on hold, once, and with the place kept")
    func onHold() throws {
        var desk = desk(.init(message: "sip:m@h", onHoldThreshold: 10_000))
        let first = try desk.arrive()
        desk.advance(by: 5_000)
        _ = try desk.arrive()
        desk.advance(by: 4_999)
        #expect(kinds(desk.effects) == [])
        desk.advance(by: 1)
        #expect(kinds(desk.effects) == ["dissuade 1"])
        let ref = try #require(desk.refs[first])
        desk.advance(by: 2_000)
        desk.event { $0.dissuaded(ref, now: $1, out: &$2) }
        #expect(kinds(desk.effects) == ["wait 1"])
        #expect(desk.center.position(of: ref) == 0)
        desk.advance(by: 3_000)
        #expect(kinds(desk.effects) == ["dissuade 2"])
        desk.advance(by: 3_600_000)
        #expect(kinds(desk.effects) == [])
    }

    @Test("what comes due while a call hears the message of its arrival is not said again")
    func onHoldWhileDissuaded() throws {
        var desk = desk(.init(message: "sip:m@h", onHoldThreshold: 2_000, queueSizeThreshold: 0))
        let call = try desk.arrive()
        #expect(kinds(desk.effects) == ["dissuade 1"])
        desk.advance(by: 3_000)
        let ref = try #require(desk.refs[call])
        desk.event { $0.dissuaded(ref, now: $1, out: &$2) }
        #expect(kinds(desk.effects) == ["wait 1"])
        desk.advance(by: 60_000)
        #expect(kinds(desk.effects) == [])
    }

    @Test("what comes due after the message of its arrival is said")
    func onHoldAfterDissuading() throws {
        var desk = desk(.init(message: "sip:m@h", onHoldThreshold: 5_000, queueSizeThreshold: 0))
        let call = try desk.arrive()
        desk.advance(by: 3_000)
        let ref = try #require(desk.refs[call])
        desk.event { $0.dissuaded(ref, now: $1, out: &$2) }
        desk.advance(by: 1_999)
        #expect(kinds(desk.effects) == [])
        desk.advance(by: 1)
        #expect(kinds(desk.effects) == ["dissuade 1"])
    }

    @Test("a call whose time on hold ends while it rings at an agent hears the message when it comes back")
    func onHoldWhileOffered() throws {
        var desk = desk(.init(message: "sip:m@h", hangsUp: true, onHoldThreshold: 10_000))
        let call = try desk.arrive()
        desk.reload(flows: desk.flows, agents: [Self.agent])
        #expect(kinds(desk.effects) == ["offer 1"])
        desk.advance(by: 20_000)
        #expect(kinds(desk.effects) == [])
        try desk.refuse(call)
        #expect(kinds(desk.effects) == ["dissuade 1 and end"])
        #expect(desk.snapshot().calls.map(\.state) == [.dissuading2])
    }

    @Test("no agent gets a call that is being dissuaded, and it comes before later ones when it is back")
    func keepsPlace() throws {
        var desk = desk(.init(message: "sip:m@h", onHoldThreshold: 10_000))
        let first = try desk.arrive()
        desk.advance(by: 10_000)
        let second = try desk.arrive()
        desk.reload(flows: desk.flows, agents: [Self.agent])
        #expect(kinds(desk.effects) == ["offer 2"])
        let third = try desk.arrive()
        let ref = try #require(desk.refs[first])
        desk.event { $0.dissuaded(ref, now: $1, out: &$2) }
        #expect(kinds(desk.effects) == ["wait 1"])
        try desk.answer(second)
        try desk.hangUp(second)
        let later = try #require(desk.refs[third])
        desk.event { $0.callerLeft(later, now: $1, out: &$2) }
        desk.advance(by: 30_000)
        #expect(kinds(desk.effects) == ["offer 1"])
    }

    @Test("the last agent's log-off sends waiting callers elsewhere, if the flow says so")
    func lastLogOff() throws {
        var desk = desk(
            nil,
            overflowURI: "sip:v@h",
            onNoAgents: .overflow,
            agents: [Self.agent, .agent("bob", ["support"], loggedIn: true)]
        )
        for _ in 0..<4 { _ = try desk.arrive() }
        try desk.login("ann", false)
        #expect(kinds(desk.effects) == [])
        try desk.login("bob", false)
        #expect(kinds(desk.effects) == ["overflow 3", "overflow 4"])
        let ref = try #require(desk.refs[3])
        #expect(desk.center.isAbandoned(ref))
        desk.event { $0.leave(ref, now: $1, out: &$2) }
        #expect(!desk.center.isAbandoned(ref))
        desk.event { $0.transferred(ref, now: $1, out: &$2) }
        #expect(desk.snapshot().calls.map(\.state) == [.toagent, .toagent, .transferred, .queued])
        #expect(desk.snapshot().totals.counters.failed[FailureCause.overflow.ordinal] == 1)
        desk.event { center, _, _ in center.transferEnded(ref) }
        #expect(desk.snapshot().calls.count == 3)
    }

    @Test("callers of several flows go elsewhere in the order of their arrival")
    func lastLogOffOfSeveral() throws {
        let flows = ["support", "sales"].map { id in
            var flow = FlowDefinition.flow(id)
            (flow.overflowURI, flow.onNoAgents) = ("sip:v@h", .overflow)
            return flow
        }
        var desk = Desk(policy: Policy(internalDispatching: false), flows: flows, agents: [.agent("ann")])
        for flow in ["support", "sales", "support", "sales"] { _ = try desk.arrive(flow) }
        try desk.login("ann", false)
        #expect(kinds(desk.effects) == ["overflow 1", "overflow 2", "overflow 3", "overflow 4"])
    }

    @Test("a flow that keeps its callers keeps them")
    func keeps() throws {
        var desk = desk(nil, overflowURI: "sip:v@h", agents: [Self.agent])
        for _ in 0..<2 { _ = try desk.arrive() }
        try desk.login("ann", false)
        #expect(kinds(desk.effects) == [])
    }

    @Test("a flow with a rule of its own for that case takes calls although nobody is logged in")
    func ownRuleFirst() throws {
        var desk = desk(nil, overflowURI: "sip:v@h", onNoAgents: .overflow, policy: Policy(rejectOnNoAgents: true))
        _ = try desk.arrive()
        #expect(kinds(desk.effects) == ["overflow 1"])
    }

    @Test("an agent to whom a call rang that goes elsewhere keeps his place; one who had picked up rests")
    func leavingFromAnOffer() throws {
        var desk = desk(nil, overflowURI: "sip:v@h", agents: [Self.agent])
        for isPickedUp in [false, true] {
            let call = try desk.arrive()
            if isPickedUp { try desk.pickUp(call) }
            let ref = try #require(desk.refs[call])
            let agent = try #require(desk.center.agent(named: "ann"))
            desk.event { $0.leave(ref, now: $1, out: &$2) }
            desk.event { $0.agentCleared(agent, now: $1, out: &$2) }
            #expect(desk.snapshot().agents.map(\.state) == [isPickedUp ? .wrapup : .free])
            desk.event { $0.callFailed(ref, cause: .overflow, now: $1, out: &$2) }
        }
    }

    @Test("a call that a talking agent passes on leaves him to his wrap-up and stays on the list")
    func transferWhileTalking() throws {
        var desk = desk(nil, agents: [Self.agent])
        let call = try desk.arrive()
        try desk.answer(call)
        desk.advance(by: 7_000)
        let ref = try #require(desk.refs[call])
        desk.event { $0.transferred(ref, now: $1, out: &$2) }
        let snapshot = desk.snapshot()
        #expect(snapshot.calls.map(\.state) == [.transferred])
        #expect(snapshot.agents.map(\.state) == [.wrapup])
        #expect(snapshot.agents.map(\.averageTalk) == [7_000])
        #expect(snapshot.totals.counters.answered == 1)
        #expect(snapshot.totals.counters.failures == 0)
        desk.event { $0.callerLeft(ref, now: $1, out: &$2) }
        #expect(desk.snapshot().calls.isEmpty)
        #expect(desk.snapshot().totals.counters.abandoned == 0)
    }

    @Test("a briefed agent's call is on hold until both are joined")
    func preagent() throws {
        var desk = desk(nil, agents: [Self.agent])
        let call = try desk.arrive()
        let ref = try #require(desk.refs[call])
        #expect(desk.snapshot().totals.offering == 1)
        desk.event { center, now, _ in center.agentBriefed(ref, now: now) }
        #expect(desk.snapshot().calls.map(\.state) == [.preagent])
        #expect(desk.snapshot().totals.offering == 0)
        #expect(desk.snapshot().totals.onHold == 1)
        try desk.answer(call)
        #expect(desk.snapshot().totals.onHold == 0)
        #expect(desk.snapshot().totals.counters.answered == 1)
    }
}
