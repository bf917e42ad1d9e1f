/// What everybody outside sees: `CenterSnapshot`, and the base that the values shown start from.
extension Center {
    /// Everything at this moment; O(flows + agents + calls).
    package mutating func snapshot(now: Milliseconds) -> CenterSnapshot {
        snapshots += 1
        var snapshot = CenterSnapshot(
            number: snapshots,
            taken: now,
            isDispatchingInternally: policy.internalDispatching,
            countersSince: countersSince
        )
        snapshot.calls = callsShown()
        snapshot.agents = agentOrder.map(agentShown)
        snapshot.flows = flowOrder.map(flowShown)
        let longestWaits = longestWaits(now: now)
        for (index, flow) in flowOrder.enumerated() { snapshot.flows[index].longestWait = longestWaits[flow] }
        snapshot.totals = totals(of: snapshot)
        return snapshot
    }

    /// Starts the counters shown at zero again; those since the start go on underneath.
    package mutating func resetStatistics(now: Milliseconds) {
        countersSince = now
        for index in flowOrder { flows[index].base = flows[index].statistics }
        for index in agentOrder { agents[index].base = agents[index].statistics }
        retiredBase = retired
    }

    private func totals(of snapshot: CenterSnapshot) -> CenterSnapshot.Totals {
        var totals = CenterSnapshot.Totals()
        var statistics = retired.since(retiredBase)
        totals.countersSinceStart = retired.calls
        for flow in flowOrder {
            statistics.addCountsAndWaits(of: flows[flow].statistics.since(flows[flow].base))
            totals.countersSinceStart += flows[flow].statistics.calls
            totals.onHold += flows[flow].onHold
            totals.queued += queues.count(flows[flow].waiting)
            totals.offering += flows[flow].offering
            totals.talking += flows[flow].talking
        }
        for agent in agentOrder {
            if agents[agent].isLoggedIn { totals.loggedAgents += 1 }
            if agents[agent].isIdle { totals.freeAgents += 1 }
        }
        totals.counters = statistics.calls
        totals.averageWait = statistics.waitTimes.mean
        totals.load = load(onHold: totals.onHold, logged: totals.loggedAgents, free: totals.freeAgents)
        totals.repairs = repairs
        return totals
    }

    private func flowShown(_ index: Int) -> CenterSnapshot.Flow {
        let flow = flows[index]
        let statistics = flow.statistics.since(flow.base)
        var shown = CenterSnapshot.Flow(
            id: flow.definition.id,
            priority: flow.definition.priority,
            skill: flow.definition.skill
        )
        shown.counters = statistics.calls
        shown.countersSinceStart = flow.statistics.calls
        shown.putOnHold = statistics.putOnHold
        shown.onHold = flow.onHold
        shown.queued = queues.count(flow.waiting)
        shown.offering = flow.offering
        shown.talking = flow.talking
        shown.loggedAgents = skills[flow.skill].logged
        shown.freeAgents = queues.count(skills[flow.skill].idle)
        shown.averageCallDuration = meanCallDuration(flow: index)
        shown.estimatedWait = estimatedWait(flow: index, position: shown.queued) ?? 0
        shown.averageWait = statistics.waitTimes.mean
        shown.load = load(onHold: flow.onHold, logged: shown.loggedAgents, free: shown.freeAgents)
        shown.answeredInTime = statistics.answeredInTime
        shown.serviceLevelThreshold = flow.definition.serviceLevelThreshold ?? policy.serviceLevelThreshold
        shown.waitTimes = statistics.waitTimes
        shown.ringTimes = statistics.ringTimes
        shown.talkTimes = statistics.talkTimes
        shown.isRemoved = flow.isRemoved
        return shown
    }

    private func agentShown(_ index: Int) -> CenterSnapshot.Agent {
        let agent = agents[index]
        let statistics = agent.statistics.since(agent.base)
        var shown = CenterSnapshot.Agent(
            id: agent.definition.id,
            location: agent.definition.location,
            skills: agent.definition.skills
        )
        shown.isLoggedIn = agent.isLoggedIn
        shown.state = agent.state
        shown.stateSince = agent.since
        switch agent.activity {
        case .free: break
        case .incall(let call): shown.flowID = flows[calls[call].flow].definition.id
        case .wrapup(let wrapup): shown.wrapupEnds = wrapup.ends
        }
        shown.distributed = statistics.distributed
        shown.answered = statistics.answered
        shown.abandoned = statistics.abandoned
        shown.refusals = statistics.refusals
        shown.noAnswerLogoffs = statistics.noAnswerLogoffs
        shown.noAnswerLogoffsSinceStart = agent.statistics.noAnswerLogoffs
        shown.averageTalk = statistics.averageTalk
        shown.isRemoved = agent.isRemoved
        return shown
    }

    private func callsShown() -> [CenterSnapshot.Call] {
        let positions = positions()
        var list: [CenterSnapshot.Call] = []
        list.reserveCapacity(calls.count)
        forEachCall { index, call in
            let flow = flows[call.flow].definition
            var shown = CenterSnapshot.Call(
                number: call.number,
                flowID: flow.id,
                state: state(ofCall: index),
                callerUser: call.callerUser,
                callerDisplayName: call.callerDisplayName,
                since: call.since,
                priority: flow.priority,
                skill: flow.skill
            )
            shown.agentID = call.agent.map { agents[$0].definition.id }
            if case .talking(_, let since) = call.phase { shown.talkingSince = since }
            if call.phase == .queued {
                shown.order = call.arrival
                shown.position = positions[index]
                shown.estimatedWait = estimatedWait(flow: call.flow, position: positions[index])
            }
            list.append(shown)
        }
        return list
    }

    /// Of each waiting call, by slot: walking all queues once costs less than a rank for each call.
    private func positions() -> [Int] {
        var positions = [Int](repeating: 0, count: calls.capacity)
        for flow in flowOrder {
            for (position, call) in queues.items(flows[flow].waiting).enumerated() { positions[call] = position }
        }
        return positions
    }

    /// By slot of the flow. Calls are listed by admission, so the first unanswered one of a flow is its oldest.
    private func longestWaits(now: Milliseconds) -> [Milliseconds] {
        var waits = [Milliseconds](repeating: 0, count: flows.capacity)
        forEachCall { _, call in
            guard call.phase.tally == .onHold || call.phase.tally == .offering else { return }
            waits[call.flow] = max(waits[call.flow], now - call.since)
        }
        return waits
    }

    func forEachCall(_ body: (Int, CallEntry) -> Void) {
        var index = oldestCall
        while index >= 0 {
            body(index, calls[index])
            index = calls[index].next
        }
    }

    /// Percent, as the reference defines it.
    private func load(onHold: Int, logged: Int, free: Int) -> Double {
        logged == 0 ? 0 : 100 * Double(onHold + logged - free) / Double(logged)
    }
}

extension FlowStatistics {
    /// What the totals need of a flow.
    fileprivate mutating func addCountsAndWaits(of other: FlowStatistics) {
        calls += other.calls
        waitTimes += other.waitTimes
    }
}
