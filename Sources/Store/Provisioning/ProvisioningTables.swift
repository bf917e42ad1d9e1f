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

    /// The rows of these that can be used.
    func usable(_ wanted: [Provisioning.RefusedRow]) -> ProvisioningTables {
        func ids(_ table: String) -> Set<String> { Set(wanted.filter { $0.table == table }.map(\.id)) }
        return ProvisioningTables(
            flows: flowTable.rows(of: flows, ids(flowTable.name), \.id),
            agents: agentTable.rows(of: agents, ids(agentTable.name), \.id)
        )
    }

    /// Of two sets of rows those of the first, and what it lacks of the other's.
    func or(_ other: ProvisioningTables) -> ProvisioningTables {
        ProvisioningTables(flows: flows.or(other.flows, flowTable.id), agents: agents.or(other.agents, agentTable.id))
    }
}

extension ProvisioningTables.Table {
    fileprivate func or(_ other: Self, _ id: String) -> Self {
        let (layout, theirs) = (ProvisioningRow.Layout(columns), ProvisioningRow.Layout(other.columns))
        func key(_ layout: ProvisioningRow.Layout, _ row: [ColumnValue]) -> String? {
            try? ProvisioningRow(layout: layout, values: row).id(id)
        }
        let known = Set(rows.compactMap { key(layout, $0) })
        let missing = other.rows.filter { row in key(theirs, row).map { !known.contains($0) } ?? false }
        guard !missing.isEmpty else { return self }
        // By the names of its columns: the table may have got others since.
        let names = columns.map { $0.lowercased() }
        let places = names.map { name in other.columns.firstIndex { $0.lowercased() == name } }
        let added = missing.map { row in
            places.map { place in place.flatMap { row.indices.contains($0) ? row[$0] : nil } ?? .null }
        }
        return rows.isEmpty ? Self(columns: other.columns, rows: missing) : Self(columns: columns, rows: rows + added)
    }
}

extension ProvisioningTable {
    fileprivate func definitions(
        of table: ProvisioningTables.Table,
        refused: inout [Provisioning.RefusedRow]
    ) throws(RowProblem) -> [Definition] {
        try definitions(layout: ProvisioningRow.Layout(table.columns), rows: table.rows, refused: &refused)
    }

    fileprivate func rows(
        of table: ProvisioningTables.Table,
        _ wanted: Set<String>,
        _ id: (Definition) -> String
    ) -> ProvisioningTables.Table {
        let rows = table.rows.filter { row in
            var refused: [Provisioning.RefusedRow] = []
            let one = try? definitions(of: .init(columns: table.columns, rows: [row]), refused: &refused)
            return one?.first.map { wanted.contains(id($0)) } ?? false
        }
        return ProvisioningTables.Table(columns: table.columns, rows: rows)
    }
}
