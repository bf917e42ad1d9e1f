import CallCenter
import Exchange
import SIP

/// What the outside can know of the distribution from what the core publishes: enough to hold CALLS.md section 3 against it,
/// without asking the core what it believes.
struct Shadow {
    struct Flow {
        var skill = 0
        var priority = 0
        var maxWrapup: Milliseconds?
    }

    struct Agent {
        enum State { case free, incall, wrapup }

        var skills: UInt64 = 0
        var wrapupTime: Milliseconds?
        var isKnown = false
        var isLoggedIn = false
        var state = State.free
        var since: Milliseconds = 0
        /// His place among the free ones; smaller is longer.
        var freeOrder = 0
        /// The call that he has been given.
        var call: Int?
        var hasPickedUp = false
        /// What his wrap-up is to last; the leg to his phone may make it up to a second.
        var wrapup: Milliseconds = 0
        var keepsPlace = false
    }

    struct Call {
        enum State { case welcome, waiting, returning, offered, talking, over }

        var flow: Int
        var caller: String
        var state = State.welcome
        var since: Milliseconds
        /// The first entry into the queue; 0 before.
        var arrival = 0
        var agent: Int?
        var pauses: [(agent: Int, until: Milliseconds)] = []
        var finals = 0
        var refusals = 0
        var refusalRecords = 0
    }

    var flows: [Flow]
    var agents: [Agent]
    /// By number of the call.
    private(set) var calls: [Call?] = [nil]
    private(set) var waiting: [Int] = []
    private(set) var alive: [Int] = []
    var policy: Policy
    /// Counted from what is published: offers, and how calls ended.
    private(set) var offers = 0
    private(set) var answered = 0
    private(set) var abandoned = 0
    private(set) var failed = 0
    private var lastArrival = 0
    private var lastFree = 0

    init(flows: Int, agents: Int, policy: Policy) {
        self.flows = Array(repeating: Flow(), count: flows)
        self.agents = Array(repeating: Agent(), count: agents)
        self.policy = policy
    }

    /// nil if it never came.
    func call(_ number: Int32) -> Call? {
        calls.indices.contains(Int(number)) ? calls[Int(number)] : nil
    }

    // MARK: What is provisioned

    /// As the core has taken it over: rows that were refused stay as they were.
    mutating func provision(_ provisioning: Provisioning) {
        for flow in provisioning.flows {
            guard let index = flow.id.utf8.number(behind: 1) else { continue }
            flows[index] = Flow(
                skill: flow.skill.utf8.number(behind: 1) ?? 0,
                priority: flow.priority,
                maxWrapup: flow.maxWrapup
            )
        }
        let kept = Set(provisioning.refused.map(\.id))
        for index in agents.indices where !kept.contains("a\(index)") { agents[index].isKnown = false }
        for agent in provisioning.agents {
            guard let index = agent.id.utf8.number(behind: 1) else { continue }
            agents[index].isKnown = true
            agents[index].wrapupTime = agent.wrapupTime
            agents[index].skills = agent.skills.reduce(0) { $0 | 1 << UInt64($1.utf8.number(behind: 1) ?? 0) }
        }
        for index in agents.indices where !agents[index].isKnown && agents[index].state == .free { forget(index) }
    }

    // MARK: What is published

    mutating func hear(_ notice: Notice, now: Milliseconds, complain: (String, [String]) -> Void) {
        switch notice {
        case .callArrived(let number, _, let flow, let caller):
            let number = Int(number)
            while calls.count <= number { calls.append(nil) }
            calls[number] = Call(flow: flow.utf8.number(behind: 1) ?? 0, caller: caller, since: now)
            alive.append(number)
        case .callState(let number, let state, _, let agent):
            move(Int(number), to: state, agent?.utf8.number(behind: 1), now: now, complain: complain)
        case .callAnswered(let number, _, let agentID):
            guard var call = call(number), let agent = agentID.utf8.number(behind: 1) else { return }
            if call.state != .offered || call.agent != agent {
                complain(
                    "call \(number) is answered by \(agentID), who had not been offered it",
                    [agentID, call.caller]
                )
            }
            answered += 1
            call.state = .talking
            call.since = now
            call.pauses = []
            calls[Int(number)] = call
        case .refused(let number, _, let agentID, _, _):
            guard let agent = agentID.utf8.number(behind: 1) else { return }
            refused(Int(number), agent, now: now)
        case .callEnded(let number, _, _, let cause, _):
            if cause == "abandoned" { abandoned += 1 } else if cause != "answered" { failed += 1 }
            ended(Int(number), now: now)
        case .agentChanged(let seen):
            guard let agent = seen.agentID.utf8.number(behind: 1) else { return }
            change(agent, seen.state, isLoggedIn: seen.isLoggedIn, now: now, complain: complain)
        default: break
        }
    }

