@testable import CallCenter

/// The rules of CALLS.md sections 3 and 4 in their plainest form: arrays, searched from end to end after every event.
/// It shares nothing with `Center` but the vocabulary.
struct Model {
    final class Agent {
        enum State: Equatable {
            case free
            case incall(Int32)
            case wrapup(ends: Milliseconds, isOver: Bool, isClearing: Bool, keepsPlace: Bool)
        }

        var definition: AgentDefinition
        var isLoggedIn = false
        var state = State.free
        var freeOrder = 0
        var unanswered = 0
        var isRemoved = false
        var distributed: UInt64 = 0
        var answered: UInt64 = 0
        var abandoned: UInt64 = 0
        var refusals: UInt64 = 0
        var talks: [Milliseconds] = []

        init(_ definition: AgentDefinition) { self.definition = definition }

        var canTakeCalls: Bool { state == .free && isLoggedIn && !isRemoved }
        var serves: Bool { isLoggedIn && !isRemoved }
    }

    final class Flow {
        var definition: FlowDefinition
        var isRemoved = false
        var received: UInt64 = 0
        var answered: UInt64 = 0
        var abandoned: UInt64 = 0
        var failed: UInt64 = 0
        var distributed: UInt64 = 0
        var putOnHold: UInt64 = 0
        var waits: [Milliseconds] = []

        init(_ definition: FlowDefinition) { self.definition = definition }
    }

    final class Call {
        enum State: Equatable {
            case welcome, queued
            case offered(isPickedUp: Bool)
            case talking(since: Milliseconds)
        }

        let number: Int32
        let flow: Flow
        let since: Milliseconds
        var state = State.welcome
        var arrival = 0
        var agent: Agent?
        var hasWaited = false
        var pauses: [(agent: Agent, until: Milliseconds)] = []

        init(number: Int32, flow: Flow, since: Milliseconds) {
            self.number = number
            self.flow = flow
            self.since = since
        }
    }

    var policy: Policy
    var now: Milliseconds = 0
    /// In no particular order.
    var agents: [Agent] = []
    var flows: [Flow] = []
    var calls: [Call] = []
    /// Received, answered, abandoned, failed of flows that are gone.
    var retired: [UInt64] = [0, 0, 0, 0]
    /// What the last event led to, as `Desk.placements` shows it.
    var placements: [String] = []
    private var arrivals = 0
    private var freeOrders = 0

    init(policy: Policy) { self.policy = policy }

    // MARK: The rule

    /// While some waiting call has a free agent who may take it, the first such call takes the one who has been free
    /// the longest.
    mutating func match() {
        guard policy.internalDispatching else { return }
        while let (call, agent) = nextMatch() {
            assign(call, to: agent)
        }
    }

    private func nextMatch() -> (Call, Agent)? {
        let waiting = calls.filter { $0.state == .queued }.sorted {
            ($0.flow.definition.priority, $0.arrival) < ($1.flow.definition.priority, $1.arrival)
        }
        for call in waiting {
            let candidates = agents.filter { mayTake($0, call) }
            if let agent = candidates.min(by: { $0.freeOrder < $1.freeOrder }) { return (call, agent) }
        }
        return nil
    }

    private func mayTake(_ agent: Agent, _ call: Call) -> Bool {
        agent.canTakeCalls && agent.definition.skills.contains(call.flow.definition.skill)
            && !call.pauses.contains { $0.agent === agent }
    }

    private mutating func assign(_ call: Call, to agent: Agent) {
        call.state = .offered(isPickedUp: false)
        call.agent = agent
        agent.state = .incall(call.number)
        agent.distributed += 1
        call.flow.distributed += 1
        placements.append("\(call.number)>\(agent.definition.id)")
    }

    /// A call that has just entered the queue or returned to it.
    private mutating func place(_ call: Call) {
        call.state = .queued
        match()
        guard call.state == .queued else { return }
        if !call.hasWaited { call.flow.putOnHold += 1 }
        call.hasWaited = true
        placements.append("\(call.number)>")
    }

    // MARK: Events

    mutating func admit(_ number: Int32, flow: String) {
        guard let flow = flows.first(where: { $0.definition.id == flow && !$0.isRemoved }) else { return }
        flow.received += 1
        calls.append(Call(number: number, flow: flow, since: now))
    }

    func refusal(flow id: String) -> AdmissionError? {
        guard let flow = flows.first(where: { $0.definition.id == id && !$0.isRemoved }) else { return .noSuchFlow }
        let hasAgents = agents.contains { $0.serves && $0.definition.skills.contains(flow.definition.skill) }
        if policy.rejectOnNoAgents && !hasAgents { return .noAgents }
        return calls.count >= policy.maxCalls ? .full : nil
    }

    mutating func enqueue(_ number: Int32) {
        guard let call = call(number), call.state == .welcome else { return }
        arrivals += 1
        call.arrival = arrivals
        place(call)
    }

    mutating func pickUp(_ number: Int32) {
        guard let call = call(number), case .offered = call.state else { return }
        call.state = .offered(isPickedUp: true)
        call.agent?.unanswered = 0
    }

    mutating func answer(_ number: Int32) {
        pickUp(number)
        guard let call = call(number), case .offered = call.state else { return }
        call.state = .talking(since: now)
        call.flow.answered += 1
        call.flow.waits.append(now - call.since)
        call.agent?.answered += 1
    }

    mutating func refuse(_ number: Int32, _ cause: RefusalCause) {
        guard let call = call(number), case .offered = call.state, let agent = call.agent else { return }
        agent.refusals += 1
        if policy.reofferDelay > 0 { call.pauses.append((agent, now + policy.reofferDelay)) }
        rest(agent, after: call, isShort: false)
        call.agent = nil
        if cause == .noAnswer {
            agent.unanswered += 1
            if policy.maxNoAnswer > 0, agent.unanswered >= policy.maxNoAnswer, agent.isLoggedIn {
                agent.isLoggedIn = false
                agent.unanswered = 0
            }
        }
        place(call)
    }

