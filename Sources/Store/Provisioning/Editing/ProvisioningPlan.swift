/// From a wanted edit and a table as it is: what becomes of each row, by the rules of a reload, and what is to be done.
struct ProvisioningPlan {
    private(set) var report = ProvisioningEdit.Report()
    private var wanted: [RowChange] = []

    private let edit: ProvisioningEdit
    private let table: ProvisioningTables.Table
    private let layout: ProvisioningRow.Layout
    /// Index of the row of each ID that counts.
    private var places: [String: Int] = [:]
    private var seen: Set<String> = []
    /// Rows as they would be, by ID.
    private var judged: [String: ProvisioningRow] = [:]

    /// Nothing, where a row is refused or all is a rehearsal.
    var changes: [RowChange] { report.isRefused || edit.isRehearsal ? [] : wanted }

    init(_ edit: ProvisioningEdit, on table: ProvisioningTables.Table) throws(RowProblem) {
        self.edit = edit
        self.table = table
        layout = ProvisioningRow.Layout(table.columns)
        guard layout.index(of: edit.kind.id) != nil else {
            throw RowProblem("table \(edit.kind.table) has no column \(edit.kind.id)")
        }
        for isBlank in [false, true] {
            for (index, values) in table.rows.enumerated() {
                let row = ProvisioningRow(layout: layout, values: values)
                guard row.hasLeadingBlank(edit.kind.id) == isBlank, let id = try? row.id(edit.kind.id) else { continue }
                if places[id] == nil { places[id] = index }
            }
        }
        for row in edit.rows { take(row) }
        if edit.mode == .replace { removeOthers() }
        if edit.kind == .flow, !report.isRefused {
            report.warnings = OverflowWarnings(report, judged).texts(among: places.keys)
        }
    }

    private mutating func take(_ row: ProvisioningEdit.Row) {
        var outcome = ProvisioningEdit.Outcome(line: row.line, id: "", result: .refused)
        do throws(RowProblem) {
            outcome.id = try id(of: row)
            guard seen.insert(outcome.id).inserted else {
                throw RowProblem("\(edit.kind.id): is a duplicate of an earlier row; expected a unique ID")
            }
            outcome.result = try plan(row, id: outcome.id)
        } catch {
            outcome.reason = error.reason
        }
        report.outcomes.append(outcome)
    }

    private func id(of row: ProvisioningEdit.Row) throws(RowProblem) -> String {
        let text = row.values.first { $0.column == edit.kind.id }?.text
        let single = ProvisioningRow(
            layout: ProvisioningRow.Layout([edit.kind.id]),
            values: [text.map(ColumnValue.text) ?? .null]
        )
        return try single.id(edit.kind.id)
    }

    private mutating func plan(
        _ row: ProvisioningEdit.Row,
        id: String
    ) throws(RowProblem) -> ProvisioningEdit.Outcome.Result {
        let place = places[id]
        switch (edit.mode, place) {
        case (.add, .some):
            throw RowProblem("is there already; ccctl \(edit.kind.rawValue) set changes it")
        case (.set, nil), (.remove, nil):
            throw RowProblem("there is no \(edit.kind.rawValue) of this ID in \(edit.kind.table)")
        case (.remove, .some(let place)):
            wanted.append(.delete(id: id, key: key(of: place)))
            return .removed
        default: break
        }
        let columns = try columns(of: row)
        guard let place else {
            try judge(columns, id: id, over: nil)
            wanted.append(.insert(id: id, inserted(id, columns)))
            return .added
        }
        try judge(columns, id: id, over: place)
        let changed = columns.filter { isChange($0, at: place) }
        guard !changed.isEmpty else { return .unchanged }
        wanted.append(.update(id: id, key: key(of: place), changed))
        return .changed
    }

    /// Those that the table has, but for the ID; an empty text is none.
    private mutating func columns(of row: ProvisioningEdit.Row) throws(RowProblem) -> [RowChange.Column] {
        var columns: [RowChange.Column] = []
        for (column, text) in row.values where column != edit.kind.id && column != "id" {
            guard let index = layout.index(of: column) else {
                guard edit.mode == .put || edit.mode == .replace else {
                    throw RowProblem("\(column): table \(edit.kind.table) has no such column; its default holds")
                }
                if !report.ignoredColumns.contains(column) { report.ignoredColumns.append(column) }
                continue
            }
            let content = text?.trimmingSpaces() ?? ""
            // Tables of the reference let skills be empty, but not missing.
            let nothing: String? = edit.kind == .agent && column == "skills" ? "" : nil
            columns.append(.init(name: table.columns[index], text: content.isEmpty ? nothing : content))
        }
        return columns
    }

    /// Judges the row as it would be, by what a reload reads.
    private mutating func judge(_ columns: [RowChange.Column], id: String, over place: Int?) throws(RowProblem) {
        var values = place.map { table.rows[$0] } ?? table.columns.map { _ in ColumnValue.null }
        for column in columns {
            guard let index = layout.index(of: column.name.lowercased()), values.indices.contains(index) else {
                continue
            }
            values[index] = column.text.map(ColumnValue.text) ?? .null
        }
        if let index = layout.index(of: edit.kind.id), values.indices.contains(index) { values[index] = .text(id) }
        let row = ProvisioningRow(layout: layout, values: values)
        try edit.kind.judge(row)
        judged[id] = row
    }

    private func inserted(_ id: String, _ columns: [RowChange.Column]) -> [RowChange.Column] {
        let key = layout.index(of: edit.kind.id).map { table.columns[$0] } ?? edit.kind.id
        var inserted = [RowChange.Column(name: key, text: id)] + columns.filter { $0.text != nil }
        // Likewise: there is no default for it.
        if edit.kind == .agent, let index = layout.index(of: "skills"),
            !inserted.contains(where: { $0.name == table.columns[index] })
        {
            inserted.append(.init(name: table.columns[index], text: ""))
        }
        return inserted
    }

    private func isChange(_ column: RowChange.Column, at place: Int) -> Bool {
        let name = column.name.lowercased()
        let row = ProvisioningRow(layout: layout, values: table.rows[place])
        let present: String? =
            switch row[name] {
            case .null, .bytes: nil
            case .integer(let number): String(number)
            case .real(let number): String(number)
            case .text(let text): text
            case .list(let texts): texts.joined(separator: ",")
            }
        func isNothing(_ text: String?) -> Bool { text.map { edit.kind.isDefault($0, of: name) } ?? true }
        return present != column.text && !(isNothing(present) && isNothing(column.text))
    }

    private func key(of place: Int) -> ColumnValue {
        ProvisioningRow(layout: layout, values: table.rows[place])[edit.kind.id]
    }

    private mutating func removeOthers() {
        for (id, place) in places.sorted(by: { $0.value < $1.value }) where !seen.contains(id) {
            wanted.append(.delete(id: id, key: key(of: place)))
            report.outcomes.append(.init(line: nil, id: id, result: .removed))
        }
    }
}
