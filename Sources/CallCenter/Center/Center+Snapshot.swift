/// What everybody outside sees: `CenterSnapshot`, and the base that the values shown start from.
///
/// Calls wait while a snapshot is made. So entries are looked at where they are: a copy of one, with all its strings and arrays, would
/// cost more than what is shown of it; and what is shown is filled in where it stays.
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
        snapshot.agents.reserveCapacity(agentOrder.count)
        for (position, agent) in agentOrder.enumerated() {
            snapshot.agents.append(named(agent: agent))
            show(agent: agent, in: &snapshot.agents[position])
        }
        let longestWaits = longestWaits(now: now)
        snapshot.flows.reserveCapacity(flowOrder.count)
        for flow in flowOrder { snapshot.flows.append(flowShown(flow, longestWait: longestWaits[flow])) }
        snapshot.totals = totals(of: snapshot)
        return snapshot
    }

    /// Starts the counters shown at zero again; those since the start go on underneath.
    package mutating func resetStatistics(now: Milliseconds) {
        countersSince = now
        for index in flowOrder { flows[index].base = Shared(flows[index].statistics) }
        for index in agentOrder { agents[index].base = Shared(agents[index].statistics) }
        retiredBase = retired
    }

    private func totals(of snapshot: borrowing CenterSnapshot) -> CenterSnapshot.Totals {
        var totals = CenterSnapshot.Totals()
        let gone = retired.since(retiredBase)
        var waitTimes = gone.waitTimes
        totals.counters = gone.calls
        totals.countersSinceStart = retired.calls
        for index in snapshot.flows.indices {
            totals.counters += snapshot.flows[index].counters
            totals.countersSinceStart += snapshot.flows[index].countersSinceStart
            waitTimes += snapshot.flows[index].waitTimes
            totals.onHold += snapshot.flows[index].onHold
            totals.queued += snapshot.flows[index].queued
            totals.offering += snapshot.flows[index].offering
            totals.talking += snapshot.flows[index].talking
        }
        for agent in agentOrder {
            if agents[agent].isLoggedIn { totals.loggedAgents += 1 }
            if agents[agent].isIdle { totals.freeAgents += 1 }
        }
        totals.averageWait = waitTimes.mean
        totals.load = load(onHold: totals.onHold, logged: totals.loggedAgents, free: totals.freeAgents)
        totals.repairs = repairs
        return totals
    }

    private func flowShown(_ index: Int, longestWait: Milliseconds) -> CenterSnapshot.Flow {
        let statistics = flows[index].statistics.since(flows[index].base?.value)
        var shown = CenterSnapshot.Flow(
            id: flows[index].definition.id,
            priority: flows[index].definition.priority,
            skill: flows[index].definition.skill
        )
        shown.counters = statistics.calls
        shown.countersSinceStart = flows[index].statistics.calls
        shown.putOnHold = statistics.putOnHold
        shown.onHold = flows[index].onHold
        shown.queued = queues.count(flows[index].waiting)
        shown.offering = flows[index].offering
        shown.talking = flows[index].talking
        shown.loggedAgents = skills[flows[index].skill].logged
        shown.freeAgents = queues.count(skills[flows[index].skill].idle)
        shown.averageCallDuration = meanCallDuration(flow: index)
        shown.estimatedWait = estimatedWait(flow: index, position: shown.queued) ?? 0
        shown.averageWait = statistics.waitTimes.mean
        shown.longestWait = longestWait
        shown.load = load(onHold: shown.onHold, logged: shown.loggedAgents, free: shown.freeAgents)
        shown.answeredInTime = statistics.answeredInTime
        shown.serviceLevelThreshold =
            flows[index].definition.serviceLevelThreshold ?? policy.serviceLevelThreshold
        shown.waitTimes = statistics.waitTimes
        shown.ringTimes = statistics.ringTimes
        shown.talkTimes = statistics.talkTimes
        shown.isRemoved = flows[index].isRemoved
        return shown
    }

    private func named(agent index: Int) -> CenterSnapshot.Agent {
        CenterSnapshot.Agent(
            id: agents[index].definition.id,
            location: agents[index].definition.location,
            skills: agents[index].definition.skills
        )
    }

    private func show(agent index: Int, in shown: inout CenterSnapshot.Agent) {
        let statistics = agents[index].statistics.since(agents[index].base?.value)
        shown.isLoggedIn = agents[index].isLoggedIn
        shown.state = agents[index].state
        shown.stateSince = agents[index].since
        switch agents[index].activity {
        case .free: break
        case .incall(let call): shown.flowID = flows[calls[call].flow].definition.id
        case .wrapup(let wrapup): shown.wrapupEnds = wrapup.ends
        }
        shown.distributed = statistics.distributed
        shown.answered = statistics.answered
        shown.abandoned = statistics.abandoned
        shown.refusals = statistics.refusals
        shown.noAnswerLogoffs = statistics.noAnswerLogoffs
        shown.noAnswerLogoffsSinceStart = agents[index].statistics.noAnswerLogoffs
        shown.averageTalk = statistics.averageTalk
        shown.isRemoved = agents[index].isRemoved
    }

    private func callsShown() -> [CenterSnapshot.Call] {
        let positions = positions()
        var list: [CenterSnapshot.Call] = []
        list.reserveCapacity(calls.count)
        for call in admissions {
            guard let index = calls.index(of: call) else { continue }
            list.append(named(call: index))
            show(call: index, position: positions[index], in: &list[list.count - 1])
        }
        return list
    }

    private func named(call index: Int) -> CenterSnapshot.Call {
        let flow = calls[index].flow
        return CenterSnapshot.Call(
            number: calls[index].number,
            flowID: flows[flow].definition.id,
            state: state(ofCall: index),
            callerUser: calls[index].callerUser,
            callerDisplayName: calls[index].callerDisplayName,
            since: calls[index].since,
            priority: flows[flow].definition.priority,
            skill: flows[flow].definition.skill
        )
    }

    private func show(call index: Int, position: Int, in shown: inout CenterSnapshot.Call) {
        if let agent = calls[index].agent { shown.agentID = agents[agent].definition.id }
        if case .talking(_, let since) = calls[index].phase { shown.talkingSince = since }
        if calls[index].phase == .queued {
            shown.order = calls[index].arrival
            shown.position = position
            shown.estimatedWait = estimatedWait(flow: calls[index].flow, position: position)
        }
    }

    /// Of each waiting call, by slot: walking all queues once costs less than a rank for each call.
    private func positions() -> [Int] {
        var positions = [Int](repeating: 0, count: calls.capacity)
        for flow in flowOrder {
            for (position, call) in queues.items(flows[flow].waiting).enumerated() { positions[call] = position }
        }
        return positions
    }

    /// By slot of the flow: since the oldest INVITE of its unanswered calls.
    private func longestWaits(now: Milliseconds) -> [Milliseconds] {
        var waits = [Milliseconds](repeating: 0, count: flows.capacity)
        for call in admissions {
            guard let index = calls.index(of: call) else { continue }
            switch calls[index].phase.tally {
            case .onHold, .offering: waits[calls[index].flow] = max(waits[calls[index].flow], now - calls[index].since)
            case .talking, .transferred: break
            }
        }
        return waits
    }

    func forEachCall(_ body: (Int, CallEntry) -> Void) {
        for call in admissions {
            guard let index = calls.index(of: call) else { continue }
            body(index, calls[index])
        }
    }

    /// Percent, as the reference defines it.
    private func load(onHold: Int, logged: Int, free: Int) -> Double {
        logged == 0 ? 0 : 100 * Double(onHold + logged - free) / Double(logged)
    }
}
