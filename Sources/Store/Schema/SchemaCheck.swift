/// The tables of a database as they are.
package struct SchemaState: Sendable, Equatable {
    /// The columns of the tables that this program uses, in lower case; a table that is missing has no entry.
    var columns: [String: [String]] = [:]
    /// Whether two records with the same key are kept apart by the database.
    var hasRecordKey = false
    /// The same for calls that are alive.
    var hasCallKey = false
    /// Of its text, as a server calls it; nil: any character can be written.
    var encoding: String?
    /// The highest step it has made; 0 for none.
    var reached = 0
    /// The steps there are for this kind of database.
    var migrations: [SchemaMigration] = []

    package static func == (one: SchemaState, other: SchemaState) -> Bool {
        one.columns == other.columns && one.hasRecordKey == other.hasRecordKey
            && one.hasCallKey == other.hasCallKey && one.encoding == other.encoding && one.reached == other.reached
    }

    /// The tables that are looked at.
    static let tables = [
        flowTable.name, agentTable.name, RecordColumns.table, LoginColumns.table, CallColumns.table,
        CallColumns.instances,
    ]
}

/// What `ccctl db check` has to say of a database.
package struct SchemaReport: Sendable, Equatable {
    /// Without these the program cannot work with the database.
    package var problems: [String] = []
    /// What is missing and has a default.
    package var notes: [String] = []

    package init() {}
}

extension SchemaState {
    /// All steps have been made, and nothing that they made is missing.
    var isComplete: Bool { reached == (migrations.last?.version ?? 0) && lacks.problems.isEmpty }

    /// What is missing, table by table, and what no migration can mend.
    package var report: SchemaReport {
        var report = lacks
        if let encoding, encoding != "UTF8" {
            report.problems.insert(
                "its encoding is \(encoding), in which not every caller's name can be written (? stands for what cannot); "
                    + "expected UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
                at: 0
            )
        }
        return report
    }

    private var lacks: SchemaReport {
        var report = SchemaReport()
        compare(flowTable.name, required: flowTable.required, optional: Self.optionalFlowColumns, &report)
        compare(agentTable.name, required: agentTable.required, optional: Self.optionalAgentColumns, &report)
        compare(RecordColumns.table, required: RecordColumns.names, optional: [], &report)
        compare(LoginColumns.table, required: LoginColumns.names + CallColumns.agentNames, optional: [], &report)
        compare(CallColumns.table, required: CallColumns.names, optional: [], &report)
        compare(CallColumns.instances, required: CallColumns.instanceNames, optional: [], &report)
        if columns[RecordColumns.table] != nil, !hasRecordKey {
            let key = RecordColumns.key.joined(separator: ", ")
            report.problems.append("table \(RecordColumns.table) has no unique index on (\(key))")
        }
        if columns[CallColumns.table] != nil, !hasCallKey {
            report.problems.append(
                "table \(CallColumns.table) has no unique index on (\(CallColumns.key)); "
                    + "make one: CREATE UNIQUE INDEX cc_calls_key ON \(CallColumns.table) (\(CallColumns.key))"
            )
        }
        let known = migrations.last?.version ?? 0
        if reached > known {
            report.problems.append(
                "was changed by a newer callcenterd (schema \(reached), this program knows \(known))"
            )
        }
        for step in migrations where step.version > reached { report.notes.append("step \(step.name) is to be made") }
        return report
    }

    private func compare(_ table: String, required: [String], optional: [String], _ report: inout SchemaReport) {
        guard let present = columns[table] else {
            report.problems.append("there is no table \(table)")
            return
        }
        func missing(_ wanted: [String]) -> [String] { wanted.filter { !present.contains($0) } }
        for column in missing(required) { report.problems.append("table \(table) has no column \(column)") }
        for column in missing(optional) {
            report.notes.append("table \(table) has no column \(column): its default holds for every row")
        }
    }

    private static let optionalFlowColumns = [
        "priority", "prependcid", "max_wrapup_time", "dissuading_hangup", "dissuading_onhold_th", "dissuading_ewt_th",
        "dissuading_qsize_th", "message_welcome", "message_dissuading", "message_flow_id", "max_wait", "overflow_uri",
        "on_no_agents", "service_level_threshold",
    ]
    private static let optionalAgentColumns = ["logstate", "wrapup_time"]
}
