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
        var dissuading: FlowDefinition.Dissuading?
        var maxWait: Milliseconds?
        var briefs = false
        var hasOverflow = false
        /// Callers go elsewhere when nobody who could serve them is logged in.
        var overflowsWithoutAgents = false
        /// It is provisioned now.
        var isKnown = true
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
        /// When he got that place.
        var freedAt: Milliseconds = 0
        /// The call that he has been given.
        var call: Int?
        var hasPickedUp = false
        /// What his wrap-up is to last; the leg to his phone may make it up to a second.
        var wrapup: Milliseconds = 0
        var keepsPlace = false
    }

    struct Call {
        enum State {
            case welcome, waiting, returning, offered, talking, over
            /// Hears that waiting may be in vain, and is in no queue meanwhile.
            case dissuaded
            /// The agent hears which queue it is.
            case briefed
            /// On its way to somebody who is no agent, and with him.
            case leaving, elsewhere
        }

        var flow: Int
        var caller: String
        var state = State.welcome
        var since: Milliseconds
        /// When its INVITE came, and when it came into this flow.
        var received: Milliseconds
        var began: Milliseconds
        /// The flow as it was then, and how many reloads there had been.
        var definition: Flow
        var reloads: Int
        /// When it first entered the queue.
        var arrivedAt: Milliseconds = 0
        var dissuasions = 0
        /// The first entry into the queue; 0 before.
        var arrival = 0
        var agent: Int?
        var pauses: [(agent: Int, until: Milliseconds)] = []
        var finals = 0
        var refusals = 0
        var refusalRecords = 0
        /// As its final record says.
        var rejected = 0
    }

    var flows: [Flow]
    var agents: [Agent]
    /// By number of the call.
    var calls: [Call?] = [nil]
    var waiting: [Int] = []
    private(set) var alive: [Int] = []
    var policy: Policy
    /// What a command has just asked for and been promised.
    var dispatched: (call: Int, agent: Int)?
    /// The agent whom the operator is freeing: he has no wrap-up.
    var freed: Int?
    /// Another core is taking over what the last one had.
    var isRestoring = false
    private(set) var reloads = 0
    /// Calls that an agent has handed on into another flow with the input at hand, as they were before.
    var handedOver: [Int: Call] = [:]
    /// Counted from what is published: offers, and how calls ended.
    private(set) var offers = 0
    private(set) var answered = 0
    private(set) var abandoned = 0
    private(set) var failed = 0
    var lastArrival = 0
    var lastFree = 0

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
        reloads += 1
        for index in flows.indices { flows[index].isKnown = false }
        for flow in provisioning.flows {
            guard let index = flow.id.utf8.number(behind: 1) else { continue }
            flows[index] = Flow(
                skill: flow.skill.utf8.number(behind: 1) ?? 0,
                priority: flow.priority,
                maxWrapup: flow.maxWrapup,
                dissuading: flow.dissuading,
                maxWait: flow.maxWait,
                briefs: flow.messageFlowID != nil,
                hasOverflow: flow.overflowURI != nil,
                overflowsWithoutAgents: flow.overflowURI != nil && flow.onNoAgents == .overflow
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
            let flow = flow.utf8.number(behind: 1) ?? 0
            if alive.contains(number), let call = calls[number] {
                return handOver(call, number, to: flow, now: now, complain: complain)
            }
            // A call that comes from another flow has waited there already.
            let before = self.number(of: caller).flatMap { calls[$0] }
            calls[number] = Call(
                flow: flow,
                caller: caller,
                since: now,
                received: before?.received ?? now,
                began: now,
                definition: flows[flow],
                reloads: reloads
            )
            alive.append(number)
        case .callState(let number, let state, _, let agent):
            move(Int(number), to: state, agent?.utf8.number(behind: 1), now: now, complain: complain)
        case .callAnswered(let number, _, let agentID):
            guard var call = call(number), let agent = agentID.utf8.number(behind: 1) else { return }
            if (call.state != .offered && call.state != .briefed) || call.agent != agent {
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
        case .callOverflows(let number, _, _): leaves(Int(number), now: now, complain: complain)
        case .refused(let number, _, let agentID, _, _):
            guard let agent = agentID.utf8.number(behind: 1) else { return }
            refused(Int(number), agent, now: now)
        case .callEnded(let number, _, _, let cause, _):
            if cause == "abandoned" {
                abandoned += 1
            } else if !["answered", "transferred"].contains(cause) {
                failed += 1
            }
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
            if call.state == .waiting, !isRestoring {
                complain("call \(number) is told to be queued twice", [call.caller])
            }
            let isArriving = enterQueue(&call, now: now)
            if isArriving, call.definition.dissuading != nil, isCrowded(call.flow), !overflows(call) {
                complain("call \(number) is queued where it should have been dissuaded", [call.caller])
            }
            if call.state != .waiting { waiting.append(number) }
            call.since = now
            call.state = .waiting
            call.agent = nil
        case .dissuading1, .dissuading2:
            checkDissuasion(of: call, number, isFinal: state == .dissuading2, now: now, complain: complain)
            _ = enterQueue(&call, now: now)
            if call.state == .waiting { stopWaiting(number) }
            call.state = .dissuaded
            call.since = now
            call.dissuasions += 1
        case .toagent:
            guard let agent else { return complain("call \(number) is with an agent who is nobody", [call.caller]) }
            _ = enterQueue(&call, now: now)
            if ![.welcome, .waiting, .returning, .dissuaded].contains(call.state) {
                complain("call \(number) is offered while \(call.state)", [call.caller, "a\(agent)"])
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
        case .preagent:
            if call.state != .offered || call.agent != agent || !call.definition.briefs {
                complain("call \(number) is preagent, having been \(call.state)", [call.caller])
            }
            call.state = .briefed
            call.since = now
        case .transferred:
            if call.state == .talking, let agent = call.agent {
                letGo(agent, wrapup: wrapup(of: agent, after: call.flow), keepsPlace: false)
            } else if call.state == .leaving {
                failed += 1
            } else {
                complain("call \(number) is transferred, having been \(call.state)", [call.caller])
            }
            call.state = .elsewhere
            call.since = now
            call.agent = nil
        default: break
        }
        calls[number] = call
    }

    private mutating func refused(_ number: Int, _ agent: Int, now: Milliseconds) {
        guard var call = call(Int32(number)) else { return }
        if call.state == .waiting { stopWaiting(number) }
        // An agent who cannot be called at all is only heard of now.
        if call.state != .offered && call.state != .briefed {
            offers += 1
            dispatched = nil
        }
        call.state = .returning
        call.agent = nil
        call.refusals += 1
        call.pauses.removeAll { $0.until < now }
        if policy.reofferDelay > 0 { call.pauses.append((agent, now + policy.reofferDelay)) }
        calls[number] = call
        letGo(agent, wrapup: wrapup(of: agent, after: call.flow), keepsPlace: false)
    }

    private mutating func ended(_ number: Int, now: Milliseconds) {
        guard var call = call(Int32(number)) else { return }
        if call.state == .waiting { stopWaiting(number) }
        if let agent = call.agent {
            let hasWorked = call.state == .talking || agents[agent].hasPickedUp
            letGo(agent, wrapup: hasWorked ? wrapup(of: agent, after: call.flow) : 0, keepsPlace: !hasWorked)
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
        if state == was.state, isLoggedIn == was.isLoggedIn {
            complain("a\(agent) is told to be \(state) twice", ["a\(agent)"])
        }
        if was.state == .incall, state != .incall, let number = was.call {
            complain("a\(agent) is \(state), and has call \(number)", ["a\(agent)"])
        }
        if isLoggedIn, !was.isLoggedIn { becomesFree(agent, now: now) }
        if state == .free, was.state == .wrapup {
            if !was.keepsPlace { becomesFree(agent, now: now) }
            let rest = now - was.since
            if was.isKnown, rest < was.wrapup || rest > max(was.wrapup, 1_000) {
                complain("a\(agent) rested for \(rest) ms, \(was.wrapup) ms were his due", ["a\(agent)"])
            }
        }
        if state == .incall, was.state != .incall, !isRestoring, was.state != .free || !was.isLoggedIn || !was.isKnown {
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
    mutating func recorded(final number: Int, rejected: Int) -> Int {
        guard number < calls.count else { return 0 }
        calls[number]?.rejected = rejected
        calls[number]?.finals += 1
        return calls[number]?.finals ?? 0
    }

    mutating func recorded(refusal number: Int) {
        guard number < calls.count else { return }
        calls[number]?.refusalRecords += 1
    }
}
