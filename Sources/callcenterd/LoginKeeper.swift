import CallCenter
import Store
import Synchronization

/// Sees to it that log-ins outlive the process: tells the store of each that is not what the agent's row says by itself.
final class LoginKeeper: Sendable {
    fileprivate struct Agent {
        var isLoggedIn: Bool
        var rowSays: Bool
        /// When that was known to be so; nil: it is only what his row says.
        var since: Milliseconds?
    }

    private struct State {
        var agents: [String: Agent] = [:]
        var isFirst = true
        /// Until the core has what is restored, it tells of what is known.
        var isRestored = false
        /// What the table has is not known yet.
        var isTableAwaited = false
        /// Log-ins of an earlier process, until it is known which agents there are.
        var unprovisioned: [AgentLogin]?
    }

    private let state = Mutex(State())
    private let precedence: Precedence
    private let keep: @Sendable (AgentLogin) -> Void

    /// What counts where both this process, or the journal that it has found, and `cc_agent_state` have a log-in of an agent.
    enum Precedence: Sendable {
        /// What is known here: who is the owner is decided by who has followed whom, and what another has done since has been left
        /// out here before (`CentreStore.savedLogins`).
        case here
        /// The later one: nobody can say who has had the centre last.
        case later

        func isWritten(_ written: AgentLogin, overKnownSince known: Milliseconds?) -> Bool {
            guard let known else { return true }
            return self == .later && written.since > known
        }
    }

    /// - Parameter keep: must return at once.
    init(precedence: Precedence = .later, keep: @escaping @Sendable (AgentLogin) -> Void) {
        self.precedence = precedence
        self.keep = keep
    }

    /// Whether `cc_agent_state` could not be read so far.
    var isTableAwaited: Bool { state.withLock { $0.isTableAwaited } }

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
                next[agent.id] = Agent(isLoggedIn: isLoggedIn, rowSays: agent.isLoggedIn, since: known?.since)
                // One who comes back would otherwise be what he was before he was removed. As long as the table is not read,
                // nobody knows whether he comes back.
                if known == nil, !state.isFirst, !state.isTableAwaited {
                    next[agent.id]?.since = time
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

    /// It is not known yet which agents there are: these log-ins wait for that.
    func awaitProvisioning(_ logins: [AgentLogin], isTableRead: Bool) {
        state.withLock { state in
            state.unprovisioned = logins
            state.isTableAwaited = !isTableRead
        }
    }

    /// The first agents have been provisioned, later than at the start.
    ///
    /// - Returns: the log-ins that have waited for that and hold, to be put in force.
    func takeAwaited(_ definitions: [AgentDefinition]) -> [AgentLogin] {
        let waiting = state.withLock { state -> (logins: [AgentLogin], isTableRead: Bool)? in
            guard let logins = state.unprovisioned else { return nil }
            state.unprovisioned = nil
            return (logins, !state.isTableAwaited)
        }
        guard let waiting else { return [] }
        let logins = Self.restorable(waiting.logins, definitions)
        restored(logins, isTableRead: waiting.isTableRead)
        return logins
    }

    /// The core has the log-ins of an earlier process, and tells of changes from now on.
    ///
    /// - Parameters:
    ///   - logins: as `restorable` gave them.
    ///   - isTableRead: whether what `cc_agent_state` has is among them.
    func restored(_ logins: [AgentLogin], isTableRead: Bool) {
        state.withLock { state in
            for login in logins { state.agents[login.agentID]?.take(login) }
            state.isRestored = true
            state.isTableAwaited = !isTableRead
        }
    }

    /// `cc_agent_state` could be read at last.
    ///
    /// - Returns: the log-ins that count there, to be put in force.
    func tableRead(_ written: [AgentLogin]) -> [AgentLogin] {
        state.withLock { state in
            state.isTableAwaited = false
            if let known = state.unprovisioned { state.unprovisioned = joined(known, written: written) }
            var newer: [AgentLogin] = []
            for login in written {
                guard let agent = state.agents[login.agentID], agent.rowSays == login.rowSays,
                    precedence.isWritten(login, overKnownSince: agent.since)
                else { continue }
                state.agents[login.agentID]?.take(login)
                newer.append(login)
            }
            return newer
        }
    }

    /// An agent has changed, perhaps his log-in.
    func note(_ agentID: String, isLoggedIn: Bool, at time: Milliseconds) {
        let login = state.withLock { state -> AgentLogin? in
            guard state.isRestored, let agent = state.agents[agentID], agent.isLoggedIn != isLoggedIn else {
                return nil
            }
            let login = AgentLogin(agentID: agentID, isLoggedIn: isLoggedIn, rowSays: agent.rowSays, since: time)
            state.agents[agentID]?.take(login)
            return login
        }
        if let login { keep(login) }
    }

    /// The log-ins of both, those of `second` where both have one: that was so as late as the first one was.
    static func joined(_ first: [AgentLogin], _ second: [AgentLogin]) -> [AgentLogin] {
        var rest = Dictionary(first.map { ($0.agentID, $0) }) { _, last in last }
        let joined = second.map { login in
            var login = login
            if let other = rest.removeValue(forKey: login.agentID) { login.since = max(login.since, other.since) }
            return login
        }
        return joined + first.filter { rest[$0.agentID] != nil }
    }

    /// What is known here, and where that counts, or nothing is known here, what is written in `cc_agent_state`.
    func joined(_ here: [AgentLogin], written: [AgentLogin]) -> [AgentLogin] {
        let known = Dictionary(here.map { ($0.agentID, $0.since) }) { first, _ in first }
        return Self.joined(here, written.filter { precedence.isWritten($0, overKnownSince: known[$0.agentID]) })
    }

    /// The log-ins of an earlier process that hold: those of agents whose rows still say what they said then.
    static func restorable(_ logins: [AgentLogin], _ definitions: [AgentDefinition]) -> [AgentLogin] {
        let rows = Dictionary(definitions.map { ($0.id, $0.isLoggedIn) }) { first, _ in first }
        return logins.filter { rows[$0.agentID] == $0.rowSays }
    }
}

extension LoginKeeper.Agent {
    fileprivate mutating func take(_ login: AgentLogin) {
        isLoggedIn = login.isLoggedIn
        since = login.since
    }
}
