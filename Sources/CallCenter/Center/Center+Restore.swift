/// Going on with the calls and agents of an earlier process (DESIGN.md section 2, restart). To be done before the first new call,
/// and after flows, agents and log-ins are provisioned.
extension Center {
    /// Of the place of a call, what tells it from others; nil once the call is over.
    package func arrival(of call: CallRef) -> UInt64? { calls.index(of: call).map { calls[$0].arrival } }

    /// nil once the call is over.
    package func place(of call: CallRef) -> Place? {
        calls.index(of: call).map { index in
            Place(
                arrival: calls[index].arrival,
                arrived: calls[index].arrived,
                dissuasions: calls[index].dissuasions.rawValue,
                hasWaited: calls[index].hasWaited,
                pauses: calls[index].pauses.compactMap { pause in
                    agents.index(of: pause.agent).map { agent in
                        Place.Pause(agentID: agents[agent].definition.id, until: pause.until)
                    }
                }
            )
        }
    }

    /// What an agent does; nil if there is none of that ID.
    package func restorableAgent(_ id: String) -> RestoredAgent? { agentIndex[id].map(restorable) }

    /// What agents do, in the order of their IDs: so many at most, of those behind `last`.
    package func restorableAgents(after last: String? = nil, atMost count: Int = .max) -> [RestoredAgent] {
        var (lower, upper) = (0, last == nil ? 0 : agentOrder.count)
        while let last, lower < upper {
            let middle = (lower + upper) / 2
            if last.precedes(agents[agentOrder[middle]].definition.id) { upper = middle } else { lower = middle + 1 }
        }
        return agentOrder[lower...].prefix(count).map(restorable)
    }

    private func restorable(_ agent: Int) -> RestoredAgent {
        var wrapupEnds: Milliseconds?
        // One who keeps his place among the free ones only waits for his leg to go.
        if case .wrapup(let wrapup) = agents[agent].activity, !wrapup.keepsPlace { wrapupEnds = wrapup.ends }
        let login = Login(isLoggedIn: agents[agent].isLoggedIn, rowSays: agents[agent].definition.isLoggedIn)
        return RestoredAgent(
            id: agents[agent].definition.id,
            freeSince: agents[agent].freeSince,
            wrapupEnds: wrapupEnds,
            login: agents[agent].isRemoved ? nil : login
        )
    }

    /// Gives agents their place among the free ones again, and what is left of their wrap-ups.
    package mutating func restore(agents kept: [RestoredAgent], now: Milliseconds, out: inout [CenterEffect]) {
        for agent in kept {
            guard let index = agentIndex[agent.id], agents[index].activity == .free else { continue }
            // A wrap-up that has ended while nobody was there has made him free when it did.
            agents[index].freeSince = min(max(agent.freeSince, agent.wrapupEnds ?? .min), now)
        }
        let order = agentOrder.sorted { one, other in
            let (first, second) = (agents[one].freeSince, agents[other].freeSince)
            return first == second ? one < other : first < second
        }
        for index in order {
            let wasIdle = agents[index].isIdle
            leaveIdle(agent: index)
            lastFreeOrder += 1
            agents[index].freeOrder = lastFreeOrder
            if wasIdle {
                agents[index].since = agents[index].freeSince
                enterIdle(agent: index)
            }
        }
        for agent in kept {
            guard let ends = agent.wrapupEnds, ends > now, let index = agentIndex[agent.id],
                agents[index].activity == .free
            else { continue }
            leaveIdle(agent: index)
            startWrapup(agent: index, length: ends - now, now: now, out: &out)
            agentCleared(agents.reference(to: index), now: now, out: &out)
        }
    }

    /// An agent whose phone is being let go of: he has his place again when `agentCleared` tells that it is gone. nil if there
    /// is none of that ID who is free.
    package mutating func restoreClearing(
        agentID: String,
        now: Milliseconds,
        out: inout [CenterEffect]
    ) -> AgentRef? {
        guard let index = agentIndex[agentID], agents[index].activity == .free else { return nil }
        leaveIdle(agent: index)
        startWrapup(agent: index, length: 0, keepsPlace: true, now: now, out: &out)
        return agents.reference(to: index)
    }

