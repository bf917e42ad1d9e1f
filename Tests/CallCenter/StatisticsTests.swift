import Testing

@testable import CallCenter

@Suite("Counters and snapshots")
struct StatisticsTests {
    @Test("each way a call can end counts once, in its flow and in total")
    func outcomes() throws {
        var desk = Desk(policy: Policy(wrapupTime: 0, rejectOnNoAgents: false), agents: [.agent("ann")])
        try desk.leave(desk.admit())
        try desk.leave(desk.arrive())
        let answered = try desk.arrive()
        try desk.answer(answered)
        let queued = try desk.arrive()
        try desk.leave(queued)
        for cause in FailureCause.allCases { try desk.fail(desk.arrive(), cause) }
        let alive = try desk.arrive()
        try desk.hangUp(answered)

        let flow = try desk.flow()
        #expect(flow.counters.received == 11)
        #expect(flow.counters.distributed == 3)
        #expect(flow.counters.answered == 1)
        #expect(flow.counters.abandoned == 3)
        #expect(Array(flow.counters.failed) == [1, 1, 1, 1, 1, 1])
        #expect(flow.putOnHold == 8)
        #expect((flow.onHold, flow.offering, flow.talking) == (0, 1, 0))
        #expect(flow.counters == desk.snapshot().totals.counters)
        #expect(try desk.agent("ann").abandoned == 1)
        #expect(try desk.agent("ann").distributed == 3)
        #expect(try desk.agent("ann").answered == 1)
        #expect(try desk.center.state(of: desk.ref(alive)) == .toagent)
    }

    @Test("a call is put on hold once, however often it returns to the queue")
    func putOnHoldOnce() throws {
        var desk = Desk(policy: Policy(wrapupTime: 0, reofferDelay: 1_000, maxNoAnswer: 0), agents: [.agent("ann")])
        let call = try desk.arrive()
        for _ in 1...3 {
            try desk.refuse(call)
            desk.advance(by: 1_000)
        }
        #expect(try desk.flow().putOnHold == 1)
        #expect(try desk.flow().counters.distributed == 4)
    }

