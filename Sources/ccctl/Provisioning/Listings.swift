import ArgumentParser
import Store

struct ListRows<Subject: ProvisioningSubject>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "list",
            abstract: "Show all that are in the database, and what is wrong with those that cannot be used."
        )
    }

    @OptionGroup var options: Options
    @OptionGroup var targets: DatabaseTargets

    func run() throws {
        let listing = try targets.listing(of: Subject.kind)
        guard !options.json else {
            return try Terminal.writeJSON([Subject.list: listing.rows.map { $0.members(listing.columns) }])
        }
        let columns = Subject.shortColumns.filter(listing.columns.contains)
        let cells = listing.rows.map { row in
            columns.map { column in
                let index = listing.columns.firstIndex(of: column)
                return index.flatMap { row.values[$0].text } ?? "-"
            }
        }
        let numeric = Set(["priority", "logstate", "wrapup_time"])
        Terminal.write(
            Table(headers: columns, cells: cells, isNumeric: columns.map(numeric.contains)).text(width: Terminal.width)
        )
        for row in listing.rows {
            guard let problem = row.problem else { continue }
            Terminal.write(Terminal.line("! \(row.id): \(problem)") + "\n")
        }
        guard Subject.kind == .agent, let skills = listing.columns.firstIndex(of: "skills") else { return }
        let idle = listing.rows.filter { $0.problem == nil && Skillless.isNone($0.values[skills].text) }
        Terminal.write(Skillless.note(idle.map(\.id)))
    }
}

struct ShowRow<Subject: ProvisioningSubject>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "show", abstract: "Show all columns of one.")
    }

    @OptionGroup var options: Options
    @OptionGroup var targets: DatabaseTargets
    @Argument(help: "Its ID.", completion: Subject.completion) var id: String

    func run() throws {
        let listing = try targets.listing(of: Subject.kind)
        guard let row = listing.rows.first(where: { $0.id == id }) else {
            throw Failure.refused("there is no \(Subject.kind.rawValue) \(id)")
        }
        guard !options.json else { return try Terminal.writeJSON(row.members(listing.columns)) }
        let lines = zip(listing.columns, row.values).map { ($0, $1.text ?? "-") }
        Terminal.write(Report.lines(lines))
        if let problem = row.problem { Terminal.write(Terminal.line("! \(problem)") + "\n") }
    }
}

struct ExportRows<Subject: ProvisioningSubject>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "export",
            abstract: "Print all as CSV with the names of the columns, or with --json, as import takes them."
        )
    }

    @OptionGroup var options: Options
    @OptionGroup var targets: DatabaseTargets

    func run() throws {
        let listing = try targets.listing(of: Subject.kind)
        guard !options.json else {
            let rows = listing.rows.map { row in
                Dictionary(zip(listing.columns, row.values)) { first, _ in first }
            }
            return try Terminal.writeJSON([Subject.list: rows])
        }
        Terminal.write(DelimitedText.line(listing.columns))
        for row in listing.rows { Terminal.write(DelimitedText.line(row.values.map(\.text))) }
    }
}

extension ProvisioningListing.Row {
    /// The columns and, of a row that cannot be used, `problem`.
    fileprivate func members(_ columns: [String]) -> [String: RecordValue] {
        var members = Dictionary(zip(columns, values)) { first, _ in first }
        if let problem { members["problem"] = .text(problem) }
        return members
    }
}

extension DatabaseTargets {
    /// The rows of the database that `db_url` names.
    func listing(of kind: ProvisioningKind) throws -> ProvisioningListing {
        let url = try provisioning()
        do throws(StoreError) {
            return try url.asOwner { () throws(StoreError) in
                let database = try url.openExisting()
                let listing = try database.listing(of: kind)
                try database.close()
                return listing
            }
        } catch {
            throw Failure.refused("\(error)")
        }
    }
}