    /// The agent's 200 to the INVITE of the offer has reached the core.
    mutating func pickedUp(_ agent: Int) {
        if agents[agent].call != nil { agents[agent].hasPickedUp = true }
    }

    private mutating func move(
        _ number: Int,
        to state: CallState,
        _ agent: Int?,
        now: Milliseconds,
        complain: (String, [String]) -> Void
    ) {
        guard var call = call(Int32(number)), call.state != .over else {
            complain("call \(number) is \(state), although it is over or never came", [])
            return
        }
        switch state {
        case .queued:
            if call.arrival == 0 { call.arrival = nextArrival() }
            if call.state != .waiting { waiting.append(number) }
            if call.state == .welcome || call.state == .offered { call.since = now }
            call.state = .waiting
            call.agent = nil
        case .toagent:
            guard let agent else { return complain("call \(number) is with an agent who is nobody", [call.caller]) }
            if call.arrival == 0 { call.arrival = nextArrival() }
            if call.state == .offered || call.state == .talking {
                complain("call \(number) is offered to two", [call.caller, "a\(agent)"])
            }
            if call.state == .waiting { stopWaiting(number) }
            offers += 1
            call.state = .offered
            call.since = now
            call.agent = agent
            calls[number] = call
            checkOffer(of: number, to: agent, now: now, complain: complain)
            agents[agent].call = number
            agents[agent].hasPickedUp = false
        default: break
        }
        calls[number] = call
    }

    private mutating func refused(_ number: Int, _ agent: Int, now: Milliseconds) {
        guard var call = call(Int32(number)) else { return }
        if call.state == .waiting { stopWaiting(number) }
        // An agent who cannot be called at all is only heard of now.
        if call.state != .offered { offers += 1 }
        call.state = .returning
        call.agent = nil
        call.refusals += 1
        call.pauses.removeAll { $0.until < now }
        if policy.reofferDelay > 0 { call.pauses.append((agent, now + policy.reofferDelay)) }
        calls[number] = call
        agents[agent].wrapup = wrapup(of: agent, after: call.flow)
        agents[agent].keepsPlace = false
        agents[agent].call = nil
    }

    private mutating func ended(_ number: Int, now: Milliseconds) {
        guard var call = call(Int32(number)) else { return }
        if call.state == .waiting { stopWaiting(number) }
        if let agent = call.agent {
            let hasWorked = call.state == .talking || agents[agent].hasPickedUp
            agents[agent].wrapup = hasWorked ? wrapup(of: agent, after: call.flow) : 0
            agents[agent].keepsPlace = !hasWorked
            agents[agent].call = nil
        }
        call.state = .over
        call.since = now
        call.pauses = []
        calls[number] = call
        if let place = alive.firstIndex(of: number) { alive.swapAt(place, alive.count - 1) }
        alive.removeLast()
    }

    private mutating func change(
        _ agent: Int,
        _ state: AgentState,
        isLoggedIn: Bool,
        now: Milliseconds,
        complain: (String, [String]) -> Void
    ) {
        let was = agents[agent]
        let state: Agent.State =
            switch state {
            case .free: .free
            case .incall: .incall
            case .wrapup: .wrapup
            }
        if isLoggedIn, !was.isLoggedIn { agents[agent].freeOrder = nextFree() }
        if state == .free, was.state == .wrapup {
            if !was.keepsPlace { agents[agent].freeOrder = nextFree() }
            let rest = now - was.since
            if was.isKnown, rest < was.wrapup || rest > max(was.wrapup, 1_000) {
                complain("a\(agent) rested for \(rest) ms, \(was.wrapup) ms were his due", ["a\(agent)"])
            }
        }
        if state == .incall, was.state != .incall, was.state != .free || !was.isLoggedIn || !was.isKnown {
            complain("a\(agent) was taken, although he was not to be had", ["a\(agent)"])
        }
        if state == .free, !was.isKnown { forget(agent) }
        if state != was.state { agents[agent].since = now }
        agents[agent].isLoggedIn = isLoggedIn
        agents[agent].state = state
    }