    @Test("gauges follow a call through its journey")
    func gauges() throws {
        var desk = Desk(policy: Policy(rejectOnNoAgents: false), agents: [.agent("ann", loggedIn: false)])
        func gauges() throws -> [Int] {
            let totals = desk.snapshot().totals
            let flow = try desk.flow()
            #expect(
                [totals.onHold, totals.queued, totals.offering, totals.talking]
                    == [flow.onHold, flow.queued, flow.offering, flow.talking]
            )
            return [totals.onHold, totals.queued, totals.offering, totals.talking, totals.freeAgents]
        }
        let call = try desk.admit()
        #expect(try gauges() == [1, 0, 0, 0, 0])
        try desk.enqueue(call)
        #expect(try gauges() == [1, 1, 0, 0, 0])
        try desk.login("ann")
        #expect(try gauges() == [0, 0, 1, 0, 0])
        try desk.answer(call)
        #expect(try gauges() == [0, 0, 0, 1, 0])
        try desk.hangUp(call)
        #expect(try gauges() == [0, 0, 0, 0, 0])
        desk.advance(by: 30_000)
        #expect(try gauges() == [0, 0, 0, 0, 1])
    }

    @Test("waits run from the INVITE to the end of the wait, rings from the offer, talks from the answer")
    func times() throws {
        var desk = Desk(policy: Policy(rejectOnNoAgents: false), agents: [.agent("ann", loggedIn: false, wrapup: 0)])
        let first = try desk.admit()
        let second = try desk.admit()
        desk.advance(by: 2_000)
        try desk.enqueue(first)
        desk.advance(by: 3_000)
        try desk.leave(second)
        try desk.login("ann")
        desk.advance(by: 4_000)
        try desk.pickUp(first)
        desk.advance(by: 100)
        try desk.answer(first)
        desk.advance(by: 60_000)
        try desk.hangUp(first)
        let flow = try desk.flow()
        #expect(flow.waitTimes.sum == 5_000 + 9_100)
        #expect(flow.averageWait == 7_050)
        #expect(flow.ringTimes.sum == 4_000)
        #expect(flow.talkTimes.sum == 60_000)
        #expect(try desk.agent("ann").averageTalk == 60_000)
        #expect(flow.averageCallDuration == 60_000)
        #expect(desk.snapshot().totals.averageWait == 7_050)
    }

    @Test(
        "an answer at the threshold is in time, one after it is not; the flow's threshold wins",
        arguments: [nil, 5_000]
    )
    func serviceLevel(threshold: Milliseconds?) throws {
        var desk = Desk(
            policy: Policy(wrapupTime: 0, serviceLevelThreshold: 20_000),
            flows: [.flow("support", threshold: threshold)],
            agents: [.agent("ann"), .agent("bob")]
        )
        let (first, second) = (try desk.arrive(), try desk.arrive())
        desk.advance(by: threshold ?? 20_000)
        try desk.answer(first)
        desk.advance(by: 1)
        try desk.answer(second)
        #expect(try desk.flow().answeredInTime == 1)
    }

    @Test("the estimate is mean duration x queued / logged in: 180 s without history, nothing without agents")
    func estimates() throws {
        var desk = Desk(
            policy: Policy(wrapupTime: 0, rejectOnNoAgents: false),
            agents: [.agent("ann", loggedIn: false)]
        )
        for _ in 1...3 { _ = try desk.arrive() }
        #expect(try desk.flow().estimatedWait == 0)
        #expect(try desk.center.estimatedWait(of: desk.ref(2)) == nil)
        #expect(desk.snapshot().calls.map(\.estimatedWait) == [nil, nil, nil])
        try desk.login("ann")
        #expect(try desk.flow().estimatedWait == 360_000)
        #expect(try desk.center.estimatedWait(of: desk.ref(3)) == 180_000)
        try desk.answer(1)
        desk.advance(by: 10_000)
        try desk.hangUp(1)
        #expect(try desk.flow().estimatedWait == 10_000)
        #expect(try desk.center.estimatedWait(of: desk.ref(3)) == 0)
        #expect(desk.snapshot().calls.map(\.estimatedWait) == [nil, 0])
    }

    @Test("load is 100 x (on hold + logged in - free) / logged in")
    func load() throws {
        let flows: [FlowDefinition] = [.flow("a"), .flow("b", skill: "none")]
        var desk = Desk(policy: Policy(rejectOnNoAgents: false), flows: flows, agents: [.agent("ann"), .agent("bob")])
        #expect(desk.snapshot().totals.load == 0)
        _ = try desk.arrive("a")
        #expect(try desk.flow("a").load == 50)
        _ = try desk.arrive("b")
        #expect(try desk.flow("b").load == 0)
        #expect(desk.snapshot().totals.load == 100)
        for _ in 1...2 { _ = try desk.arrive("a") }
        #expect(try desk.flow("a").load == 150)
    }

    @Test("a reset moves only the base: shown counters begin at zero, those since the start and the equation go on")
    func reset() throws {
        var desk = Desk(policy: Policy(wrapupTime: 0), flows: [.flow("a"), .flow("b")], agents: [.agent("ann")])
        let first = try desk.arrive("a")
        desk.advance(by: 1_000)
        try desk.answer(first)
        desk.advance(by: 5_000)
        desk.event { center, now, _ in center.resetStatistics(now: now) }
        try desk.hangUp(first)
        try desk.refuse(desk.arrive("a"), .unreachable)
        try desk.leave(2)
        let snapshot = desk.snapshot()
        let flow = try desk.flow("a")
        #expect(snapshot.countersSince == 6_000)
        #expect(flow.counters.received == 1)
        #expect(flow.counters.answered == 0)
        #expect(flow.counters.abandoned == 1)
        #expect(flow.countersSinceStart.received == 2)
        #expect(flow.countersSinceStart.answered == 1)
        #expect(flow.waitTimes.count == 1)
        #expect(flow.talkTimes.count == 1)
        #expect(snapshot.totals.counters == flow.counters)
        #expect(snapshot.totals.countersSinceStart == flow.countersSinceStart)
        let agent = try desk.agent("ann")
        #expect(agent.distributed == 1)
        #expect(agent.answered == 0)
        #expect(agent.refusals[RefusalCause.unreachable.ordinal] == 1)
        #expect(agent.averageTalk == 5_000)
        #expect(flow.averageCallDuration == 5_000)
    }

    @Test("totals keep what removed flows counted, before and after a reset")
    func removedFlows() throws {
        var desk = Desk(policy: Policy(rejectOnNoAgents: false), flows: [.flow("a"), .flow("b"), .flow("c")])
        for flow in ["a", "b", "c"] { try desk.leave(desk.arrive(flow)) }
        desk.reload(flows: [.flow("b"), .flow("c")], agents: [])
        #expect(desk.snapshot().totals.counters.received == 3)
        desk.event { center, now, _ in center.resetStatistics(now: now) }
        #expect(desk.snapshot().totals.counters.received == 0)
        try desk.leave(desk.arrive("b"))
        desk.reload(flows: [.flow("c")], agents: [])
        #expect(desk.snapshot().totals.counters.received == 1)
        #expect(desk.snapshot().totals.countersSinceStart.received == 4)
    }

    @Test("lists are sorted bytewise, calls by admission; snapshots are numbered")
    func order() throws {
        var desk = Desk(
            policy: Policy(rejectOnNoAgents: false),
            flows: [.flow("b"), .flow("Z"), .flow("é"), .flow("a")],
            agents: [.agent("zoe", []), .agent("Bob", []), .agent("ann", [])]
        )
        let first = try desk.admit("a")
        _ = try desk.arrive("b")
        try desk.enqueue(first)
        let snapshot = desk.snapshot()
        #expect(snapshot.flows.map(\.id) == ["Z", "a", "b", "é"])
        #expect(snapshot.agents.map(\.id) == ["Bob", "ann", "zoe"])
        #expect(snapshot.calls.map(\.number) == [1, 2])
        #expect(desk.snapshot().number == snapshot.number + 1)
    }

    @Test("calls stay listed by admission while thousands of others come and go")
    func longList() throws {
        var desk = Desk(policy: Policy(rejectOnNoAgents: false))
        let first = try desk.arrive()
        for _ in 0..<1_100 { try desk.leave(desk.arrive()) }
        let last = try desk.arrive()
        #expect(desk.snapshot().calls.map(\.number) == [first, last])
        #expect(desk.center.admissions.count < 1_100)
    }

    @Test("a call's row shows where it is, since when, and with whom")
    func callRow() throws {
        var desk = Desk(agents: [.agent("ann")])
        desk.advance(by: 500)
        let call = try desk.admit()
        #expect(desk.snapshot().calls.map(\.state) == [.welcome])
        try desk.enqueue(call)
        desk.advance(by: 2_500)
        let row = try #require(desk.snapshot().calls.first)
        #expect(row.state == .toagent)
        #expect(row.agentID == "ann")
        #expect(row.since == 500)
        #expect((row.flowID, row.skill, row.priority) == ("support", "help", 10))
        #expect((row.callerUser, row.callerDisplayName) == ("caller1", "Caller 1"))
        #expect(try desk.flow().longestWait == 2_500)
        #expect(try desk.agent("ann").flowID == "support")
        try desk.answer(call)
        #expect(try desk.flow().longestWait == 0)
    }

    @Test("a time goes into the first bucket whose bound it does not exceed")
    func histogram() {
        var histogram = Histogram()
        for time in [-5, 0, 1_000, 1_001, 3_600_000, 3_600_001] as [Milliseconds] { histogram.record(time) }
        #expect(Array(histogram.buckets) == [3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
        #expect(histogram.sum == 7_202_002)
        #expect(histogram.count == 6)
    }

    @Test("causes know their place in the order of their counters, and each cause and each bucket has one")
    func ordinals() {
        #expect(CallCounters().failed.count == FailureCause.allCases.count)
        #expect(AgentStatistics().refusals.count == RefusalCause.allCases.count)
        #expect(Histogram().buckets.count == Histogram.bounds.count + 1)
        #expect(FailureCause.allCases.map(\.ordinal) == Array(FailureCause.allCases.indices))
        #expect(RefusalCause.allCases.map(\.ordinal) == Array(RefusalCause.allCases.indices))
    }
}
