/// Which call-detail records are wanted.
package struct RecordQuery: Sendable, Equatable {
    /// Calls that came at this moment or later: `YYYY-MM-DD` or `YYYY-MM-DD HH:MM:SS`, UTC.
    package var from: String?
    /// Calls that came before this moment.
    package var to: String?
    package var flowID: String?
    package var agentID: String?

    package init(from: String? = nil, to: String? = nil, flowID: String? = nil, agentID: String? = nil) {
        self.from = from
        self.to = to
        self.flowID = flowID
        self.agentID = agentID
    }

    /// Whether a text is a moment as the query takes it, and one that there is: SQLite compares texts, and would not notice.
    package static func isMoment(_ text: String) -> Bool {
        let form = /([0-9]{4})-([0-9]{2})-([0-9]{2})(?: ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?/
        guard let parts = text.wholeMatch(of: form)?.output, let year = Int(parts.1), let month = Int(parts.2),
            let day = Int(parts.3), 1...12 ~= month
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
        return 1...days ~= day
    }

    /// Conditions and what stands for their parameters, in order.
    var conditions: [(sql: String, value: ColumnValue)] {
        var conditions: [(String, ColumnValue)] = []
        if let from { conditions.append(("received_timestamp >=", .text(Self.moment(from)))) }
        if let to { conditions.append(("received_timestamp <", .text(Self.moment(to)))) }
        if let flowID { conditions.append(("flow_id =", .text(flowID))) }
        if let agentID { conditions.append(("agent_id =", .text(agentID))) }
        return conditions
    }

    /// SQLite compares texts, so a day is its first second.
    private static func moment(_ text: String) -> String { text.utf8.count == 10 ? "\(text) 00:00:00" : text }
}

/// Rows of `cc_cdrs`.
package struct RecordPage: Sendable, Equatable {
    /// `id` and the columns of `cc_cdrs`, in their order.
    package static let columns = ["id"] + RecordColumns.names

    /// In the order that was asked for.
    package var rows: [[RecordValue]]
    /// Where the next page begins; nil: this was the last one.
    package var next: Int64?
}

/// A value of a row.
package enum RecordValue: Sendable, Equatable, Encodable {
    case null
    case integer(Int64)
    case text(String)

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .integer(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        }
    }

    /// nil if there is none.
    package var text: String? {
        switch self {
        case .null: nil
        case .integer(let number): String(number)
        case .text(let text): text
        }
    }
}

/// The SQL for pages of records; `parameter` names the parameters of a database, from 1.
struct RecordStatements: Sendable {
    let parameter: @Sendable (Int) -> String

    /// The rows behind a place in the order of `id`.
    func page(_ query: RecordQuery, after place: Int64, count: Int) -> (sql: String, values: [ColumnValue]) {
        select(query.conditions + [("id >", .integer(place))], order: "id", count)
    }

    /// The last rows, the newest first.
    func newest(_ query: RecordQuery, count: Int) -> (sql: String, values: [ColumnValue]) {
        select(query.conditions, order: "id DESC", count)
    }

    /// Removes the oldest rows from before a moment, so many at most.
    func purge(before moment: String, count: Int) -> (sql: String, values: [ColumnValue]) {
        let query = RecordQuery(to: moment)
        let table = RecordColumns.table
        let sql = """
            DELETE FROM \(table) WHERE id IN
            (SELECT id FROM \(table)\(text(of: query.conditions)) ORDER BY id LIMIT \(count))
            """
        return (sql, query.conditions.map(\.value))
    }

    private func select(
        _ conditions: [(sql: String, value: ColumnValue)],
        order: String,
        _ count: Int
    ) -> (sql: String, values: [ColumnValue]) {
        let columns = RecordPage.columns.joined(separator: ", ")
        let sql = """
            SELECT \(columns) FROM \(RecordColumns.table)\(text(of: conditions)) ORDER BY \(order) LIMIT \(count)
            """
        return (sql, conditions.map(\.value))
    }

    private func text(of conditions: [(sql: String, value: ColumnValue)]) -> String {
        guard !conditions.isEmpty else { return "" }
        let parts = conditions.enumerated().map { "\($1.sql) \(parameter($0 + 1))" }
        return " WHERE " + parts.joined(separator: " AND ")
    }
}

extension RecordPage {
    /// - Parameter rows: beginning with `id`.
    init(_ rows: [[ColumnValue]], wanted: Int) {
        self.rows = rows.map { $0.map(RecordValue.init) }
        guard rows.count == wanted, case .integer(let id)? = rows.last?.first else { return }
        next = id
    }
}

extension RecordValue {
    init(_ value: ColumnValue) {
        self =
            switch value {
            case .null, .bytes: .null
            case .integer(let number): .integer(number)
            case .real(let number): .text(String(number))
            case .text(let text): .text(text)
            case .list(let texts): .text(texts.joined(separator: ","))
            }
    }
}
