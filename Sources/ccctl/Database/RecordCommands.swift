import ArgumentParser
import Foundation
import Store

/// `ccctl cdr …`: works on the call-detail records in their database; the daemon need not run.
struct RecordCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cdr",
        abstract: "Look at the call-detail records, export and purge them.",
        subcommands: [ListRecords.self, ExportRecords.self, PurgeRecords.self]
    )
}

/// Which records.
struct RecordFilter: ParsableArguments {
    static let form = "YYYY-MM-DD, \"YYYY-MM-DD HH:MM:SS\", today or yesterday"

    @Option(
        help: ArgumentHelp(
            "Calls from this moment on, UTC: \(form).",
            valueName: "time"
        )
    )
    var from: String?
    @Option(help: ArgumentHelp("Calls before this moment.", valueName: "time"))
    var to: String?
    @Option(help: "Calls of this flow.")
    var flow: String?
    @Option(help: "Calls of this agent.")
    var agent: String?

    func validate() throws {
        for (name, moment) in [("--from", from), ("--to", to)] {
            if let moment, !RecordQuery.isMoment(Self.moment(moment)) {
                throw ValidationError("\(name): \"\(moment)\" is no time; expected \(Self.form)")
            }
        }
    }

    var query: RecordQuery {
        RecordQuery(from: from.map { Self.moment($0) }, to: to.map { Self.moment($0) }, flowID: flow, agentID: agent)
    }

    /// `today` and `yesterday` as days of UTC, as the times of records are; anything else as it is.
    static func moment(_ text: String, now: Date = Date()) -> String {
        guard let age = ["today": 0, "yesterday": 1][text.lowercased()] else { return text }
        let day = now.addingTimeInterval(Double(-age) * 86_400)
        return String(day.formatted(.iso8601).prefix(10))
    }
}

struct ListRecords: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show the newest call-detail records: calls that ended last come first."
    )

    /// Those that fit a terminal.
    private static let columns = [
        "received_timestamp", "cid", "caller", "flow_id", "agent_id", "call_type", "cause", "ended_by", "wait_time",
        "talk_time",
    ]

    @OptionGroup var options: Options
    @OptionGroup var targets: DatabaseTargets
    @OptionGroup var filter: RecordFilter
    @Option(help: "How many.")
    var count = 20

    func run() throws {
        let filter = filter
        let wanted = max(1, min(count, 10_000))
        let page = try targets.withRecords { database throws(StoreError) in
            try database.newestRecords(filter.query, count: wanted)
        }
        let records = page.rows.map { RecordText(row: $0) }
        guard !options.json else { return try Terminal.writeJSON(["Records": records.map(\.members)]) }
        let rows = records.map { record in Self.columns.map { record[$0] ?? "-" } }
        let numeric = Set(["cid", "call_type", "wait_time", "talk_time"])
        let table = Table(headers: Self.columns, cells: rows, isNumeric: Self.columns.map(numeric.contains))
        Terminal.write(table.text(width: Terminal.width))
    }
}

struct ExportRecords: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print call-detail records, the oldest first, as CSV (RFC 4180), or with --json one object a line."
    )

    private static let page = 1_000

    @OptionGroup var options: Options
    @OptionGroup var targets: DatabaseTargets
    @OptionGroup var filter: RecordFilter

    func run() throws {
        if !options.json { Terminal.write(RecordText.csv(RecordPage.columns.map(RecordValue.text))) }
        var place: Int64? = 0
        // Once: it may be another day by the last page.
        let query = filter.query
        while let begin = place {
            let page = try targets.withRecords { database throws(StoreError) in
                try database.records(query, after: begin, count: Self.page)
            }
            for row in page.rows {
                if options.json {
                    try Terminal.writeJSON(RecordText(row: row).members)
                } else {
                    Terminal.write(RecordText.csv(row))
                }
            }
            place = page.next
        }
    }
}

struct PurgeRecords: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Remove the call-detail records of calls that came before a moment."
    )

    /// Rows in one transaction: others write meanwhile.
    private static let batch = 1_000

    @OptionGroup var options: Options
    @OptionGroup var targets: DatabaseTargets
    // What is gone stays gone, so it is said by its date.
    @Option(help: ArgumentHelp("YYYY-MM-DD or \"YYYY-MM-DD HH:MM:SS\", UTC.", valueName: "time"))
    var before: String

    func validate() throws {
        guard RecordQuery.isMoment(before) else {
            let form = "YYYY-MM-DD or \"YYYY-MM-DD HH:MM:SS\""
            throw ValidationError("--before: \"\(before)\" is no time; expected \(form)")
        }
    }

    func run() throws {
        var removed = 0
        let before = before
        while true {
            let count = try targets.withRecords { database throws(StoreError) in
                try database.purgeRecords(before: before, count: Self.batch)
            }
            removed += count
            if count < Self.batch { break }
        }
        if options.json {
            try Terminal.writeJSON(["removed": removed])
        } else {
            Terminal.write("\(removed) records removed\n")
        }
    }
}

/// One record and what is made of it.
private struct RecordText {
    var row: [RecordValue]

    subscript(column: String) -> String? {
        RecordPage.columns.firstIndex(of: column).flatMap { $0 < row.count ? row[$0].text : nil }
    }

    var members: [String: RecordValue] { Dictionary(zip(RecordPage.columns, row)) { first, _ in first } }

    /// A line of CSV. A spreadsheet takes some texts for formulas, and callers choose their names: such a text gets an
    /// apostrophe.
    static func csv(_ row: [RecordValue]) -> String {
        row.map { value in
            guard case .text(let text) = value else { return value.text ?? "" }
            let formulas: [Character] = ["=", "+", "-", "@", "\t", "\r"]
            let isFormula = text.first.map(formulas.contains) ?? false
            let safe = isFormula ? "'" + text : text
            let special: [UInt8] = [UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
            let mustQuote = safe.utf8.contains { special.contains($0) }
            return mustQuote ? "\"" + safe.replacing("\"", with: "\"\"") + "\"" : safe
        }
        .joined(separator: ",") + "\r\n"
    }
}
