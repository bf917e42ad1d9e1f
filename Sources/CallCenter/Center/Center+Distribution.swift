/// Matching of waiting calls and free agents (CALLS.md section 3).
///
/// Waiting calls are ordered by (flow priority, arrival), agents by how long they have been free. Between two events no
/// call waits while an agent who could serve it is free, unless the pair is in its pause or dispatching is off; so an
/// event has only its own call or agent to match.
extension Center {
    /// A call enters the queue, or returns to it: the longest free agent takes it, or it waits, unless its flow has
    /// something else in store for it.
    mutating func distribute(
        call index: Int,
        isArriving: Bool = false,
        now: Milliseconds,
        out: inout [CenterEffect]
    ) {
        if let agent = bestAgent(forCall: index) {
            offer(call: index, to: agent, now: now, out: &out)
            return
        }
        if !calls[index].hasWaited {
            calls[index].hasWaited = true
            flows[calls[index].flow].statistics.putOnHold += 1
        }
        let (call, owner) = (calls.reference(to: index), calls[index].owner)
        if !overflows(flow: calls[index].flow), isDissuaded(call: index, isArriving: isArriving, now: now, out: &out) {
            dissuade(call: index, out: &out)
            return
        }
        enter(.queued, call: index)
        enterQueue(call: index)
        if overflows(flow: calls[index].flow) {
            out.append(.overflow(call: call, owner: owner))
        } else {
            out.append(.wait(call: call, owner: owner))
        }
    }

    /// An idle agent takes the best waiting call that he can serve, if there is one.
    mutating func distribute(agent: Int, now: Milliseconds, out: inout [CenterEffect]) {
        guard agents[agent].isIdle else { return }
        takeBestCall(agent: agent, now: now, out: &out)
    }

    /// False: no call waits that the agent, who is free, could serve.
    @discardableResult
    mutating func takeBestCall(agent: Int, now: Milliseconds, out: inout [CenterEffect]) -> Bool {
        guard let call = bestCall(forAgent: agent) else { return false }
        leaveQueue(call: call)
        offer(call: call, to: agent, now: now, out: &out)
        return true
    }

    /// Matches everything that can be, the most urgent call first: after changes that concern many at once. O(n log n)
    /// in the calls that wait for a skill of an idle agent.
    mutating func matchAll(now: Milliseconds, out: inout [CenterEffect]) {
        guard isMatching else { return }
        let served = (0..<skills.capacity).filter { skills.isOccupied($0) && !skills[$0].idle.isEmpty }
        for call in waitingCalls(for: served) {
            guard let agent = bestAgent(forCall: call) else { continue }
            leaveQueue(call: call)
            offer(call: call, to: agent, now: now, out: &out)
        }
    }

    /// From now on nobody is offered a call any more: the service ends.
    package mutating func suspend() { isSuspended = true }

    private var isMatching: Bool { policy.internalDispatching && !isSuspended }

    // Inlined, as other functions that events ask: the compiler hands a copy of the whole `Center` to one that is called and
    // does not change it, some 320 instructions each time.
    /// The agent free the longest who can serve the call now.
    @inline(__always)
    private func bestAgent(forCall index: Int) -> Int? {
        guard isMatching else { return nil }
        let idle = skills[flows[calls[index].flow].skill].idle
        var candidate = queues.first(idle)
        while let (key, agent) = candidate {
            if !isPaused(call: index, agent: agent) { return agent }
            candidate = queues.next(after: key, in: idle)
        }
        return nil
    }

    /// The first call in (priority, arrival) whose skill the agent has.
    @inline(__always)
    private func bestCall(forAgent agent: Int) -> Int? {
        guard isMatching else { return nil }
        var best: (key: QueuePool.Key, call: Int)?
        for skill in agents[agent].skills {
            let waiting = skills[skill].waiting
            var candidate = queues.first(waiting)
            while let (key, flow) = candidate {
                if let best, best.key < key { break }
                let found = firstCall(ofFlow: flow, forAgent: agent)
                if let found, best.map({ found.key < $0.key }) ?? true { best = found }
                // Only behind a call in its pause with this agent may another flow have a better one.
                if found?.key == key { break }
                candidate = queues.next(after: key, in: waiting)
            }
        }
        return best?.call
    }

