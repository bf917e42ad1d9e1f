import CallCenter
import Telemetry

extension CommandRegistry {
    /// The commands on flows, agents, calls and the queue (CALLS.md section 6).
    package mutating func registerCallCenterCommands() {
        let (flow, agent) = (Parameter("flow", .text, isOptional: true), Parameter("agent_id", .text, isOptional: true))
        let skill = Parameter("skill", .text, isOptional: true)
        registerList("cc_list_flows", "Lists the flows.", [flow, skill], Lists.flows)
        registerList(
            "cc_list_agents",
            "Lists the agents; of a flow, those who could serve it.",
            [agent, Parameter("state", .choice(ListQuery.agentStates), isOptional: true), flow, skill],
            Lists.agents
        )
        registerList("cc_list_queue", "Lists the calls that wait for an agent, the next first.", [flow], Lists.queue)
        registerList(
            "cc_list_calls",
            "Lists all calls.",
            [flow, agent, Parameter("state", .choice(CallState.allCases.map(\.rawValue)), isOptional: true)],
            Lists.calls
        )

        register(
            Command(
                name: "cc_agent_login",
                summary: "Logs an agent in (1) or off (0).",
                parameters: [Parameter("agent_id", .text), Parameter("state", .flag)]
            ) { arguments throws(RPCError) in
                .setLogin(agentID: try arguments.text("agent_id"), isLoggedIn: try arguments.flag("state"))
            }
        )
        register(
            Command(
                name: "cc_reload",
                summary: "Reads flows and agents from the database again and says what has changed.",
                changesState: true
            ) { _, invocation throws(RPCError) in
                let report = try await RPCError.orDomainError { () async throws(ControlError) in
                    try await invocation.control.reload(for: invocation.requester)
                }
                return report.json
            }
        )
        register(
            Command(name: "cc_reset_stats", summary: "Sets all counter-like statistics to zero.") {
                _ throws(RPCError) in .resetStatistics
            }
        )
    }

    /// - Parameter filters: besides `offset` and `limit`, which every list has.
    private mutating func registerList(
        _ name: String,
        _ summary: String,
        _ filters: [Parameter],
        _ list: @escaping @Sendable (CenterSnapshot, ListQuery) throws(RPCError) -> JSONValue
    ) {
        let parameters = filters + ListQuery.paging
        register(
            Command(name: name, summary: summary, parameters: parameters) { arguments, invocation throws(RPCError) in
                try list(try await invocation.snapshot().center, ListQuery(arguments))
            }
        )
    }
}

extension ProvisioningReport {
    /// What a reload answers: for flows and agents the IDs added, changed and removed, then the rows refused, and those that serve
    /// and may not be meant so.
    fileprivate var json: JSONValue {
        func changes(_ added: [String], _ changed: [String], _ removed: [String]) -> JSONValue {
            [
                "added": .array(added.map(JSONValue.string)),
                "changed": .array(changed.map(JSONValue.string)),
                "removed": .array(removed.map(JSONValue.string)),
            ]
        }
        func row(_ table: String, _ id: String, _ reason: String) -> JSONValue {
            ["table": .string(table), "id": .string(id), "reason": .string(reason)]
        }
        return [
            "Flows": changes(addedFlows, changedFlows, removedFlows),
            "Agents": changes(addedAgents, changedAgents, removedAgents),
            "Refused": .array(refused.map { row($0.table, $0.id, $0.reason) }),
            "Warnings": .array(doubtful.map { row($0.table, $0.id, $0.reason) }),
        ]
    }
}
