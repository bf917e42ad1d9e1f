package import CallCenter

/// The provisioning tables as a database holds them, unjudged: whatever columns they have, in the order of their IDs.
///
/// Rows are kept rather than definitions so that a copy of them means the same to a later version of this program.
package struct ProvisioningTables: Sendable, Equatable, Codable {
    /// One table.
    struct Table: Sendable, Equatable, Codable {
        var columns: [String]
        var rows: [[ColumnValue]]
    }

    /// `cc_flows`.
    var flows: Table
    /// `cc_agents`.
    var agents: Table

    /// What they mean: the definitions that can be used, and the rows that cannot.
    ///
    /// - Parameter database: who holds them, for errors.
    /// - Throws: `StoreError.Kind.unusable` if a table lacks a column without which no row can be used.
    package func provisioning(of database: String) throws(StoreError) -> Provisioning {
        var provisioning = Provisioning(flows: [], agents: [])
        do throws(RowProblem) {
            provisioning.flows = try flowTable.definitions(of: flows, refused: &provisioning.refused)
            provisioning.agents = try agentTable.definitions(of: agents, refused: &provisioning.refused)
        } catch {
            throw StoreError(.unusable, database: database, error.reason)
        }
        return provisioning
    }
}

extension ProvisioningTable {
    fileprivate func definitions(
        of table: ProvisioningTables.Table,
        refused: inout [Provisioning.RefusedRow]
    ) throws(RowProblem) -> [Definition] {
        try definitions(layout: ProvisioningRow.Layout(table.columns), rows: table.rows, refused: &refused)
    }
}