    /// The first call of a flow that is not in its pause with the agent. O(p log n) if there are p that are.
    @inline(__always)
    private func firstCall(ofFlow flow: Int, forAgent agent: Int) -> (key: QueuePool.Key, call: Int)? {
        var candidate = queues.first(flows[flow].waiting)
        while let (key, call) = candidate {
            if !isPaused(call: call, agent: agent) { return (waitingKey(of: key, flow: flow), call) }
            candidate = queues.next(after: key, in: flows[flow].waiting)
        }
        return nil
    }

    @inline(__always)
    func isPaused(call index: Int, agent: Int) -> Bool {
        guard !calls[index].pauses.isEmpty else { return false }
        let agent = agents.reference(to: agent)
        return calls[index].pauses.contains { $0.agent == agent }
    }

    /// Reserves the agent, who is free, for the call, which is in no queue.
    mutating func offer(call index: Int, to agent: Int, now: Milliseconds, out: inout [CenterEffect]) {
        let flow = calls[index].flow
        leaveIdle(agent: agent)
        enter(.offered(CallEntry.Offer(agent: agent, since: now)), call: index)
        flows[flow].statistics.calls.distributed += 1
        agents[agent].statistics.distributed += 1
        change(agent: agent, now: now, out: &out) { $0.activity = .incall(index) }
        out.append(
            .offer(
                call: calls.reference(to: index),
                owner: calls[index].owner,
                agent: agents.reference(to: agent)
            )
        )
    }
}

// MARK: - Places

extension Center {
    /// Among all calls that wait, of the one at this place in its flow.
    @inline(__always)
    private func waitingKey(of key: QueuePool.Key, flow: Int) -> QueuePool.Key {
        QueuePool.Key(order: key.order, urgency: flows[flow].urgency)
    }

    /// Among the waiting calls of its flow.
    @inline(__always)
    func flowKey(ofCall index: Int) -> QueuePool.Key {
        QueuePool.Key(order: calls[index].arrival)
    }

    /// Among the flows that have calls waiting for the same skill: the place of its first one. nil: none of its calls waits.
    @inline(__always)
    func skillKey(ofFlow index: Int) -> QueuePool.Key? {
        queues.first(flows[index].waiting).map { waitingKey(of: $0.key, flow: index) }
    }

    /// Among the idle agents of each of his skills.
    func idleKey(ofAgent agent: Int) -> QueuePool.Key {
        QueuePool.Key(order: agents[agent].freeOrder)
    }

    mutating func enterQueue(call index: Int) {
        let flow = calls[index].flow
        let key = skillKey(ofFlow: flow)
        queues.insert(index, at: flowKey(ofCall: index), into: &flows[flow].waiting)
        firstCallChanged(ofFlow: flow, from: key)
    }

    mutating func leaveQueue(call index: Int) {
        let flow = calls[index].flow
        let key = skillKey(ofFlow: flow)
        queues.remove(at: flowKey(ofCall: index), from: &flows[flow].waiting)
        firstCallChanged(ofFlow: flow, from: key)
    }

    /// The flow goes to its new place among those that wait for its skill, if it is another one.
    private mutating func firstCallChanged(ofFlow flow: Int, from old: QueuePool.Key?) {
        let new = skillKey(ofFlow: flow)
        guard new != old else { return }
        let skill = flows[flow].skill
        if let old { queues.remove(at: old, from: &skills[skill].waiting) }
        if let new { queues.insert(flow, at: new, into: &skills[skill].waiting) }
    }

    /// The calls that wait for any of these skills, the most urgent first. O(n log n).
    func waitingCalls(for wanted: some Sequence<Int>) -> [Int] {
        var waiting: [(key: QueuePool.Key, call: Int)] = []
        for skill in wanted {
            for flow in queues.items(skills[skill].waiting) {
                for call in queues.items(flows[flow].waiting) {
                    waiting.append((waitingKey(of: flowKey(ofCall: call), flow: flow), call))
                }
            }
        }
        return waiting.sorted { $0.key < $1.key }.map(\.call)
    }

    mutating func enterIdle(agent: Int) {
        guard !agents[agent].isIdle else { return }
        agents[agent].isIdle = true
        let key = idleKey(ofAgent: agent)
        for skill in agents[agent].skills { queues.insert(agent, at: key, into: &skills[skill].idle) }
    }

    mutating func leaveIdle(agent: Int) {
        guard agents[agent].isIdle else { return }
        agents[agent].isIdle = false
        let key = idleKey(ofAgent: agent)
        for skill in agents[agent].skills { queues.remove(at: key, from: &skills[skill].idle) }
    }
}
