import CallCenter

/// What is read from a provisioning table, and how one row becomes one definition.
struct ProvisioningTable<Definition: Sendable>: Sendable {
    let name: String
    /// The column that holds the ID.
    let id: String
    /// Columns without which no row can be used; all others are optional.
    let required: [String]
    let read: @Sendable (ProvisioningRow) throws(RowProblem) -> Definition

    /// Reads all rows: what can be used, and for the others why not.
    ///
    /// - Throws: what the table lacks.
    func definitions(
        layout: ProvisioningRow.Layout,
        rows: [[ColumnValue]],
        refused: inout [Provisioning.RefusedRow]
    ) throws(RowProblem) -> [Definition] {
        let missing = layout.missing(required)
        guard missing.isEmpty else {
            throw RowProblem(
                "table \(name) has no column \(missing.joined(separator: ", ")); "
                    + "expected at least \(required.joined(separator: ", "))"
            )
        }
        var definitions: [Definition] = []
        var known: Set<String> = []
        let judged = rows.map { ProvisioningRow(layout: layout, values: $0) }
        // Whose ID is written as it is counts before one that only means the same, but stands before it in the order of IDs.
        let order = judged.filter { !$0.hasLeadingBlank(id) } + judged.filter { $0.hasLeadingBlank(id) }
        for row in order {
            do throws(RowProblem) {
                let key = try row.id(id)
                guard known.insert(key).inserted else {
                    throw RowProblem("\(id): is a duplicate of an earlier row; expected a unique ID")
                }
                definitions.append(try read(row))
            } catch {
                let shown = (try? row.id(id)) ?? ""
                refused.append(Provisioning.RefusedRow(table: name, id: shown, reason: error.reason))
            }
        }
        return definitions
    }
}

/// `cc_flows`: the columns of the reference manual, 1.2.2, and ours.
let flowTable = ProvisioningTable<FlowDefinition>(
    name: "cc_flows",
    id: "flowid",
    required: ["flowid", "skill", "message_queue"]
) { row throws(RowProblem) -> FlowDefinition in
    var flow = FlowDefinition(
        id: try row.id("flowid"),
        skill: try row.required("skill", "the skill that agents of this flow have"),
        messageQueue: try row.requiredURI("message_queue")
    )
    if let priority = try row.whole("priority") { flow.priority = priority }
    flow.prependCID = try row.text("prependcid")
    flow.maxWrapup = try row.seconds("max_wrapup_time")
    flow.messageWelcome = try row.uri("message_welcome")
    flow.messageFlowID = try row.uri("message_flow_id")
    flow.dissuading = try dissuading(row)
    flow.maxWait = try row.seconds("max_wait")
    flow.overflowURI = try overflowTarget(row)
    flow.onNoAgents = try noAgentsPolicy(row, overflowURI: flow.overflowURI)
    flow.serviceLevelThreshold = try row.seconds("service_level_threshold")
    return flow
}

/// `cc_agents`: the columns of the reference manual, 1.2.3. Those of chat (MSRP) are not read yet.
let agentTable = ProvisioningTable<AgentDefinition>(
    name: "cc_agents",
    id: "agentid",
    required: ["agentid", "location", "skills"]
) { row throws(RowProblem) -> AgentDefinition in
    AgentDefinition(
        id: try row.id("agentid"),
        location: try row.requiredURI("location"),
        isLoggedIn: try row.flag("logstate"),
        skills: try row.list("skills"),
        wrapupTime: try row.seconds("wrapup_time")
    )
}

private func dissuading(_ row: ProvisioningRow) throws(RowProblem) -> FlowDefinition.Dissuading? {
    // The thresholds are judged even where there is no message that could be played.
    let hangsUp = try row.flag("dissuading_hangup")
    let onHold = try row.seconds("dissuading_onhold_th")
    let estimatedWait = try row.seconds("dissuading_ewt_th")
    let queueSize = try row.positive("dissuading_qsize_th")
    guard let message = try row.uri("message_dissuading") else { return nil }
    return FlowDefinition.Dissuading(
        message: message,
        hangsUp: hangsUp,
        onHoldThreshold: onHold,
        estimatedWaitThreshold: estimatedWait,
        queueSizeThreshold: queueSize
    )
}

/// A SIP URI, or else the ID of a flow.
private func overflowTarget(_ row: ProvisioningRow) throws(RowProblem) -> String? {
    guard let target = try row.text("overflow_uri") else { return nil }
    let scheme = target.prefix { $0 != ":" }.lowercased()
    return scheme == "sip" || scheme == "sips" ? try row.uri("overflow_uri") : target
}

private func noAgentsPolicy(
    _ row: ProvisioningRow,
    overflowURI: String?
) throws(RowProblem) -> FlowDefinition.NoAgentsPolicy {
    guard let text = try row.text("on_no_agents") else { return .keep }
    guard let policy = FlowDefinition.NoAgentsPolicy(rawValue: text.lowercased()) else {
        throw RowProblem("on_no_agents", .text(text), expected: "keep or overflow")
    }
    if policy == .overflow, overflowURI == nil {
        throw RowProblem("on_no_agents: is overflow, but overflow_uri is empty; expected a flow ID or SIP URI there")
    }
    return policy
}
