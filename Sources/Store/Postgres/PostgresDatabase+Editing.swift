extension PostgresDatabase: EditableDatabase {
    package func edit(_ edit: ProvisioningEdit) throws(StoreError) -> ProvisioningEdit.Report {
        // What is not committed when the connection goes did not happen.
        let connection = try connect()
        // Who reads, such as a daemon that reloads, does not wait.
        try connection.run("BEGIN; LOCK TABLE \(edit.kind.table) IN SHARE ROW EXCLUSIVE MODE")
        let table = try Self.rows(edit.kind.table, by: edit.kind.id, from: connection)
        let plan: ProvisioningPlan
        do throws(RowProblem) {
            plan = try ProvisioningPlan(edit, on: table)
        } catch {
            throw StoreError(.unusable, database: name, error.reason)
        }
        let statements = RowStatements(
            table: edit.kind.table,
            key: edit.kind.id,
            parameter: { "$\($0)" },
            defaultValue: { _ in "DEFAULT" }
        )
        for change in plan.changes {
            let (sql, values) = statements.statement(change)
            do throws(StoreError) {
                _ = try connection.rows(sql, values)
            } catch {
                throw error.about(change)
            }
        }
        try connection.run("COMMIT")
        return plan.report
    }
}
