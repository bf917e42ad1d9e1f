import ArgumentParser
import Settings
import Store

/// `--reload`.
struct TakingOver: ParsableArguments {
    @Flag(help: "Tell the daemon to take it over at once.")
    var reload = false
}

/// Makes an edit and says what became of it.
struct EditRun {
    private struct Row: Encodable {
        var line: Int?
        var id: String
        var result: String
        var reason: String?
    }

    private struct Result: Encodable {
        var Rows: [Row]
        var Ignored: [String]
        var Warnings: [String]
        /// Whether the database has it.
        var done: Bool
        /// Whether the daemon has it; nil: it was not asked.
        var reloaded: Bool?
    }

    private let edit: ProvisioningEdit
    private let options: Options
    private let targets: DatabaseTargets
    private let taking: TakingOver

    init(edit: ProvisioningEdit, _ options: Options, _ targets: DatabaseTargets, _ taking: TakingOver) {
        self.edit = edit
        self.options = options
        self.targets = targets
        self.taking = taking
    }

    func run() throws {
        let report = try made()
        let isDone = !report.isRefused && !edit.isRehearsal
        var reload: Swift.Result<RawJSON, Failure>?
        if isDone, taking.reload {
            let client = Client(path: options.socketPath)
            reload = Swift.Result { () throws(Failure) in try client.call("cc_reload", Parameters()) }
        }
        if options.json { try writeJSON(report, isDone, reload) } else { write(report, isDone, reload) }
        if report.isRefused {
            let count = report.outcomes.count { $0.result == .refused }
            let reason = report.outcomes.count == 1 ? report.outcomes.first?.reason : nil
            throw Failure.refused(
                reason.map { "\(report.outcomes.first?.id ?? ""): \($0)" }
                    ?? "\(count) of \(report.outcomes.count) rows cannot be used; nothing was changed"
            )
        }
        if case .failure(let failure)? = reload {
            throw Failure(status: failure.status, message: "the database has it, but \(failure.message)")
        }
    }

    private func made() throws -> ProvisioningEdit.Report {
        let url = try targets.provisioning()
        do throws(StoreError) {
            return try url.asOwner { () throws(StoreError) in
                let database = try url.openExistingForEditing()
                let report = try database.edit(edit)
                try database.close()
                return report
            }
        } catch {
            throw Failure.refused("\(error)")
        }
    }

    private func writeJSON(
        _ report: ProvisioningEdit.Report,
        _ isDone: Bool,
        _ reload: Swift.Result<RawJSON, Failure>?
    ) throws {
        let rows = report.outcomes.map {
            Row(line: $0.line, id: $0.id, result: $0.result.rawValue, reason: $0.reason)
        }
        var reloaded: Bool?
        switch reload {
        case .success?: reloaded = true
        case .failure?: reloaded = false
        case nil: break
        }
        try Terminal.writeJSON(
            Result(
                Rows: rows,
                Ignored: report.ignoredColumns,
                Warnings: report.warnings,
                done: isDone,
                reloaded: reloaded
            )
        )
    }

    private func write(
        _ report: ProvisioningEdit.Report,
        _ isDone: Bool,
        _ reload: Swift.Result<RawJSON, Failure>?
    ) {
        let noun = edit.kind.rawValue
        // Of one row the error says it.
        if report.outcomes.count > 1 || !report.isRefused {
            // Where some are wrong, none is taken, and those that are right are of no interest.
            for outcome in report.outcomes where !report.isRefused || outcome.result == .refused {
                let line = outcome.line.map { "\($0): " } ?? ""
                let reason = outcome.reason.map { ": \($0)" } ?? ""
                Terminal.write(Terminal.line("\(line)\(noun) \(outcome.id) \(outcome.result.rawValue)\(reason)") + "\n")
            }
        }
        if !report.ignoredColumns.isEmpty {
            let columns = report.ignoredColumns.map { column in
                let guess = Suggestion.nearest(to: column, among: edit.kind.columns)
                return guess.map { "\(column) (did you mean \($0)?)" } ?? column
            }.joined(separator: ", ")
            Terminal.write(Terminal.line("left out, as \(edit.kind.table) has no such columns: \(columns)") + "\n")
        }
        if edit.kind == .agent, !report.isRefused {
            Terminal.write(Skillless.note(Skillless.agents(of: report, rows: edit.rows)))
        }
        for warning in report.warnings { Terminal.write(Terminal.line("! \(warning)") + "\n") }
        if edit.isRehearsal, !report.isRefused { Terminal.write("nothing was changed: this was a rehearsal\n") }
        guard isDone else { return }
        switch reload {
        case .success(let result)?: Terminal.write(Report.reload(result))
        case .failure?: break
        case nil:
            let isChanged = report.outcomes.contains { $0.result != .unchanged }
            if isChanged { Terminal.write("ccctl reload makes the daemon take it over\n") }
        }
    }
}

extension DatabaseURL {
    /// As `openExisting`, to change flows and agents.
    fileprivate func openExistingForEditing() throws(StoreError) -> any EditableDatabase {
        try mustExist()
        return try openForEditing()
    }
}