    /// A waiting call goes to another place among those of its flow: they exchange their arrivals.
    func move(_ number: Int32, to place: Int) {
        guard let call = call(number) else { return }
        var line = calls.filter { $0.state == .queued && $0.flow === call.flow }.sorted { $0.arrival < $1.arrival }
        let arrivals = line.map(\.arrival)
        line.removeAll { $0 === call }
        line.insert(call, at: min(place, line.count))
        for (call, arrival) in zip(line, arrivals) { call.arrival = arrival }
    }

    /// The caller leaves (no cause) or the call fails.
    mutating func end(_ number: Int32, failed: Bool) {
        guard let call = call(number) else { return }
        if case .talking = call.state { return hangUp(number) }
        if failed { call.flow.failed += 1 } else { call.flow.abandoned += 1 }
        call.flow.waits.append(now - call.since)
        if let agent = call.agent {
            if !failed { agent.abandoned += 1 }
            rest(agent, after: call, isShort: call.state == .offered(isPickedUp: false))
        }
        forget(call)
    }

    mutating func hangUp(_ number: Int32) {
        guard let call = call(number), case .talking(let since) = call.state, let agent = call.agent else { return }
        agent.talks.append(now - since)
        rest(agent, after: call, isShort: false)
        forget(call)
    }

    private func rest(_ agent: Agent, after call: Call, isShort: Bool) {
        let own = agent.definition.wrapupTime ?? policy.wrapupTime
        let length = isShort ? 0 : min(own, call.flow.definition.maxWrapup ?? own)
        agent.state = .wrapup(ends: now + length, isOver: length == 0, isClearing: true, keepsPlace: isShort)
    }

    private mutating func forget(_ call: Call) {
        calls.removeAll { $0 === call }
        retireFlows()
    }

    mutating func clear(_ id: String) {
        guard let agent = agents.first(where: { $0.definition.id == id }),
            case .wrapup(let ends, let isOver, _, let keepsPlace) = agent.state
        else { return }
        agent.state = .wrapup(ends: ends, isOver: isOver, isClearing: false, keepsPlace: keepsPlace)
        free(agent)
    }

    /// The clock has reached `time`: wrap-up of this agent, if any ends just now.
    mutating func wrapupDue(_ id: String) {
        guard let agent = agents.first(where: { $0.definition.id == id }),
            case .wrapup(let ends, false, let isClearing, let keepsPlace) = agent.state, ends <= now
        else { return }
        agent.state = .wrapup(ends: ends, isOver: true, isClearing: isClearing, keepsPlace: keepsPlace)
        free(agent)
    }

    mutating func pauseDue(_ number: Int32, _ id: String) {
        call(number)?.pauses.removeAll { $0.agent.definition.id == id && $0.until <= now }
        match()
    }

    private mutating func free(_ agent: Agent) {
        guard case .wrapup(_, let isOver, false, let keepsPlace) = agent.state, isOver || agent.isRemoved else {
            return
        }
        if agent.isRemoved { return agents.removeAll { $0 === agent } }
        agent.state = .free
        if !keepsPlace { renew(agent) }
        match()
    }

    private mutating func renew(_ agent: Agent) {
        freeOrders += 1
        agent.freeOrder = freeOrders
    }

    mutating func login(_ id: String, _ loggedIn: Bool) {
        guard let agent = agents.first(where: { $0.definition.id == id && !$0.isRemoved }) else { return }
        setLogin(agent, loggedIn)
        match()
    }

    private mutating func setLogin(_ agent: Agent, _ loggedIn: Bool) {
        guard agent.isLoggedIn != loggedIn else { return }
        agent.isLoggedIn = loggedIn
        agent.unanswered = 0
        if loggedIn { renew(agent) }
    }

    mutating func reload(flows rows: [FlowDefinition], agents people: [AgentDefinition]) {
        for flow in flows where !rows.contains(where: { $0.id == flow.definition.id }) { flow.isRemoved = true }
        retireFlows()
        for row in rows {
            if let flow = flows.first(where: { $0.definition.id == row.id }) {
                flow.definition = row
                flow.isRemoved = false
            } else {
                flows.append(Flow(row))
            }
        }
        for agent in agents where !people.contains(where: { $0.id == agent.definition.id }) {
            agent.isRemoved = true
            agent.isLoggedIn = false
        }
        agents.removeAll { agent in
            guard agent.isRemoved else { return false }
            switch agent.state {
            case .free: return true
            case .incall: return false
            case .wrapup(_, _, let isClearing, _): return !isClearing
            }
        }
        for row in people {
            let known = agents.first { $0.definition.id == row.id }
            let agent = known ?? Agent(row)
            if known == nil { agents.append(agent) }
            let isFirstSeen = known == nil || agent.isRemoved
            let isLoginChanged = isFirstSeen || agent.definition.isLoggedIn != row.isLoggedIn
            agent.definition = row
            agent.isRemoved = false
            if isLoginChanged { setLogin(agent, row.isLoggedIn) }
        }
        match()
    }

    private mutating func retireFlows() {
        for flow in flows where flow.isRemoved && !calls.contains(where: { $0.flow === flow }) {
            let counts = [flow.received, flow.answered, flow.abandoned, flow.failed]
            for (index, count) in counts.enumerated() { retired[index] += count }
        }
        flows.removeAll { flow in flow.isRemoved && !calls.contains { $0.flow === flow } }
    }

    func call(_ number: Int32) -> Call? {
        calls.first { $0.number == number }
    }
}
