/// What people and programs outside decide: dispatching by command, and the operator's repairs (CALLS.md section 6).
extension Center {
    /// Switches the matching of calls and agents on or off; off, calls go to agents by `dispatch` only.
    package mutating func setDispatching(_ isOn: Bool, now: Milliseconds, out: inout [CenterEffect]) {
        var changed = policy
        changed.internalDispatching = isOn
        apply(changed, now: now, out: &out)
    }

    /// Offers a waiting call to an agent who is free and has its skill.
    ///
    /// - Parameter number: as lists show the call.
    package mutating func dispatch(
        call number: Int32,
        agentID: String,
        now: Milliseconds,
        out: inout [CenterEffect]
    ) throws(SteeringError) {
        guard !policy.internalDispatching else { throw .internalDispatching }
        let call = try index(ofCall: number)
        let agent = try index(ofAgent: agentID)
        guard calls[call].phase == .queued else { throw notWaiting(call) }
        guard agents[agent].isIdle else {
            throw .unsuitable("\(occupation(ofAgent: agent)); expected an agent who is free")
        }
        guard agents[agent].skills.contains(flows[calls[call].flow].skill) else {
            throw .unsuitable("\(agentID) lacks the skill \(flows[calls[call].flow].definition.skill)")
        }
        leaveQueue(call: call)
        offer(call: call, to: agent, now: now, out: &out)
    }

    /// Puts a waiting call at another place among the waiting calls of its flow: 0 is the first. The calls in between
    /// move by one and keep their order; no call of another flow changes its place against the flow as a whole.
    ///
    /// O(d log n) for a move over d places.
    package mutating func move(call number: Int32, to position: Int) throws(SteeringError) -> Int {
        let call = try index(ofCall: number)
        guard calls[call].phase == .queued else { throw notWaiting(call) }
        let waiting = queues.items(flows[calls[call].flow].waiting)
        let target = min(max(position, 0), waiting.count - 1)
        guard let old = waiting.firstIndex(of: call), old != target else { return target }
        var span = Array(waiting[min(old, target)...max(old, target)])
        let arrivals = span.map { calls[$0].arrival }
        for moved in span { leaveQueue(call: moved) }
        if old < target {
            span.append(span.removeFirst())
        } else {
            span.insert(span.removeLast(), at: 0)
        }
        for (moved, arrival) in zip(span, arrivals) {
            calls[moved].arrival = arrival
            enterQueue(call: moved)
        }
        return target
    }

    /// Ends an agent's wrap-up now: he is free as soon as his leg is gone, and takes the best waiting call.
    package mutating func endWrapup(
        agentID: String,
        now: Milliseconds,
        out: inout [CenterEffect]
    ) throws(SteeringError) {
        let agent = try index(ofAgent: agentID)
        guard case .wrapup = agents[agent].activity else {
            throw .unsuitable("\(occupation(ofAgent: agent)); there is no wrap-up to end")
        }
        cutWrapup(agent: agent, now: now, out: &out)
    }

    /// Of the agent who is held by something that ends now: no wrap-up follows.
    package mutating func skipWrapup(_ agent: AgentRef, now: Milliseconds, out: inout [CenterEffect]) {
        guard let index = agents.index(of: agent), case .wrapup = agents[index].activity else { return }
        cutWrapup(agent: index, now: now, out: &out)
    }

    /// What the agent is held by, for whoever is to free him.
    package func hold(onAgent agentID: String) throws(SteeringError) -> AgentHold {
        let agent = try index(ofAgent: agentID)
        switch agents[agent].activity {
        case .free: return .nothing
        case .wrapup: return .wrapup
        case .incall(let call):
            guard isServed(call: call, by: agent) else { return .nothing }
            return .call(owner: calls[call].owner)
        }
    }

    /// The name that the Exchange gave the call of this number.
    package func owner(ofCall number: Int32) throws(SteeringError) -> UInt64 { calls[try index(ofCall: number)].owner }

    /// Number of each call in these slots, and the Exchange's name for it.
    package func owners(inSlots slots: Range<Int>) -> [(number: Int32, call: CallRef, owner: UInt64)] {
        calls.occupied(in: slots).map { (calls[$0].number, calls.reference(to: $0), calls[$0].owner) }
    }
}

/// What keeps an agent from being free.
package enum AgentHold: Sendable, Equatable {
    case nothing
    case wrapup
    case call(owner: UInt64)
}

/// A command of a person or program that was understood and cannot be carried out.
package enum SteeringError: Error, Sendable, Equatable {
    /// Calls are dispatched by the rules; commands may only while that is off (403).
    case internalDispatching
    case unknownCall(Int32)
    case unknownAgent(String)
    /// The state or the skill does not allow it (488); the reason is for people.
    case unsuitable(String)
}

// MARK: - Inside

extension Center {
    private mutating func cutWrapup(agent: Int, now: Milliseconds, out: inout [CenterEffect]) {
        guard case .wrapup(var wrapup) = agents[agent].activity else { return }
        wrapup.ends = min(wrapup.ends, now)
        agents[agent].activity = .wrapup(wrapup)
        endWrapup(agent: agent, now: now, out: &out)
    }

    /// O(calls): commands are rare, and nothing else looks calls up by number.
    private func index(ofCall number: Int32) throws(SteeringError) -> Int {
        for call in admissions {
            if let index = calls.index(of: call), calls[index].number == number { return index }
        }
        throw .unknownCall(number)
    }

    private func index(ofAgent id: String) throws(SteeringError) -> Int {
        guard let index = agentIndex[id], !agents[index].isRemoved else { throw .unknownAgent(id) }
        return index
    }

    private func notWaiting(_ call: Int) -> SteeringError {
        .unsuitable(
            "call \(calls[call].number) does not wait in the queue: its state is \(state(ofCall: call).rawValue)"
        )
    }

    /// `anna is in a call`.
    private func occupation(ofAgent index: Int) -> String {
        let agent = agents[index]
        let words =
            switch AgentChange.Presence(agent.state, isLoggedIn: agent.isLoggedIn) {
            case .offline: "is logged off"
            case .free: "is free"
            case .incall: "is in a call"
            case .wrapup: "is in wrap-up"
            }
        return "\(agent.definition.id) \(words)"
    }
}
