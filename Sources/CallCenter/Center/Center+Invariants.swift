/// What must hold after every event, checked from scratch. O(n log n): for tests, and now and then in a running
/// process.
extension Center {
    /// What is broken, in words for the log; empty in a sound center.
    package func checkInvariants() -> [String] {
        checkAgents() + checkCalls() + checkFlows() + checkSkills() + checkMatching()
    }

    private func checkAgents() -> [String] {
        var broken: [String] = []
        for index in agentOrder {
            let agent = agents[index]
            let id = agent.definition.id
            if agentIndex[id] != index { broken.append("agent \(id): not found by his ID") }
            if case .incall(let call) = agent.activity, !isServed(call: call, by: index) {
                broken.append("agent \(id): incall without a live call")
            }
            let isOfferable = agent.activity == .free && agent.isLoggedIn && !agent.isRemoved
            if agent.isIdle != isOfferable {
                broken.append("agent \(id): \(agent.isIdle ? "among" : "not among") the idle ones, \(agent.activity)")
            }
            if agent.isRemoved, agent.activity == .free { broken.append("agent \(id): removed, free and still there") }
        }
        if agentOrder.count != agents.count { broken.append("\(agents.count) agents, \(agentOrder.count) listed") }
        if !isSorted(agentOrder.map { agents[$0].definition.id }) { broken.append("agents are out of order") }
        return broken
    }

    private func checkCalls() -> [String] {
        var broken: [String] = []
        var listed = 0
        forEachCall { _, call in
            listed += 1
            if !flows.isOccupied(call.flow) { broken.append("call \(call.number): its flow is gone") }
            guard let agent = call.agent else { return }
            if !agents.isOccupied(agent) || !isActive(agent: agent, in: call) {
                broken.append("call \(call.number): its agent does not know of it")
            }
        }
        if listed != calls.count { broken.append("\(calls.count) calls, \(listed) listed") }
        return broken
    }

    private func checkFlows() -> [String] {
        var broken: [String] = []
        var counts = [[CallEntry.Tally: Int]](repeating: [:], count: flows.capacity)
        var waiting = [[Int]](repeating: [], count: flows.capacity)
        forEachCall { index, call in
            counts[call.flow][call.phase.tally, default: 0] += 1
            if call.phase == .queued { waiting[call.flow].append(index) }
        }
        for index in flowOrder {
            let flow = flows[index]
            let id = flow.definition.id
            if flowIndex[id] != index { broken.append("flow \(id): not found by its ID") }
            let counted: [(tally: CallEntry.Tally, count: Int)] = [
                (.onHold, flow.onHold), (.offering, flow.offering), (.talking, flow.talking),
                (.transferred, flow.transferred),
            ]
            for (tally, count) in counted where counts[index][tally, default: 0] != count {
                broken.append("flow \(id): \(count) \(tally), counted \(counts[index][tally, default: 0])")
            }
            waiting[index].sort { calls[$0].arrival < calls[$1].arrival }
            if queues.items(flow.waiting) != waiting[index] { broken.append("flow \(id): wrong calls in its queue") }
            let alive = UInt64(flow.onHold + flow.offering)
            if !flow.statistics.calls.isBalanced(alive: alive) { broken.append("flow \(id): counters do not add up") }
        }
        if !retired.calls.isBalanced(alive: 0) { broken.append("counters of removed flows do not add up") }
        if flowOrder.count != flows.count { broken.append("\(flows.count) flows, \(flowOrder.count) listed") }
        if !isSorted(flowOrder.map { flows[$0].definition.id }) { broken.append("flows are out of order") }
        return broken
    }

    private func checkSkills() -> [String] {
        var waiting = [[(key: QueuePool.Key, item: Int)]](repeating: [], count: skills.capacity)
        var idle = [[Int]](repeating: [], count: skills.capacity)
        var logged = [Int](repeating: 0, count: skills.capacity)
        var users = [Int](repeating: 0, count: skills.capacity)
        for flow in flowOrder {
            users[flows[flow].skill] += 1
            if let key = skillKey(ofFlow: flow) { waiting[flows[flow].skill].append((key, flow)) }
        }
        for agent in agentOrder {
            for skill in agents[agent].skills {
                users[skill] += 1
                if agents[agent].isLoggedIn { logged[skill] += 1 }
                if agents[agent].isIdle { idle[skill].append(agent) }
            }
        }

        var broken: [String] = []
        var nodes = flowOrder.reduce(0) { $0 + queues.count(flows[$1].waiting) }
        for index in 0..<skills.capacity where skills.isOccupied(index) {
            let skill = skills[index]
            waiting[index].sort { $0.key < $1.key }
            idle[index].sort { agents[$0].freeOrder < agents[$1].freeOrder }
            if !queues.holds(waiting[index], skill.waiting) { broken.append("skill \(skill.name): wrong flows wait") }
            if queues.items(skill.idle) != idle[index] { broken.append("skill \(skill.name): wrong agents are idle") }
            if skill.logged != logged[index] { broken.append("skill \(skill.name): wrong number of agents logged in") }
            if skill.users != users[index] { broken.append("skill \(skill.name): wrong number of users") }
            nodes += queues.count(skill.waiting) + queues.count(skill.idle)
        }
        if nodes != queues.count { broken.append("\(queues.count) places in queues, \(nodes) in use") }
        return broken
    }

    /// No call waits while an agent who could serve it is free, except for a pair in its pause.
    private func checkMatching() -> [String] {
        guard policy.internalDispatching else { return [] }
        var broken: [String] = []
        for index in 0..<skills.capacity where skills.isOccupied(index) && !skills[index].idle.isEmpty {
            let idle = queues.items(skills[index].idle)
            for call in waitingCalls(for: CollectionOfOne(index)) {
                guard let agent = idle.first(where: { !isPaused(call: call, agent: $0) }) else { continue }
                broken.append("call \(calls[call].number) waits, agent \(agents[agent].definition.id) is free for it")
            }
        }
        return broken
    }

    func isServed(call: Int, by agent: Int) -> Bool {
        call >= 0 && call < calls.capacity && calls.isOccupied(call) && calls[call].agent == agent
    }

    private func isActive(agent: Int, in call: CallEntry) -> Bool {
        guard case .incall(let served) = agents[agent].activity, calls.isOccupied(served) else { return false }
        return calls[served].number == call.number && calls[served].owner == call.owner
    }

    private func isSorted(_ ids: [String]) -> Bool {
        zip(ids, ids.dropFirst()).allSatisfy { $0.precedes($1) }
    }
}

extension CallCounters {
    /// The equation of CALLS.md section 4; `alive` are the calls on hold or being offered.
    func isBalanced(alive: UInt64) -> Bool {
        received + restored == answered + abandoned + failures + alive
    }
}