    /// Takes calls over, in the order of their INVITEs. Those that wait are in the queue afterwards, in the order in which they
    /// were, and nothing is matched, not even calls that arrive, until `matchRestored`.
    ///
    /// - Returns: for each its reference, and the agent whom it talks to.
    package mutating func restore(
        calls kept: [RestoredCall],
        now: Milliseconds,
        out: inout [CenterEffect]
    ) -> [(call: CallRef, agent: AgentRef?)] {
        isSuspended = true
        let restored = kept.map { restore($0, now: now, out: &out) }
        // Places may have been given twice if a call was moved and that got lost.
        let waiting = restored.filter { calls[$0].arrival > 0 || calls[$0].phase == .queued }.sorted { one, other in
            let (first, second) = (calls[one].arrival, calls[other].arrival)
            return first == second ? calls[one].since < calls[other].since : first < second
        }
        for index in waiting {
            lastArrival += 1
            calls[index].arrival = lastArrival
        }
        for index in restored where calls[index].phase == .queued { enterQueue(call: index) }
        // Now that agents are here again who are provisioned no more and talk.
        for (kept, index) in zip(kept, restored) { restore(kept.place.pauses, call: index, now: now, out: &out) }
        return restored.map { index in (calls.reference(to: index), calls[index].agent.map { agents.reference(to: $0) })
        }
    }

    /// Offers restored calls to the agents who are free, and starts the timers of those that go on waiting.
    package mutating func matchRestored(now: Milliseconds, out: inout [CenterEffect]) {
        isSuspended = false
        matchAll(now: now, out: &out)
        forEachCall { index, call in
            guard call.phase == .queued, !call.dissuasions.contains(.onHold),
                let threshold = flows[call.flow].definition.dissuading?.onHoldThreshold
            else { return }
            out.append(.wake(at: max(now, call.arrived.adding(threshold)), .dissuading(calls.reference(to: index))))
        }
        overflowAbandonedFlows(skills: 0..<skills.capacity, out: &out)
    }

    private mutating func restore(_ kept: RestoredCall, now: Milliseconds, out: inout [CenterEffect]) -> Int {
        let flow = flowIndex[kept.flowID] ?? retainRemoved(kept.definition)
        var entry = CallEntry(
            flow: flow,
            number: kept.number,
            owner: kept.owner,
            callerUser: kept.callerUser,
            callerDisplayName: kept.callerDisplayName,
            since: kept.since
        )
        entry.arrival = kept.place.arrival
        entry.arrived = kept.place.arrived
        entry.dissuasions = CallEntry.Dissuasions(rawValue: kept.place.dissuasions)
        entry.hasWaited = kept.place.hasWaited
        switch kept.phase {
        case .welcome: entry.phase = .welcome
        case .queued: entry.phase = .queued
        case .leaving: entry.phase = .leaving
        case .transferred: entry.phase = .transferred
        case .dissuading(let isFinal): entry.phase = .dissuading(isFinal: isFinal)
        case .talking(let agentID, let since):
            let agent = restoredAgent(agentID, now: now)
            entry.phase = .talking(agent: agent, since: since)
        }
        let index = insert(entry)
        flows[flow].count(entry.phase.tally, by: 1)
        if entry.phase.tally == .onHold { flows[flow].statistics.calls.restored += 1 }
        if case .talking(let agent, _) = entry.phase {
            leaveIdle(agent: agent)
            change(agent: agent, now: now, out: &out) { $0.activity = .incall(index) }
        }
        return index
    }

    /// Whoever has just refused the call is not asked again before his pause is over.
    private mutating func restore(
        _ pauses: [Place.Pause],
        call index: Int,
        now: Milliseconds,
        out: inout [CenterEffect]
    ) {
        for pause in pauses where pause.until > now {
            guard let agent = agentIndex[pause.agentID] else { continue }
            calls[index].refusals &+= 1
            self.pause(call: index, agent: agent, until: pause.until, out: &out)
        }
    }

    /// The agent who talks; one who is provisioned no more is made for it.
    private mutating func restoredAgent(_ id: String, now: Milliseconds) -> Int {
        var id = id
        while let index = agentIndex[id] {
            if agents[index].activity == .free { return index }
            // Nobody talks to two: whoever restores sees to it, and damage must not break what is in force.
            id += "'"
        }
        var agent = AgentEntry(definition: AgentDefinition(id: id, location: "", skills: []), since: now)
        agent.isRemoved = true
        let index = agents.insert(agent)
        agentIndex[id] = index
        sortAgents()
        return index
    }

    /// A flow that is provisioned no more lives as long as its calls.
    private mutating func retainRemoved(_ definition: FlowDefinition) -> Int {
        var flow = FlowEntry(definition: definition, skill: retainSkill(definition.skill))
        flow.isRemoved = true
        let index = flows.insert(flow)
        flowIndex[definition.id] = index
        sortFlows()
        return index
    }
}
