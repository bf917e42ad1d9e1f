/// The distribution of calls to agents: flows, agents, the queue, matching, counters (CALLS.md sections 3 to 5).
///
/// A value without a clock, a thread or an I/O of its own. The event loop owns it, tells it what happened and when
/// (`now`, milliseconds of a steady clock that never goes back), and carries out the effects that it appends to `out`.
/// The same events give the same effects.
///
///     admit ──► welcome ──enqueue──► queued ◄──offerFailed──┐
///                  │          │       ▲ └──► .offer ◄──(an agent becomes free)
///                  │          └─► .dissuade │
///             callerLeft          agentPickedUp, agentAnswered ──► talking ──talkEnded──► (gone)
///             callFailed ──► (gone, from any state)              └─transferred─► (until transferEnded)
///
/// An agent goes `free` ──► `incall` ──► `wrapup` ──► `free`. He leaves `wrapup` when it is over **and** `agentCleared`
/// has told that the leg to his phone is gone, and takes the best waiting call in that same turn. Events about calls
/// and agents that are gone do nothing.
///
/// Cost of an event: O(k log n) for an agent with k skills; a call's admission, amortised (see `insert(_:)`).
package struct Center: Sendable {
    package internal(set) var policy: Policy

    var flows = Slab<Subject.Flow, FlowEntry>(vacant: .vacant)
    var agents = Slab<Subject.Agent, AgentEntry>(vacant: .vacant)
    var calls = Slab<Subject.Call, CallEntry>(vacant: .vacant)
    var skills = Slab<Subject.Skill, SkillEntry>(vacant: .vacant)
    /// By name, removed ones that still have calls included. Looked up, never iterated.
    var flowIndex: [String: Int] = [:]
    var agentIndex: [String: Int] = [:]
    var skillIndex: [String: Int] = [:]
    /// All flows and agents, sorted by ID.
    var flowOrder: [Int] = []
    var agentOrder: [Int] = []
    /// Nodes of every queue of calls, flows and agents.
    var queues = QueuePool()
    /// The calls alive, in the order of admission, and among them some that have gone since (see `insert(_:)`).
    var admissions: [CallRef] = []
    /// The last place given out in the queue and among the free agents.
    var lastArrival: UInt64 = 0
    /// Nobody is matched: calls of an earlier process are being taken over and not all of them are here yet, or all are about to end.
    var isSuspended = false
    var lastFreeOrder: UInt64 = 0

    /// What flows counted that are gone, so that global = sum of flows.
    var retired = FlowStatistics()
    var retiredBase: FlowStatistics?
    var countersSince: Milliseconds
    var snapshots: UInt64 = 0
    var repairs: UInt64 = 0

    package init(policy: Policy = Policy(), now: Milliseconds = 0) {
        self.policy = policy
        self.countersSince = now
    }

    /// Puts another policy in force. Wrap-ups and pauses that have begun keep their ends; dispatching switched on
    /// matches what waits.
    package mutating func apply(_ policy: Policy, now: Milliseconds, out: inout [CenterEffect]) {
        let isSwitchedOn = policy.internalDispatching && !self.policy.internalDispatching
        self.policy = policy
        if isSwitchedOn { matchAll(now: now, out: &out) }
    }
}

// MARK: - Looking up

extension Center {
    /// The flow of this ID, to be asked for once a call; nil if there is none or it has been removed.
    package func flow(named id: String) -> FlowRef? {
        guard let index = flowIndex[id], !flows[index].isRemoved else { return nil }
        return flows.reference(to: index)
    }

    /// Whether anybody who could serve the flow is logged in; false if it is gone.
    package func hasLoggedAgents(_ flow: FlowRef) -> Bool {
        guard let index = flows.index(of: flow) else { return false }
        return skills[flows[index].skill].logged > 0
    }

    /// The flow of a call, as it is now; nil once the call is over.
    package func definition(ofCall call: CallRef) -> FlowDefinition? {
        calls.index(of: call).map { flows[calls[$0].flow].definition }
    }

    /// The definition in force for the calls of the flow, which a removed flow keeps until they have ended; nil after
    /// that.
    package func definition(of flow: FlowRef) -> FlowDefinition? {
        flows.index(of: flow).map { flows[$0].definition }
    }

    /// The same, for a call that goes by it from now on.
    package func sharedDefinition(of flow: FlowRef) -> Shared<FlowDefinition>? {
        flows.index(of: flow).map { flows[$0].shared }
    }

    /// nil if he is gone.
    package func definition(of agent: AgentRef) -> AgentDefinition? {
        agents.index(of: agent).map { agents[$0].definition }
    }

    /// The agent of this ID; nil if there is none or he has been removed.
    package func agent(named id: String) -> AgentRef? {
        guard let index = agentIndex[id], !agents[index].isRemoved else { return nil }
        return agents.reference(to: index)
    }

    /// False also if there is none.
    package func isLoggedIn(_ id: String) -> Bool { agentIndex[id].map { agents[$0].isLoggedIn } ?? false }

    /// The first agent, by ID, whose location satisfies the condition. O(agents).
    package func agentID(where isHis: (_ location: String) -> Bool) -> String? {
        agentOrder.first { !agents[$0].isRemoved && isHis(agents[$0].definition.location) }
            .map { agents[$0].definition.id }
    }

    /// nil if he is gone.
    package func state(of agent: AgentRef) -> AgentState? {
        agents.index(of: agent).map { agents[$0].state }
    }

    /// The call that the agent is reserved for or talks in.
    package func call(of agent: AgentRef) -> CallRef? {
        guard let index = agents.index(of: agent), case .incall(let call) = agents[index].activity,
            isServed(call: call, by: index)
        else { return nil }
        return calls.reference(to: call)
    }

    /// nil once the call is over.
    package func state(of call: CallRef) -> CallState? {
        calls.index(of: call).map { state(ofCall: $0) }
    }

    /// Calls alive.
    package var callCount: Int { calls.count }

    /// Waiting calls of the same flow ahead of this one; nil unless it is queued.
    package func position(of call: CallRef) -> Int? {
        guard let index = calls.index(of: call), calls[index].phase == .queued else { return nil }
        return queues.rank(of: flowKey(ofCall: index), in: flows[calls[index].flow].waiting)
    }

    /// How long a queued call may still have to wait: mean call duration of its flow x calls ahead / agents logged in.
    /// nil if there is nobody to take it (at the edge: 2147483647 seconds), and unless it is queued.
    package func estimatedWait(of call: CallRef) -> Milliseconds? {
        guard let index = calls.index(of: call), let position = position(of: call) else { return nil }
        return estimatedWait(flow: calls[index].flow, position: position)
    }

    func estimatedWait(flow: Int, position: Int) -> Milliseconds? {
        let logged = skills[flows[flow].skill].logged
        guard logged > 0 else { return nil }
        return meanCallDuration(flow: flow) * Milliseconds(position) / Milliseconds(logged)
    }

    /// Talk time since the start: an estimate has no use for the wish to see counters begin at zero.
    func meanCallDuration(flow: Int) -> Milliseconds {
        let talks = flows[flow].statistics.talkTimes
        return talks.count == 0 ? 180_000 : talks.mean
    }

    func state(ofCall index: Int) -> CallState {
        switch calls[index].phase {
        case .welcome: .welcome
        // While he is being sent elsewhere he goes on hearing the queue's music.
        case .queued, .leaving: .queued
        case .dissuading(let isFinal): isFinal ? .dissuading2 : .dissuading1
        case .offered(let offer): offer.isBriefed ? .preagent : .toagent
        case .talking: .toagent
        case .transferred: .transferred
        }
    }
}
