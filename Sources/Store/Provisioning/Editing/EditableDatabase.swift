/// A database whose flows and agents can be changed by command.
package protocol EditableDatabase: CenterDatabase {
    /// Changes rows of one table: all of them or, if one is refused, none. Nobody else changes the table meanwhile.
    func edit(_ edit: ProvisioningEdit) throws(StoreError) -> ProvisioningEdit.Report
}

/// Rows of `cc_flows` or `cc_agents` as they stand in the table.
package struct ProvisioningListing: Sendable, Equatable {
    package struct Row: Sendable, Equatable {
        package var id: String
        /// In the order of `columns`.
        package var values: [RecordValue]
        /// Why a reload would not use it; nil: it would.
        package var problem: String?
    }

    /// Those that the table has of `ProvisioningKind.columns`.
    package var columns: [String]
    package var rows: [Row]
}

extension CenterDatabase {
    /// All flows or agents, by ID.
    package func listing(of kind: ProvisioningKind) throws(StoreError) -> ProvisioningListing {
        let tables = try tables()
        let table = kind == .flow ? tables.flows : tables.agents
        let layout = ProvisioningRow.Layout(table.columns)
        let columns = kind.columns.filter { layout.index(of: $0) != nil }
        var known: Set<String> = []
        let rows = table.rows.map { values in
            let row = ProvisioningRow(layout: layout, values: values)
            var entry = ProvisioningListing.Row(id: "", values: columns.map { RecordValue(row[$0]) })
            do throws(RowProblem) {
                entry.id = try row.id(kind.id)
                guard known.insert(entry.id).inserted else {
                    throw RowProblem("\(kind.id): is a duplicate of an earlier row; expected a unique ID")
                }
                try kind.judge(row)
            } catch {
                entry.problem = error.reason
            }
            return entry
        }
        return ProvisioningListing(columns: columns, rows: rows)
    }
}

extension DatabaseURL {
    /// Opens it to change flows and agents; see `open`.
    package func openForEditing() throws(StoreError) -> any EditableDatabase {
        switch self {
        case .sqlite(let path): try SQLiteDatabase(path: path)
        case .postgres(let address): PostgresDatabase(address: address)
        }
    }
}

/// The SQL for changes of rows.
struct RowStatements {
    let table: String
    /// The name of the column that holds the ID.
    let key: String
    /// The names of parameters, from 1.
    let parameter: (Int) -> String
    /// What stands for the default of a column.
    let defaultValue: (String) -> String

    func statement(_ change: RowChange) -> (sql: String, values: [ColumnValue]) {
        var values: [ColumnValue] = []
        func place(_ value: ColumnValue) -> String {
            values.append(value)
            return parameter(values.count)
        }
        let sql: String
        switch change {
        case .insert(_, let columns):
            let names = columns.map { Self.quoted($0.name) }.joined(separator: ", ")
            let places = columns.map { place(.text($0.text ?? "")) }.joined(separator: ", ")
            sql = "INSERT INTO \(table) (\(names)) VALUES (\(places))"
        case .update(_, let id, let columns):
            let settings = columns.map { column in
                "\(Self.quoted(column.name)) = \(column.text.map { place(.text($0)) } ?? defaultValue(column.name))"
            }
            sql = "UPDATE \(table) SET \(settings.joined(separator: ", ")) WHERE \(Self.quoted(key)) = \(place(id))"
        case .delete(_, let id):
            sql = "DELETE FROM \(table) WHERE \(Self.quoted(key)) = \(place(id))"
        }
        return (sql, values)
    }

    private static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
}

extension StoreError {
    /// Names the row that the database did not take.
    func about(_ change: RowChange) -> StoreError {
        StoreError(kind, database: database, "\(change.id): \(problem); nothing was changed")
    }
}
