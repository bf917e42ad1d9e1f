import CallCenter
import Store
import Synchronization

/// Sees to it that log-ins outlive the process: tells the store of each that is not what the agent's row says by itself.
final class LoginKeeper: Sendable {
    private struct Agent {
        var isLoggedIn: Bool
        var rowSays: Bool
    }

    private struct State {
        var agents: [String: Agent] = [:]
        var isFirst = true
    }

    private let state = Mutex(State())
    private let keep: @Sendable (AgentLogin) -> Void

    /// - Parameter keep: must return at once.
    init(keep: @escaping @Sendable (AgentLogin) -> Void) { self.keep = keep }

    /// What is provisioned from now on. Must be told before the core is, which logs in a new agent as his row says.
    func provisioned(_ provisioning: Provisioning, at time: Milliseconds) {
        let new = state.withLock { state -> [AgentLogin] in
            var next: [String: Agent] = [:]
            var new: [AgentLogin] = []
            // A row that is refused keeps its last good version.
            for row in provisioning.refused where row.table == Provisioning.agentsTable {
                next[row.id] = state.agents[row.id]
            }
            for agent in provisioning.agents {
                let known = state.agents[agent.id]
                let isLoggedIn = known?.isLoggedIn ?? agent.isLoggedIn
                next[agent.id] = Agent(isLoggedIn: isLoggedIn, rowSays: agent.isLoggedIn)
                // One who comes back would otherwise be what he was before he was removed.
                if known == nil, !state.isFirst {
                    new.append(
                        AgentLogin(agentID: agent.id, isLoggedIn: isLoggedIn, rowSays: agent.isLoggedIn, since: time)
                    )
                }
            }
            state.agents = next
            state.isFirst = false
            return new
        }
        for login in new { keep(login) }
    }

    /// An agent has changed, perhaps his log-in.
    func note(_ agentID: String, isLoggedIn: Bool, at time: Milliseconds) {
        let login = state.withLock { state -> AgentLogin? in
            guard let agent = state.agents[agentID], agent.isLoggedIn != isLoggedIn else { return nil }
            state.agents[agentID]?.isLoggedIn = isLoggedIn
            return AgentLogin(agentID: agentID, isLoggedIn: isLoggedIn, rowSays: agent.rowSays, since: time)
        }
        if let login { keep(login) }
    }

    /// The log-ins of an earlier process that hold: those of agents whose rows still say what they said then, and who were
    /// something else.
    static func restorable(_ logins: [AgentLogin], _ definitions: [AgentDefinition]) -> [AgentLogin] {
        let rows = Dictionary(definitions.map { ($0.id, $0.isLoggedIn) }) { first, _ in first }
        return logins.filter { rows[$0.agentID] == $0.rowSays && $0.isLoggedIn != $0.rowSays }
    }
}
