import CallCenter

/// Flows of an edit whose callers are to overflow into a flow that is not there.
struct OverflowWarnings {
    private let report: ProvisioningEdit.Report
    private let rows: [String: ProvisioningRow]

    /// - Parameter rows: those of the edit as they would be, by ID.
    init(_ report: ProvisioningEdit.Report, _ rows: [String: ProvisioningRow]) {
        self.report = report
        self.rows = rows
    }

    /// - Parameter known: the IDs of the flows that there were before.
    func texts(among known: some Sequence<String>) -> [String] {
        var ids = Set(known)
        for outcome in report.outcomes {
            if outcome.result == .removed { ids.remove(outcome.id) } else { ids.insert(outcome.id) }
        }
        return report.outcomes.compactMap { outcome in
            guard let row = rows[outcome.id], let flow = try? flowTable.read(row) else { return nil }
            return flow.overflowProblem { ids.contains($0) }.map { "flow \(flow.id): \($0)" }
        }
    }
}
