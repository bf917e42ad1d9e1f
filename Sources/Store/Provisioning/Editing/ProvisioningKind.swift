import CallCenter

/// Flows or agents: which of the two provisioning tables is meant.
package enum ProvisioningKind: String, Sendable, CaseIterable {
    case flow, agent

    package var table: String {
        switch self {
        case .flow: flowTable.name
        case .agent: agentTable.name
        }
    }

    /// The column that holds the ID.
    package var id: String {
        switch self {
        case .flow: flowTable.id
        case .agent: agentTable.id
        }
    }

    /// The columns of the reference and ours, the ID first. A table may lack some and have others.
    package var columns: [String] {
        switch self {
        case .flow:
            [
                "flowid", "priority", "skill", "prependcid", "max_wrapup_time", "dissuading_hangup",
                "dissuading_onhold_th", "dissuading_ewt_th", "dissuading_qsize_th", "message_welcome", "message_queue",
                "message_dissuading", "message_flow_id", "max_wait", "overflow_uri", "on_no_agents",
                "service_level_threshold",
            ]
        case .agent:
            [
                "agentid", "location", "logstate", "skills", "wrapup_time", "msrp_location", "msrp_max_sessions",
                "wrapup_end_time",
            ]
        }
    }

    /// Whether a text in a column means what NULL means there.
    func isDefault(_ text: String, of column: String) -> Bool {
        switch column {
        case "priority": text == "256"
        case "msrp_max_sessions": text == "4"
        case "on_no_agents": text == "keep"
        case id, "skill", "location", "message_queue": text.isEmpty
        default: text.isEmpty || text == "0"
        }
    }

    /// What a reload would say of the row.
    func judge(_ row: ProvisioningRow) throws(RowProblem) {
        switch self {
        case .flow: _ = try flowTable.read(row)
        case .agent: _ = try agentTable.read(row)
        }
    }
}
