import ArgumentParser
import Settings
import Store

/// Which table a command of `ccctl flow …` or `ccctl agent …` is about.
protocol ProvisioningSubject {
    static var kind: ProvisioningKind { get }
    /// As JSON calls a list of them.
    static var list: String { get }
    /// The columns that fit a terminal.
    static var shortColumns: [String] { get }
    /// The IDs that the daemon knows, for the shell.
    static var completion: CompletionKind { get }
}

extension ProvisioningSubject {
    /// `COLUMN=` for the shell.
    static var columnCompletion: CompletionKind { .list(kind.columns.dropFirst().map { "\($0)=" }) }
}

enum FlowSubject: ProvisioningSubject {
    static let kind = ProvisioningKind.flow
    static let list = "Flows"
    static let shortColumns = ["flowid", "priority", "skill", "prependcid", "message_welcome", "message_queue"]
    static var completion: CompletionKind { .flows }
}

enum AgentSubject: ProvisioningSubject {
    static let kind = ProvisioningKind.agent
    static let list = "Agents"
    static let shortColumns = ["agentid", "location", "logstate", "skills", "wrapup_time"]
    static var completion: CompletionKind { .agents }
}

/// `ccctl flow …`: works on the provisioning database; the daemon need not run.
struct FlowCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flow",
        abstract: "Provision flows: add, change, remove, list, import and export them.",
        subcommands: [
            AddRow<FlowSubject>.self, SetRow<FlowSubject>.self, RemoveRow<FlowSubject>.self, ListRows<FlowSubject>.self,
            ShowRow<FlowSubject>.self, ImportRows<FlowSubject>.self, ExportRows<FlowSubject>.self,
        ]
    )
}

/// `ccctl agent …`: the same for agents.
struct AgentCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Provision agents: add, change, remove, list, import and export them.",
        subcommands: [
            AddRow<AgentSubject>.self, SetRow<AgentSubject>.self, RemoveRow<AgentSubject>.self,
            ListRows<AgentSubject>.self, ShowRow<AgentSubject>.self, ImportRows<AgentSubject>.self,
            ExportRows<AgentSubject>.self,
        ]
    )
}

/// `COLUMN=VALUE` of a command line.
struct ColumnSetting: ExpressibleByArgument, Equatable {
    var column: String
    /// nil: the default.
    var text: String?

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else { return nil }
        column = argument[..<equals].lowercased()
        let value = String(argument[argument.index(after: equals)...])
        text = value.isEmpty ? nil : value
    }

    /// Refuses columns that no table of ours has, naming what was probably meant.
    static func check(_ settings: [ColumnSetting], for kind: ProvisioningKind) throws {
        var seen: Set<String> = []
        for setting in settings {
            guard setting.column != kind.id else {
                throw ValidationError("\(kind.id) is the ID; it stands before the columns, and does not change")
            }
            guard kind.columns.contains(setting.column) else {
                let guess = Suggestion.nearest(to: setting.column, among: kind.columns)
                let hint =
                    guess.map { "did you mean \($0)?" } ?? "expected one of \(kind.columns.joined(separator: ", "))"
                throw ValidationError("\(setting.column) is not a column of \(kind.table); \(hint)")
            }
            guard seen.insert(setting.column).inserted else {
                throw ValidationError("\(setting.column) is given twice")
            }
        }
    }
}

struct AddRow<Subject: ProvisioningSubject>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "add",
            abstract: "Add one.",
            discussion: "Columns that are not named have their defaults. They are: "
                + Subject.kind.columns.dropFirst().joined(separator: ", ") + "."
        )
    }

    @OptionGroup var options: Options
    @OptionGroup var targets: DatabaseTargets
    @OptionGroup var taking: TakingOver
    @Argument(help: "Its ID.") var id: String
    @Argument(help: ArgumentHelp("Columns.", valueName: "column=value"), completion: Subject.columnCompletion)
    var columns: [ColumnSetting] = []

    func validate() throws { try ColumnSetting.check(columns, for: Subject.kind) }

    func run() throws {
        let values = [(column: Subject.kind.id, text: id as String?)] + columns.map { ($0.column, $0.text) }
        try EditRun(edit: ProvisioningEdit(Subject.kind, .add, rows: [.init(values: values)]), options, targets, taking)
            .run()
    }
}

