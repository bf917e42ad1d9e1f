import Testing

@testable import CallCenter

/// Random events into a `Center` and the `Model` at once; after each, both must have decided the same.
struct Rehearsal {
    var desk: Desk
    var model: Model
    var random: SplitMix64
    private var pendingClears: [(id: String, agent: AgentRef)] = []
    private(set) var events = 0
    private(set) var offers = 0

    private static let skills = ["x", "y", "z"]
    /// More than an agent's entry has room for, so that those that flows need are among the rest as well.
    private static let agentSkills = ["s", "t", "u"] + skills
    private static let flowIDs = ["a", "b", "c", "d"]
    private static let agentIDs = ["ann", "bob", "cat", "dan", "eve", "fay"]

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        let policy = Self.policy(&random)
        desk = Desk(policy: policy, flows: [], agents: [])
        desk.clearsAtOnce = false
        model = Model(policy: policy)
        reload()
    }

    mutating func step() throws {
        events += 1
        model.placements = []
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<22: try admit()
        case 22..<50: try actOnCall()
        case 50..<62: clear()
        case 62..<68: try login()
        case 68..<71: reload()
        case 71..<75: changePolicy()
        default: advance()
        }
        offers += model.placements.count { !$0.hasSuffix(">") }
        #expect(desk.placements.sorted() == model.placements.sorted(), "event \(events)")
        compare()
    }

    // MARK: Events

    private mutating func admit() throws {
        let flow = pick(Self.flowIDs)
        let expected = model.refusal(flow: flow)
        if let expected {
            if expected == .noSuchFlow { return desk.event { _, _, _ in } }
            #expect(throws: expected) { try desk.admit(flow) }
            return
        }
        let number = try desk.admit(flow)
        model.admit(number, flow: flow)
        if !random.once(in: 4) {
            try desk.enqueue(number)
            model.enqueue(number)
        }
    }

    private mutating func actOnCall() throws {
        guard let call = model.calls.randomElement(using: &random) else { return desk.event { _, _, _ in } }
        let number = call.number
        let agent = call.agent.flatMap { agent in
            desk.center.agentIndex[agent.definition.id].map {
                (agent.definition.id, desk.center.agents.reference(to: $0))
            }
        }
        switch (call.state, Int.random(in: 0..<6, using: &random)) {
        case (.welcome, 0...3):
            try desk.enqueue(number)
            model.enqueue(number)
        case (.offered, 0):
            try desk.pickUp(number)
            model.pickUp(number)
            return
        case (.offered, 1), (.offered, 2):
            try desk.answer(number)
            model.answer(number)
            return
        case (.offered, 3):
            let cause = pick(RefusalCause.allCases)
            try desk.refuse(number, cause)
            model.refuse(number, cause)
        case (.offered, 4):
            try desk.refuse(number, .noAnswer)
            model.refuse(number, .noAnswer)
        case (.talking, 0...3):
            try desk.hangUp(number)
            model.hangUp(number)
        case (.queued, 0...1):
            let place = Int.random(in: 0...4, using: &random)
            _ = try desk.event { center, _, _ throws in try center.move(call: number, to: place) }
            model.move(number, to: place)
            return
        case (.queued, 2...3):
            return desk.event { _, _, _ in }
        case (_, 5):
            try desk.fail(number, pick(FailureCause.allCases))
            model.end(number, failed: true)
        default:
            try desk.leave(number)
            model.end(number, failed: false)
        }
        if let agent { pendingClears.append(agent) }
    }

    private mutating func clear() {
        guard let index = pendingClears.indices.randomElement(using: &random) else { return desk.event { _, _, _ in } }
        let (id, agent) = pendingClears.remove(at: index)
        desk.clear(agent)
        model.clear(id)
    }

    private mutating func login() throws {
        let (id, loggedIn) = (pick(Self.agentIDs), !random.once(in: 3))
        guard desk.center.agent(named: id) != nil else { return desk.event { _, _, _ in } }
        try desk.login(id, loggedIn)
        model.login(id, loggedIn)
    }

    private mutating func reload() {
        let flows = Self.flowIDs.compactMap { id -> FlowDefinition? in
            if random.once(in: 8) { return nil }
            return .flow(
                id,
                priority: Int.random(in: -1...2, using: &random),
                skill: pick(Self.skills),
                maxWrapup: random.once(in: 3) ? 2_000 : nil
            )
        }
        let agents = Self.agentIDs.compactMap { id -> AgentDefinition? in
            if random.once(in: 8) { return nil }
            return .agent(
                id,
                Self.agentSkills.filter { _ in random.once(in: 2) },
                loggedIn: random.once(in: 2),
                wrapup: random.once(in: 3) ? 1_000 * Milliseconds.random(in: 0...4, using: &random) : nil
            )
        }
        desk.reload(flows: flows, agents: agents)
        model.reload(flows: flows, agents: agents)
    }

    private mutating func changePolicy() {
        let policy = Self.policy(&random)
        desk.apply(policy)
        model.policy = policy
        model.match()
    }

    private mutating func advance() {
        var model = model
        desk.advance(by: Milliseconds.random(in: 0...3_000, using: &random)) { [center = desk.center] timer, now in
            model.now = now
            switch timer {
            case .wrapup(let agent, _):
                if let id = center.definition(of: agent)?.id { model.wrapupDue(id) }
            case .reoffer(let call, let agent, _):
                guard let index = center.calls.index(of: call), let id = center.definition(of: agent)?.id else {
                    return
                }
                model.pauseDue(center.calls[index].number, id)
            case .dissuading:
                // No flow here has a message that dissuades.
                break
            }
        }
        model.now = desk.now
        self.model = model
        for agent in model.agents {
            if case .wrapup(let ends, false, _, _) = agent.state { #expect(ends > desk.now, "a wrap-up was forgotten") }
        }
        for pause in model.calls.flatMap(\.pauses) where model.agents.contains(where: { $0 === pause.agent }) {
            #expect(pause.until > desk.now, "a pause was forgotten")
        }
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &random)]
    }

    private static func policy(_ random: inout SplitMix64) -> Policy {
        Policy(
            wrapupTime: random.once(in: 3) ? 0 : 3_000,
            rejectOnNoAgents: random.once(in: 2),
            reofferDelay: random.once(in: 3) ? 0 : 2_500,
            maxNoAnswer: Int.random(in: 0...3, using: &random),
            internalDispatching: !random.once(in: 8),
            maxCalls: random.once(in: 3) ? 8 : 40
        )
    }

    // MARK: Comparing

    private mutating func compare() {
        let snapshot = desk.snapshot()
        #expect(snapshot.calls.map(describe) == model.calls.map(describe), "event \(events)")
        #expect(
            snapshot.agents.map(describe) == sorted(model.agents, by: \.definition.id).map(describe),
            "event \(events)"
        )
        #expect(
            snapshot.flows.map(describe) == sorted(model.flows, by: \.definition.id).map(describe),
            "event \(events)"
        )
        let counters = snapshot.totals.counters
        let alive = UInt64(snapshot.totals.onHold + snapshot.totals.offering)
        #expect(
            counters.received + counters.restored == counters.answered + counters.abandoned + counters.failures + alive
        )
        let counts = model.flows.reduce(model.retired) { sums, flow in
            zip(sums, [flow.received, flow.answered, flow.abandoned, flow.failed]).map(+)
        }
        #expect([counters.received, counters.answered, counters.abandoned, counters.failures] == counts)
    }

    private func sorted<Element>(_ elements: [Element], by id: KeyPath<Element, String>) -> [Element] {
        elements.sorted { $0[keyPath: id].precedes($1[keyPath: id]) }
    }

    private func describe(_ call: CenterSnapshot.Call) -> String {
        "\(call.number) \(call.flowID) \(call.state) \(call.agentID ?? "-") \(call.position ?? -1)"
    }

    private func describe(_ call: Model.Call) -> String {
        var state = CallState.toagent
        var position = -1
        switch call.state {
        case .welcome: state = .welcome
        case .queued:
            state = .queued
            position = model.calls.count { $0.state == .queued && $0.flow === call.flow && $0.arrival < call.arrival }
        case .offered, .talking: break
        }
        return "\(call.number) \(call.flow.definition.id) \(state) \(call.agent?.definition.id ?? "-") \(position)"
    }

    private func describe(_ agent: CenterSnapshot.Agent) -> String {
        let counts = [agent.distributed, agent.answered, agent.abandoned, agent.refusals.reduce(0, +)]
        return "\(agent.id) \(agent.isLoggedIn) \(agent.state) \(agent.wrapupEnds ?? -1) \(counts) \(agent.averageTalk)"
    }

    private func describe(_ agent: Model.Agent) -> String {
        var state = AgentState.free
        var ends: Milliseconds = -1
        switch agent.state {
        case .free: break
        case .incall: state = .incall
        case .wrapup(let end, _, _, _): (state, ends) = (.wrapup, end)
        }
        let counts = [agent.distributed, agent.answered, agent.abandoned, agent.refusals]
        let talk = agent.talks.isEmpty ? 0 : agent.talks.reduce(0, +) / Milliseconds(agent.talks.count)
        return "\(agent.definition.id) \(agent.isLoggedIn) \(state) \(ends) \(counts) \(talk)"
    }

    private func describe(_ flow: CenterSnapshot.Flow) -> String {
        let counts = [
            flow.counters.received, flow.counters.answered, flow.counters.abandoned, flow.counters.failures,
            flow.counters.distributed, flow.putOnHold,
        ]
        return "\(flow.id) \(counts) \(flow.averageWait) \(flow.loggedAgents) \(flow.freeAgents)"
    }

    private func describe(_ flow: Model.Flow) -> String {
        let counts = [flow.received, flow.answered, flow.abandoned, flow.failed, flow.distributed, flow.putOnHold]
        let wait = flow.waits.isEmpty ? 0 : flow.waits.reduce(0, +) / Milliseconds(flow.waits.count)
        let able = model.agents.filter { $0.definition.skills.contains(flow.definition.skill) }
        let (logged, free) = (able.count(where: \.serves), able.count(where: \.canTakeCalls))
        return "\(flow.definition.id) \(counts) \(wait) \(logged) \(free)"
    }
}

@Suite("Random days")
struct PropertyTests {
    @Test(
        "the center decides as the plain rules do, and its invariants hold after every event",
        arguments: 1...40 as ClosedRange<UInt64>
    )
    func agreesWithModel(seed: UInt64) throws {
        var rehearsal = Rehearsal(seed: seed)
        for _ in 0..<300 {
            try rehearsal.step()
        }
        #expect(rehearsal.offers > 0, "a day without an offer shows nothing")
    }

    @Test("the same seed gives the same effects")
    func isDeterministic() throws {
        func effects() throws -> [[CenterEffect]] {
            var rehearsal = Rehearsal(seed: 4_711)
            return try (0..<300).map { _ in
                try rehearsal.step()
                return rehearsal.desk.effects
            }
        }
        #expect(try effects() == effects())
    }
}
