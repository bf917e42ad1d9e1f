/// Rows under headers, aligned: numbers to the right, all else to the left. It fits a terminal of a given width as
/// long as cutting its widest columns of text makes it fit.
struct Table {
    /// Text columns are not cut below this.
    private static let narrowest = 6
    private static let gap = "  "
    /// Members and columns of the databases that are seconds, which their names do not say.
    private static let seconds: Set<String> = [
        "Avg Call Duration", "Call Time", "Waiting for", "ETW", "Wrapup-ends", "wait_time", "pickup_time", "talk_time",
        "wrapup_time",
    ]

    private var headers: [String]
    private var cells: [[String]]
    private var isNumeric: [Bool]

    /// - Parameters:
    ///   - columns: names of the members to show, in order; members of other names follow.
    ///   - rows: objects.
    init(columns: [String], rows: [RawJSON]) {
        let members = rows.map { $0.members ?? [] }
        var headers = columns
        for row in members {
            for member in row where !headers.contains(member.name) { headers.append(member.name) }
        }
        let values = members.map { row in headers.map { header in row.first { $0.name == header }?.value } }
        cells = values.map { row in
            zip(headers, row).map { header, value in value.map { Self.text(of: $0, in: header) } ?? "-" }
        }
        isNumeric = headers.indices.map { column in
            let given = values.compactMap { $0[column] }
            return !given.isEmpty && given.allSatisfy(\.isNumber)
        }
        self.headers = headers.map(Self.title)
    }

    /// - Parameters:
    ///   - cells: as many as there are headers in each row.
    init(headers: [String], cells: [[String]], isNumeric: [Bool]) {
        self.headers = headers.map(Self.title)
        self.cells = cells.map { $0.map(Terminal.line) }
        self.isNumeric = isNumeric
    }

    /// A name is shown as it is, so that it can be found in manuals, with the unit behind it.
    private static func title(_ name: String) -> String {
        Terminal.line(seconds.contains(name) ? "\(name) (s)" : name)
    }

    /// The reference has the largest number for a wait that cannot be estimated; nobody waits for 68 years.
    private static func text(of value: RawJSON, in column: String) -> String {
        column == "ETW" && value.text == "2147483647" ? "unknown" : Terminal.line(value.text)
    }

    /// The whole table, each line ended by a line break.
    ///
    /// - Parameter width: columns of the terminal; nil: no limit.
    func text(width: Int?) -> String {
        let widths = widths(within: width)
        return ([headers] + cells).map { row in
            let line = row.indices.map { column in
                let cell = Terminal.cut(row[column], to: widths[column])
                let padding = String(repeating: " ", count: max(0, widths[column] - Terminal.width(of: cell)))
                return isNumeric[column] ? padding + cell : cell + padding
            }.joined(separator: Self.gap)
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }

    private func widths(within limit: Int?) -> [Int] {
        var widths = headers.indices.map { column in
            ([headers] + cells).map { Terminal.width(of: $0[column]) }.max() ?? 0
        }
        guard let limit else { return widths }
        var excess = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - limit
        while excess > 0 {
            // A cut number would be a wrong one; a cut header over numbers would leave nothing to cut for.
            let candidates = widths.indices.filter { !isNumeric[$0] && widths[$0] > Self.narrowest }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }
}
