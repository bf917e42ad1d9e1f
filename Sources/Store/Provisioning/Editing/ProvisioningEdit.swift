/// A wanted change of flows or agents: rows in one of several ways.
package struct ProvisioningEdit: Sendable {
    /// What is to become of the rows.
    package enum Mode: Sendable, Equatable {
        /// They are new.
        case add
        /// They are there; columns that are not named stay.
        case set
        /// They go; only their IDs count.
        case remove
        /// New ones are added, those that are there are changed. A column that the table lacks is left out.
        case put
        /// The same, and rows that are not among them go.
        case replace
    }

    /// One row as somebody wrote it.
    package struct Row: Sendable {
        /// Where it stands in its file, from 1; nil if it is from none.
        package var line: Int?
        /// Columns in lower case; nil: the default.
        package var values: [(column: String, text: String?)]

        package init(line: Int? = nil, values: [(column: String, text: String?)]) {
            self.line = line
            self.values = values
        }
    }

    /// What becomes of one row.
    package struct Outcome: Sendable, Equatable {
        package enum Result: String, Sendable {
            case added, changed, unchanged, removed, refused
        }

        package var line: Int?
        package var id: String
        package var result: Result
        /// Of a refused row: what is wrong and what was expected.
        package var reason: String?
    }

    /// What becomes of all of them. If a row is refused, nothing is changed.
    package struct Report: Sendable, Equatable {
        package var outcomes: [Outcome] = []
        /// Columns that were given and that the table does not have.
        package var ignoredColumns: [String] = []
        /// Of rows that serve, and perhaps not as they were meant: for people.
        package var warnings: [String] = []

        package var isRefused: Bool { outcomes.contains { $0.result == .refused } }
    }

    package var kind: ProvisioningKind
    package var mode: Mode
    package var rows: [Row]
    /// Only says what would become of them.
    package var isRehearsal: Bool

    package init(_ kind: ProvisioningKind, _ mode: Mode, rows: [Row], isRehearsal: Bool = false) {
        self.kind = kind
        self.mode = mode
        self.rows = rows
        self.isRehearsal = isRehearsal
    }
}

/// What is to be done to one row of a table. Columns as the table calls them.
enum RowChange: Equatable {
    /// Columns that are not named get their defaults.
    case insert(id: String, [Column])
    /// - key: what the column of the ID holds.
    case update(id: String, key: ColumnValue, [Column])
    case delete(id: String, key: ColumnValue)

    struct Column: Equatable {
        var name: String
        /// nil: the default of the column.
        var text: String?
    }

    var id: String {
        switch self {
        case .insert(let id, _), .update(let id, _, _), .delete(let id, _): id
        }
    }
}
