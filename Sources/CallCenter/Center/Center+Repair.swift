/// Mending of what must never be broken: nobody waits for a restart because of a defect elsewhere.
extension Center {
    /// How long past its time a timer, or the end of a leg, must be before it counts as lost.
    private static let grace: Milliseconds = 5_000

    /// Frees agents who are held by nothing, ends wrap-ups and pauses whose timer has been lost, puts calls without
    /// their agent back into the queue, and matches what waits although it could be served. Each finding is counted and
    /// reported as `.repaired`. To be called now and then; O(n log n).
    package mutating func repair(now: Milliseconds, out: inout [CenterEffect]) {
        repair(slots: 0..<slotCount, now: now, out: &out)
        matchForgotten(now: now, out: &out)
    }

    /// Slots for calls or for agents, whichever are more.
    package var slotCount: Int { max(calls.capacity, agents.capacity) }

    /// The same of the calls and agents in these slots only, as far as they are there, and without the matching.
    package mutating func repair(slots: Range<Int>, now: Milliseconds, out: inout [CenterEffect]) {
        for call in calls.occupied(in: slots) { repair(call: call, now: now, out: &out) }
        for agent in agents.occupied(in: slots) { repair(agent: agent, now: now, out: &out) }
    }

    /// Matches what waits although it could be served.
    package mutating func matchForgotten(now: Milliseconds, out: inout [CenterEffect]) {
        let before = out.count
        matchAll(now: now, out: &out)
        if out.count > before { note("calls waited for agents who were free; matched", out: &out) }
    }

    private mutating func repair(call index: Int, now: Milliseconds, out: inout [CenterEffect]) {
        let number = calls[index].number
        if calls[index].pauses.contains(where: { $0.until.adding(Self.grace) < now }) {
            calls[index].pauses.removeAll { $0.until.adding(Self.grace) < now }
            note("call \(number): the end of a pause had been lost", out: &out)
        }
        if case .offered(let offer) = calls[index].phase, agents[offer.agent].activity != .incall(index) {
            note("call \(number): offered to an agent who does not know of it; back in the queue", out: &out)
            enter(.queued, call: index)
            distribute(call: index, now: now, out: &out)
        }
    }

    private mutating func repair(agent: Int, now: Milliseconds, out: inout [CenterEffect]) {
        guard agents.isOccupied(agent) else { return }
        let id = agents[agent].definition.id
        switch agents[agent].activity {
        case .free: break
        case .incall(let call):
            guard !isServed(call: call, by: agent) else { return }
            note("agent \(id): incall without a live call; freed", out: &out)
            agents[agent].activity = .wrapup(
                AgentEntry.Wrapup(ends: now, clearingSince: nil, isOver: true, keepsPlace: false)
            )
            becomeFree(agent: agent, now: now, out: &out)
        case .wrapup(let wrapup):
            if let since = wrapup.clearingSince, since.adding(Self.grace) < now {
                note("agent \(id): the end of his leg had not been told", out: &out)
                agentCleared(agents.reference(to: agent), now: now, out: &out)
            }
            if !wrapup.isOver, wrapup.ends.adding(Self.grace) < now {
                note("agent \(id): the end of his wrap-up had been lost", out: &out)
                endWrapup(agent: agent, now: now, out: &out)
            }
        }
    }

    /// Counts and reports what has been found and mended here or by whoever runs the calls.
    package mutating func note(_ finding: String, out: inout [CenterEffect]) {
        repairs += 1
        out.append(.repaired(finding))
    }
}
