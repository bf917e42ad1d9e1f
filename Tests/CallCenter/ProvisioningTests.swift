import Testing

@testable import CallCenter

@Suite("Provisioning")
struct ProvisioningTests {
    @Test("the report names what was added, changed, removed and refused")
    func report() {
        var desk = Desk(flows: [.flow("a"), .flow("b"), .flow("c")], agents: [.agent("ann"), .agent("bob")])
        let report = desk.reload(
            flows: [.flow("d"), .flow("a"), .flow("b", priority: 99), .flow("a", priority: 5), .flow("", priority: 1)],
            agents: [.agent("bob", ["other"]), .agent("eve"), .agent("eve", ["other"])]
        )
        #expect(report.addedFlows == ["d"])
        #expect(report.changedFlows == ["b"])
        #expect(report.removedFlows == ["c"])
        #expect(report.addedAgents == ["eve"])
        #expect(report.changedAgents == ["bob"])
        #expect(report.removedAgents == ["ann"])
        #expect(report.refused.map(\.table) == ["cc_flows", "cc_flows", "cc_agents"])
        #expect(report.refused.map(\.id) == ["a", "", "eve"])
        let snapshot = desk.snapshot()
        #expect(snapshot.flows.map(\.id) == ["a", "b", "d"])
        #expect(snapshot.flows.map(\.priority) == [10, 99, 10])
        #expect(snapshot.agents.map(\.id) == ["bob", "eve"])
        #expect(snapshot.agents.map(\.skills) == [["other"], ["help"]])
    }

    @Test("the same rows again change nothing")
    func unchanged() {
        let (flows, agents) = ([FlowDefinition.flow("a")], [AgentDefinition.agent("ann")])
        var desk = Desk(flows: flows, agents: agents)
        #expect(desk.reload(flows: flows, agents: agents) == ProvisioningReport())
        #expect(desk.effects == [])
    }

    @Test("a refused row keeps its last good version and blocks nothing else")
    func refused() throws {
        var desk = Desk(flows: [.flow("a"), .flow("b")], agents: [.agent("ann"), .agent("bob")])
        let report = desk.reload(
            flows: [.flow("a", priority: 1), .flow("b", skill: "")],
            agents: [.agent("bob", ["other"])],
            refused: [Provisioning.RefusedRow(table: "cc_agents", id: "ann", reason: "wrapup_time is no number")]
        )
        #expect(report.refused.map(\.id) == ["ann", "b"])
        #expect(report.removedAgents == [])
        #expect(report.removedFlows == [])
        #expect(try desk.flow("a").priority == 1)
        #expect(try desk.flow("b").skill == "help")
        #expect(try desk.agent("ann").isLoggedIn)
    }

    @Test("a flow that overflows into one that is not there, or into itself, serves, and is told of")
    func doubtfulOverflow() {
        func flow(_ id: String, to target: String?) -> FlowDefinition {
            var flow = FlowDefinition.flow(id)
            flow.overflowURI = target
            return flow
        }
        let flows = [flow("a", to: "b"), flow("b", to: "b"), flow("c", to: "gone"), flow("d", to: "sip:x@h")]
        var desk = Desk(flows: [.flow("gone")], agents: [])
        let report = desk.reload(flows: flows, agents: [])
        #expect(report.addedFlows == ["a", "b", "c", "d"])
        #expect(report.doubtful.map(\.id) == ["b", "c"])
        #expect(report.doubtful.map(\.table) == ["cc_flows", "cc_flows"])
        #expect(desk.reload(flows: flows + [.flow("gone")], agents: []).doubtful.map(\.id) == ["b"])
    }

    @Test("a changed priority re-sorts the waiting calls in the same turn")
    func priorityChange() throws {
        var desk = Desk(
            policy: Policy(rejectOnNoAgents: false),
            flows: [.flow("a", priority: 1), .flow("b", priority: 2)],
            agents: [.agent("ann", loggedIn: false)]
        )
        for flow in ["a", "b", "a"] { _ = try desk.arrive(flow) }
        desk.reload(flows: [.flow("a", priority: 3), .flow("b", priority: 2)], agents: [.agent("ann", loggedIn: true)])
        #expect(desk.placements == ["2>ann"])
        #expect(try desk.center.position(of: desk.ref(3)) == 1)
    }

    @Test("a changed skill brings the waiting calls to the agents who have it, the first call first")
    func skillChange() throws {
        let agents: [AgentDefinition] = [.agent("ann", ["new"]), .agent("bob", ["new"])]
        var desk = Desk(policy: Policy(rejectOnNoAgents: false), agents: agents)
        for _ in 1...3 { _ = try desk.arrive() }
        desk.reload(flows: [.flow("support", skill: "new")], agents: agents)
        #expect(desk.placements == ["1>ann", "2>bob"])
    }

    @Test("a skill that a free agent gains brings him calls, one that he loses takes them away")
    func agentSkills() throws {
        var desk = Desk(policy: Policy(rejectOnNoAgents: false), agents: [.agent("ann", ["other"])])
        _ = try desk.arrive()
        desk.reload(flows: [.flow("support")], agents: [.agent("ann", ["other", "help"])])
        #expect(desk.placements == ["1>ann"])
        try desk.answer(1)
        desk.reload(flows: [.flow("support")], agents: [.agent("ann", ["other"])])
        #expect(try desk.flow().loggedAgents == 0)
        try desk.hangUp(1)
        _ = try desk.arrive()
        desk.advance(by: 60_000)
        #expect(desk.placements == [])
    }