    /// He is gone; should he come back, it is as another.
    private mutating func forget(_ agent: Int) {
        for number in alive { calls[number]?.pauses.removeAll { $0.agent == agent } }
    }

    /// Noted that a final record came; the number of them.
    mutating func recorded(final number: Int) -> Int {
        guard number < calls.count else { return 0 }
        calls[number]?.finals += 1
        return calls[number]?.finals ?? 0
    }

    mutating func recorded(refusal number: Int) {
        guard number < calls.count else { return }
        calls[number]?.refusalRecords += 1
    }

    // MARK: Rules

    /// CALLS.md section 3: the longest free agent who can, the first call that he can serve, and never a pair in its pause.
    private func checkOffer(of number: Int, to agent: Int, now: Milliseconds, complain: (String, [String]) -> Void) {
        guard let call = calls[number] else { return }
        let names = [call.caller, "a\(agent)"]
        if agents[agent].state != .incall { complain("a\(agent) is offered call \(number) and not incall", names) }
        if let other = agents[agent].call { complain("a\(agent) is offered call \(number) and has \(other)", names) }
        if !canServe(agent, call) { complain("a\(agent) has not the skill for call \(number)", names) }
        if !policy.internalDispatching { complain("call \(number) is offered while dispatching is off", names) }
        if call.pauses.contains(where: { $0.agent == agent && $0.until > now }) {
            complain("a\(agent) is offered call \(number) again too soon", names)
        }
        for other in waiting where isBefore(other, number) {
            guard let waiter = calls[other], canServe(agent, waiter), !mayPause(waiter, agent, now: now) else {
                continue
            }
            complain("call \(number) overtakes call \(other) at a\(agent)", names + [waiter.caller])
        }
        for other in agents.indices where other != agent && isIdle(other) {
            guard agents[other].freeOrder < agents[agent].freeOrder, canServe(other, call),
                !mayPause(call, other, now: now)
            else { continue }
            complain("a\(agent) is offered call \(number), a\(other) has been free for longer", names + ["a\(other)"])
        }
    }

    /// After each input: nobody waits for somebody who is there, and nobody serves who is needed no more.
    func checkAfterInput(now: Milliseconds, complain: (String, [String]) -> Void) {
        if policy.internalDispatching, !waiting.isEmpty {
            for agent in agents.indices where isIdle(agent) {
                for number in waiting {
                    guard let call = calls[number], canServe(agent, call), !mayPause(call, agent, now: now) else {
                        continue
                    }
                    complain("call \(number) waits, and a\(agent) is free for it", [call.caller, "a\(agent)"])
                }
            }
        }
        for agent in agents.indices where agents[agent].state == .incall {
            guard agents[agent].call == nil else { continue }
            complain("a\(agent) is incall without a call", ["a\(agent)"])
        }
        for number in alive {
            if calls[number]?.state == .returning {
                complain("call \(number) is nowhere", [calls[number]?.caller ?? ""])
            }
        }
    }

    func isIdle(_ agent: Int) -> Bool {
        agents[agent].state == .free && agents[agent].isLoggedIn && agents[agent].isKnown
    }

    private func canServe(_ agent: Int, _ call: Call) -> Bool {
        agents[agent].skills & 1 << UInt64(flows[call.flow].skill) != 0
    }

    /// Of a pause that ends right now one cannot tell whether its end has been heard of yet.
    private func mayPause(_ call: Call, _ agent: Int, now: Milliseconds) -> Bool {
        call.pauses.contains { $0.agent == agent && $0.until >= now }
    }

    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        guard let a = calls[one], let b = calls[other] else { return false }
        return (flows[a.flow].priority, a.arrival) < (flows[b.flow].priority, b.arrival)
    }

    private func wrapup(of agent: Int, after flow: Int) -> Milliseconds {
        let own = agents[agent].wrapupTime ?? policy.wrapupTime
        return max(0, min(own, flows[flow].maxWrapup ?? own))
    }

    private mutating func stopWaiting(_ number: Int) {
        if let place = waiting.firstIndex(of: number) {
            waiting.swapAt(place, waiting.count - 1)
            waiting.removeLast()
        }
    }

    private mutating func nextArrival() -> Int {
        lastArrival += 1
        return lastArrival
    }

    private mutating func nextFree() -> Int {
        lastFree += 1
        return lastFree
    }
}
