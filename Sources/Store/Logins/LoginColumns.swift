import CallCenter

/// What a log-in is in `cc_agent_state`, a table of ours.
enum LoginColumns {
    static let table = "cc_agent_state"
    static let names = ["agentid", "loggedin", "logstate", "since"]

    static func values(of login: AgentLogin) -> [ColumnValue] {
        [
            .text(login.agentID), .integer(login.isLoggedIn ? 1 : 0), .integer(login.rowSays ? 1 : 0),
            .integer(login.since),
        ]
    }

    static func login(_ values: [ColumnValue]) -> AgentLogin? {
        guard values.count == names.count, case .text(let agentID) = values[0],
            case .integer(let isLoggedIn) = values[1], case .integer(let rowSays) = values[2],
            case .integer(let since) = values[3]
        else { return nil }
        return AgentLogin(agentID: agentID, isLoggedIn: isLoggedIn != 0, rowSays: rowSays != 0, since: since)
    }

    /// Replaces the row of the agent.
    ///
    /// - Parameter parameters: how the database marks them, in order.
    static func upsert(_ parameters: [String]) -> String {
        """
        INSERT INTO \(table) (\(names.joined(separator: ", "))) VALUES (\(parameters.joined(separator: ", ")))
        ON CONFLICT (agentid) DO UPDATE SET \(names.dropFirst().map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
        """
    }

    static let select = "SELECT \(names.joined(separator: ", ")) FROM \(table) ORDER BY agentid"
}
