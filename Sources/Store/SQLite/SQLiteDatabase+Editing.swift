import GRDB

extension SQLiteDatabase: EditableDatabase {
    package func edit(_ edit: ProvisioningEdit) throws(StoreError) -> ProvisioningEdit.Report {
        try access { pool in
            try pool.write { database in
                let table = try rows(edit.kind.table, by: edit.kind.id, from: database)
                let plan: ProvisioningPlan
                do throws(RowProblem) {
                    plan = try ProvisioningPlan(edit, on: table)
                } catch {
                    throw StoreError(.unusable, database: name, error.reason)
                }
                guard !plan.changes.isEmpty else { return plan.report }
                let columns = try database.columns(in: edit.kind.table)
                let statements = RowStatements(
                    table: edit.kind.table,
                    key: edit.kind.id,
                    parameter: { _ in "?" },
                    defaultValue: { name in
                        let column = columns.first { $0.name == name }
                        return column?.defaultValueSQL.map { "(\($0))" } ?? (column?.isNotNull == true ? "''" : "NULL")
                    }
                )
                for change in plan.changes {
                    let (sql, values) = statements.statement(change)
                    do {
                        try database.execute(sql: sql, arguments: StatementArguments(values.map(\.forSQLite)))
                    } catch {
                        throw StoreError(using: name, error).about(change)
                    }
                }
                return plan.report
            }
        }
    }
}
