/// Milliseconds of a steady clock whose origin does not matter; also used for lengths of time.
package typealias Milliseconds = Int64

/// Everything that is provisioned, as one reload sees it. Rows that could not be used are named, not silently dropped.
package struct Provisioning: Sendable, Equatable {
    package var flows: [FlowDefinition]
    package var agents: [AgentDefinition]
    package var refused: [RefusedRow]

    /// The tables of the reference, as `RefusedRow.table` names them.
    package static let flowsTable = "cc_flows"
    package static let agentsTable = "cc_agents"

    package init(flows: [FlowDefinition], agents: [AgentDefinition], refused: [RefusedRow] = []) {
        self.flows = flows
        self.agents = agents
        self.refused = refused
    }

    /// A row of which something is to be said.
    package struct Remark: Sendable, Equatable {
        /// `Provisioning.flowsTable` or `Provisioning.agentsTable`.
        package var table: String
        package var id: String
        /// What is wrong and what was expected, for people.
        package var reason: String

        package init(table: String, id: String, reason: String) {
            self.table = table
            self.id = id
            self.reason = reason
        }
    }

    /// A row that cannot be used, and why. Its last good version stays in force.
    package typealias RefusedRow = Remark

    /// A row that serves, and perhaps not as it was meant.
    package typealias DoubtfulRow = Remark
}

/// What a reload did, by ID, in the order of the tables.
package struct ProvisioningReport: Sendable, Equatable {
    package var addedFlows: [String] = []
    package var changedFlows: [String] = []
    package var removedFlows: [String] = []
    package var addedAgents: [String] = []
    package var changedAgents: [String] = []
    package var removedAgents: [String] = []
    package var refused: [Provisioning.RefusedRow] = []
    package var doubtful: [Provisioning.DoubtfulRow] = []

    package init() {}
}
