import ArgumentParser
import Store

/// `ccctl db …`: works on the databases themselves; the daemon need not run.
struct DatabaseCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: "Look after the databases.",
        subcommands: [CheckDatabase.self, MigrateDatabase.self]
    )
}

struct CheckDatabase: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say what the databases lack.",
        discussion: "Exit status 1 if one cannot be used as it is."
    )

    @OptionGroup var options: Options
    @OptionGroup var targets: DatabaseTargets

    func run() throws {
        var reports: [DatabaseReport] = []
        for target in try targets.all() {
            var report = SchemaReport()
            do throws(StoreError) {
                report = try target.url.asOwner { () throws(StoreError) in
                    let database = try target.url.openExisting()
                    let report = try database.schema().report
                    try database.close()
                    return report
                }
            } catch {
                report.problems.append(error.problem)
            }
            reports.append(DatabaseReport(target, problems: report.problems, notes: report.notes))
        }
        try DatabaseReport.write(reports, asJSON: options.json)
        try DatabaseReport.check(reports)
    }
}

struct MigrateDatabase: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Create tables that are missing, and bring older ones up to this version.",
        discussion: "Tables that OpenSIPS made stay as they are; only cc_cdrs gets the columns that it lacks."
    )

    @OptionGroup var options: Options
    @OptionGroup var targets: DatabaseTargets

    func run() throws {
        var reports: [DatabaseReport] = []
        for target in try targets.all() {
            do throws(StoreError) {
                let (steps, left) = try target.url.asOwner { () throws(StoreError) in
                    let database = try target.url.open()
                    let steps = try database.migrate()
                    let left = try database.schema().report
                    try database.close()
                    return (steps, left)
                }
                let notes = steps.map { "made \($0)" } + left.notes
                reports.append(DatabaseReport(target, problems: left.problems, notes: notes))
            } catch {
                throw Failure.refused("\(error)")
            }
        }
        try DatabaseReport.write(reports, asJSON: options.json)
        try DatabaseReport.check(reports)
    }
}

/// What a command has to say of one database.
struct DatabaseReport: Encodable {
    /// Without password.
    var database: String
    /// The configuration keys that name it.
    var keys: [String]
    var problems: [String]
    var notes: [String]

    init(_ target: DatabaseTargets.Target, problems: [String] = [], notes: [String] = []) {
        database = "\(target.url)"
        keys = target.keys
        self.problems = problems
        self.notes = notes
    }

    /// Fails if one has a problem.
    static func check(_ reports: [DatabaseReport]) throws {
        let broken = reports.count { !$0.problems.isEmpty }
        guard broken == 0 else {
            throw Failure.refused("\(broken) of \(reports.count) databases cannot be used as they are")
        }
    }

    /// Prints them: a headline each, and a line for all there is to say.
    static func write(_ reports: [DatabaseReport], asJSON: Bool) throws {
        guard !asJSON else { return try Terminal.writeJSON(["Databases": reports]) }
        for report in reports {
            let keys = report.keys.isEmpty ? "" : " (\(report.keys.joined(separator: ", ")))"
            let isFine = report.problems.isEmpty && report.notes.isEmpty
            Terminal.write(Terminal.line("\(report.database)\(keys)\(isFine ? ": complete" : "")") + "\n")
            for problem in report.problems { Terminal.write(Terminal.line("  ! \(problem)") + "\n") }
            for note in report.notes { Terminal.write(Terminal.line("  - \(note)") + "\n") }
        }
    }
}
