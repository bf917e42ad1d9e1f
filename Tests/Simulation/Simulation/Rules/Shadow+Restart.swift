import CallCenter
import SIP

/// What must be after a restart of what was before (DESIGN.md section 2): calls keep their places and agents theirs, wrap-ups go on;
/// whoever was being offered or joined is let go, and the call waits at its place.
extension Shadow {
    mutating func restart(with policy: Policy, now: Milliseconds) {
        self.policy = policy
        dispatched = nil
        freed = nil
        isRestoring = true
        // Of a flow that is provisioned no more nothing is kept but what its calls are matched by.
        for index in flows.indices where !flows[index].isKnown {
            flows[index] = Flow(skill: flows[index].skill, priority: flows[index].priority, isKnown: false)
        }
        for agent in agents.indices { restart(agent: agent, now: now) }
        for number in alive { restart(call: number, now: now) }
        rankAgents()
    }

    private mutating func restart(agent: Int, now: Milliseconds) {
        let isTalking = agents[agent].call.flatMap { calls[$0] }?.state == .talking
        if agents[agent].state == .wrapup {
            let ends = agents[agent].since + agents[agent].wrapup
            if ends <= now, !agents[agent].keepsPlace { agents[agent].freedAt = ends }
            agents[agent].wrapup = max(0, ends - now)
        } else if !isTalking {
            // If his phone is being let go.
            agents[agent].wrapup = 0
            agents[agent].keepsPlace = true
        }
        if !isTalking { agents[agent].call = nil }
        agents[agent].hasPickedUp = false
        agents[agent].state = .free
        agents[agent].since = now
        guard !agents[agent].isKnown else { return }
        // Of one who is provisioned no more nothing is kept but that he talks.
        agents[agent].wrapupTime = nil
        agents[agent].isLoggedIn = false
        if !isTalking { forget(agent) }
    }

    private mutating func restart(call number: Int, now: Milliseconds) {
        guard var call = calls[number] else { return }
        call.pauses.removeAll { $0.until <= now }
        // Its wait has the end that it had.
        let maxWait = call.definition.maxWait
        call.definition = flows[call.flow]
        call.definition.maxWait = maxWait
        switch call.state {
        case .welcome, .dissuaded, .leaving: call.since = now
        case .offered, .briefed, .returning:
            waiting.append(number)
            call.state = .waiting
            call.since = now
            call.agent = nil
        case .waiting, .talking, .elsewhere, .over: break
        }
        calls[number] = call
    }

    /// Of two who became free at the same moment either may have been first.
    private mutating func rankAgents() {
        lastFree = 0
        var latest: Milliseconds = .min
        for agent in agents.indices.sorted(by: { agents[$0].freedAt < agents[$1].freedAt }) {
            if agents[agent].freedAt != latest { lastFree += 1 }
            latest = agents[agent].freedAt
            agents[agent].freeOrder = lastFree
        }
    }
}