struct SetRow<Subject: ProvisioningSubject>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "set",
            abstract: "Change columns of one.",
            discussion: "Columns that are not named stay; column= without a value gives a column its default."
        )
    }

    @OptionGroup var options: Options
    @OptionGroup var targets: DatabaseTargets
    @OptionGroup var taking: TakingOver
    @Argument(help: "Its ID.", completion: Subject.completion) var id: String
    @Argument(help: ArgumentHelp("Columns.", valueName: "column=value"), completion: Subject.columnCompletion)
    var columns: [ColumnSetting]

    func validate() throws { try ColumnSetting.check(columns, for: Subject.kind) }

    func run() throws {
        let values = [(column: Subject.kind.id, text: id as String?)] + columns.map { ($0.column, $0.text) }
        try EditRun(edit: ProvisioningEdit(Subject.kind, .set, rows: [.init(values: values)]), options, targets, taking)
            .run()
    }
}

struct RemoveRow<Subject: ProvisioningSubject>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "remove", abstract: "Remove some. Their calls go on to their ends.")
    }

    @OptionGroup var options: Options
    @OptionGroup var targets: DatabaseTargets
    @OptionGroup var taking: TakingOver
    @Argument(help: ArgumentHelp("Their IDs.", valueName: "id"), completion: Subject.completion) var ids: [String]

    func run() throws {
        let rows = ids.map { ProvisioningEdit.Row(values: [(Subject.kind.id, $0)]) }
        try EditRun(edit: ProvisioningEdit(Subject.kind, .remove, rows: rows), options, targets, taking).run()
    }
}

struct ImportRows<Subject: ProvisioningSubject>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "import",
            abstract: "Add and change those of a file, CSV or JSON.",
            discussion: """
                CSV begins with the names of the columns; what MySQL writes INTO OUTFILE has none: name them with --columns, \
                - for a field to leave out. Separators are commas, semicolons or tabs; \\N, NULL and nothing mean the \
                default. It is one transaction: if a row cannot be used, nothing is changed, and the report says why.
                """
        )
    }

    @OptionGroup var options: Options
    @OptionGroup var targets: DatabaseTargets
    @OptionGroup var taking: TakingOver
    @Flag(help: "Only say what would be done.") var dryRun = false
    @Flag(help: "Remove those that are not in the file.") var replace = false
    @Option(help: ArgumentHelp("The columns of a CSV file that does not name them.", valueName: "a,b,…"))
    var columns: String?
    @Argument(help: "The file; - for standard input.", completion: .file()) var file: String

    /// In lower case; nil: the file names them.
    private var names: [String]? { columns.map { $0.split(separator: ",").map { $0.lowercased() } } }

    func validate() throws {
        guard let names else { return }
        let kind = Subject.kind
        var seen: Set<String> = []
        // A table of the reference has numbers of rows, which ours has no use for.
        for name in names where name != RowFile.nothing && name != "id" {
            guard kind.columns.contains(name) else {
                let guess = Suggestion.nearest(to: name, among: kind.columns)
                let hint = guess.map { "did you mean \($0)?" } ?? "\(RowFile.nothing) stands for a field to leave out"
                throw ValidationError("--columns: \(name) is not a column of \(kind.table); \(hint)")
            }
            guard seen.insert(name).inserted else { throw ValidationError("--columns names \(name) twice") }
        }
        guard seen.contains(kind.id) else { throw ValidationError("--columns names no \(kind.id)") }
    }

    func run() throws {
        let rows = try RowFile.read(file, kind: Subject.kind, columns: names)
        let edit = ProvisioningEdit(Subject.kind, replace ? .replace : .put, rows: rows, isRehearsal: dryRun)
        try EditRun(edit: edit, options, targets, taking).run()
    }
}
