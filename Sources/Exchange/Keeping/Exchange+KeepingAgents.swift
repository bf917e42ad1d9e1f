import CallCenter
import SIP

/// Having kept of agents what the next process must know.
extension Exchange {
    /// An agent has become free or gone into wrap-up, or has logged in or off during a call: where that leaves him, the next process
    /// must know.
    mutating func keep(_ change: AgentChange) {
        if change.state != .incall || change.from == change.to { keep(agentID: change.agentID) }
    }

    mutating func keep(agentID: String) {
        if let agent = center.restorableAgent(agentID) { keep(agent) }
    }

    /// All agents, as they are.
    mutating func keepAgents() {
        for agent in center.restorableAgents() { keep(agent) }
    }

    mutating func keep(_ agent: Center.RestoredAgent) {
        effects.kept.append(
            .agent(
                KeptAgent(
                    id: agent.id,
                    freeSince: agent.freeSince + wallOffset,
                    wrapupEnds: agent.wrapupEnds.map { $0 + wallOffset },
                    login: agent.login
                )
            )
        )
    }
}