    @Test("calls of a removed flow keep their place and definition until they have ended; then the flow is gone")
    func removedFlow() throws {
        var desk = Desk(
            policy: Policy(rejectOnNoAgents: false),
            flows: [.flow("a", priority: 1), .flow("b", priority: 2)],
            agents: [.agent("ann", loggedIn: false, wrapup: 0)]
        )
        _ = try desk.arrive("b")
        let call = try desk.arrive("a")
        let flow = try #require(desk.center.flow(named: "a"))
        let agents: [AgentDefinition] = [.agent("ann", loggedIn: false, wrapup: 0)]
        #expect(desk.reload(flows: [.flow("b", priority: 2)], agents: agents).removedFlows == ["a"])
        #expect(try desk.flow("a").isRemoved)
        #expect(desk.reload(flows: [.flow("b", priority: 2)], agents: agents).removedFlows == [])
        try desk.login("ann")
        #expect(desk.placements == ["2>ann"])
        #expect(desk.center.definition(of: flow)?.priority == 1)
        try desk.answer(call)
        try desk.hangUp(call)
        #expect(desk.placements == ["1>ann"])
        #expect(desk.center.definition(of: flow) == nil)
        let snapshot = desk.snapshot()
        #expect(snapshot.flows.map(\.id) == ["b"])
        #expect(snapshot.totals.counters.received == 2)
        #expect(snapshot.totals.counters.answered == 1)
    }

    @Test("a flow that comes back while it still has calls takes them over, counters included")
    func revivedFlow() throws {
        var desk = Desk(policy: Policy(rejectOnNoAgents: false), agents: [.agent("ann", ["new"])])
        _ = try desk.arrive()
        desk.reload(flows: [], agents: [.agent("ann", ["new"])])
        let report = desk.reload(flows: [.flow("support", skill: "new")], agents: [.agent("ann", ["new"])])
        #expect(report.addedFlows == ["support"])
        #expect(desk.placements == ["1>ann"])
        #expect(try desk.flow().counters.received == 1)
        #expect(try !desk.flow().isRemoved)
    }

    @Test("a removed agent finishes his call and is gone when his leg is, without wrap-up")
    func removedAgent() throws {
        var desk = Desk(agents: [.agent("ann")])
        desk.clearsAtOnce = false
        let ann = try #require(desk.center.agent(named: "ann"))
        let call = try desk.arrive()
        desk.reload(flows: [.flow("support")], agents: [])
        #expect(try desk.agent("ann").isRemoved)
        try desk.answer(call)
        try desk.hangUp(call)
        #expect(desk.snapshot().agents.map(\.id) == ["ann"])
        desk.clear(ann)
        #expect(desk.snapshot().agents.isEmpty)
        #expect(desk.center.definition(of: ann) == nil)
        #expect(try desk.flow().counters.answered == 1)
    }

    @Test("a removed agent who is free or in wrap-up is gone at once", arguments: [true, false])
    func removedIdleAgent(isFree: Bool) throws {
        var desk = Desk(agents: [.agent("ann")])
        if !isFree {
            let call = try desk.arrive()
            try desk.answer(call)
            try desk.hangUp(call)
        }
        desk.reload(flows: [.flow("support")], agents: [])
        #expect(desk.changes.last?.hasSuffix(">offline") == true)
        #expect(desk.snapshot().agents.isEmpty)
        desk.advance(by: 60_000)
        #expect(desk.effects == [])
    }

    @Test("an agent who comes back during his call is as if first seen, but keeps the call")
    func revivedAgent() throws {
        var desk = Desk(agents: [.agent("ann", wrapup: 0)])
        let call = try desk.arrive()
        desk.reload(flows: [.flow("support")], agents: [])
        #expect(desk.reload(flows: [.flow("support")], agents: [.agent("ann", wrapup: 0)]).addedAgents == ["ann"])
        _ = try desk.arrive()
        try desk.leave(call)
        #expect(desk.placements == ["2>ann"])
    }

    @Test("the row's logstate logs in when first seen; later only a changed one does anything")
    func logstate() throws {
        let flows: [FlowDefinition] = [.flow("support")]
        var desk = Desk(agents: [.agent("ann", loggedIn: true), .agent("bob", loggedIn: false)])
        func states() throws -> [Bool] { desk.snapshot().agents.map(\.isLoggedIn) }
        #expect(try states() == [true, false])
        try desk.login("ann", false)
        try desk.login("bob", true)
        desk.reload(
            flows: flows,
            agents: [.agent("ann", loggedIn: true), .agent("bob", ["help", "x"], loggedIn: false)]
        )
        #expect(try states() == [false, true])
        desk.reload(flows: flows, agents: [.agent("ann", loggedIn: false), .agent("bob", loggedIn: true)])
        #expect(try states() == [false, true])
        desk.reload(flows: flows, agents: [.agent("ann", loggedIn: true), .agent("bob", loggedIn: false)])
        #expect(try states() == [true, false])
    }

    @Test("skills that nobody names any more leave nothing behind")
    func skillsAreReleased() {
        var desk = Desk()
        for round in 0..<100 {
            desk.reload(flows: [.flow("a", skill: "s\(round)")], agents: [.agent("ann", ["t\(round)", "s\(round)"])])
        }
        #expect(desk.center.skills.count == 2)
        #expect(desk.center.skills.capacity <= 4)
        #expect(desk.center.skillIndex.count == 2)
    }

    @Test("an agent named twice in his skills has them once")
    func repeatedSkills() throws {
        var desk = Desk(agents: [.agent("ann", ["help", "help"])])
        #expect(try desk.flow().freeAgents == 1)
        _ = try desk.arrive()
        #expect(try desk.flow().freeAgents == 0)
    }
}
