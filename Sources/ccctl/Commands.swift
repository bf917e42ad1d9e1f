import ArgumentParser

/// A command of ours that is one command of the daemon.
protocol DaemonCommand: ParsableCommand {
    var options: Options { get }
    /// As the daemon knows it.
    var method: String { get }
    var parameters: [Parameter] { get }
    /// The result for people, ending in a line break.
    ///
    /// - Parameter width: columns of the terminal; nil: no limit.
    func render(_ result: RawJSON, width: Int?) -> String
}

extension DaemonCommand {
    var parameters: [Parameter] { [] }

    func render(_ result: RawJSON, width: Int?) -> String { Terminal.line(result.text) + "\n" }

    func run() throws {
        let reply = try Client(path: options.socketPath).call(method, parameters)
        Terminal.write(options.json ? reply.source + "\n" : render(reply, width: Terminal.width))
    }
}

// MARK: - Lists

/// A command whose result is one list. Fields that a newer daemon adds become columns after the known ones.
protocol ListCommand: DaemonCommand {
    /// Name of the list in the result.
    static var list: String { get }
    static var columns: [String] { get }
}

extension ListCommand {
    func render(_ result: RawJSON, width: Int?) -> String {
        Table(columns: Self.columns, rows: result[Self.list]?.elements ?? []).text(width: width)
    }
}

struct ListFlows: ListCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_list_flows",
        abstract: "List the flows.",
        aliases: ["flows"]
    )
    static let list = "Flows"
    static let columns = [
        "id", "Avg Call Duration", "Processed Calls", "Logged Agents", "Ongoing Calls", "Ref Calls",
    ]

    @OptionGroup var options: Options
    var method: String { "cc_list_flows" }
}

struct ListAgents: ListCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_list_agents",
        abstract: "List the agents.",
        aliases: ["agents"]
    )
    static let list = "Agents"
    static let columns = ["id", "Ref", "Loged in", "State", "Wrapup-ends"]

    @OptionGroup var options: Options
    var method: String { "cc_list_agents" }
}

struct ListQueue: ListCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_list_queue",
        abstract: "List the calls that wait for an agent, the next first.",
        aliases: ["queue"]
    )
    static let list = "Calls"
    static let columns = [
        "index", "id", "Media", "Caller username", "Caller display name", "Waiting for", "ETW", "Flow", "Priority",
        "Skill",
    ]

    @OptionGroup var options: Options
    var method: String { "cc_list_queue" }
}

struct ListCalls: ListCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_list_calls",
        abstract: "List all calls.",
        aliases: ["calls"]
    )
    static let list = "Calls"
    static let columns = ["id", "Ref", "State", "Call Time", "Flow", "Agent"]

    @OptionGroup var options: Options
    var method: String { "cc_list_calls" }
}

struct Which: DaemonCommand {
    static let configuration = CommandConfiguration(abstract: "List the commands that the daemon knows.")

    @OptionGroup var options: Options
    var method: String { "which" }

    func render(_ result: RawJSON, width: Int?) -> String {
        (result.elements ?? []).map { Terminal.line($0.text) + "\n" }.joined()
    }
}

// MARK: - Reports

struct GetStatistics: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "get_statistics",
        abstract: "Show statistics.",
        discussion: "Without names, all of them.",
        aliases: ["stats"]
    )

    @OptionGroup var options: Options
    @Argument(help: "Names, such as ccg_incalls or ccf_awt_support.")
    var names: [String] = []

    var method: String { "get_statistics" }
    var parameters: [Parameter] { names.map(Parameter.text) }

    func render(_ result: RawJSON, width: Int?) -> String {
        (result.members ?? []).map { "\(Terminal.line($0.name)) = \(Terminal.line($0.value.text))\n" }.joined()
    }
}

struct Version: DaemonCommand {
    static let configuration = CommandConfiguration(abstract: "Show the version of the daemon.")

    @OptionGroup var options: Options
    var method: String { "version" }

    func render(_ result: RawJSON, width: Int?) -> String { Report.lines(of: result) }
}

struct Reload: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_reload",
        abstract: "Take over flows and agents from the database.",
        aliases: ["reload"]
    )

    @OptionGroup var options: Options
    var method: String { "cc_reload" }

    func render(_ result: RawJSON, width: Int?) -> String { Report.reload(result) }
}

// MARK: - Changes

struct ResetStatistics: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_reset_stats",
        abstract: "Set all counter-like statistics to zero.",
        aliases: ["reset-stats"]
    )

    @OptionGroup var options: Options
    var method: String { "cc_reset_stats" }
}

struct AgentLogin: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_agent_login",
        abstract: "Log an agent in or off."
    )

    @OptionGroup var options: Options
    @Argument(help: "The ID of the agent.") var agentID: String
    @Argument(help: "1 to log in, 0 to log off.") var state: Int

    func validate() throws {
        guard state == 0 || state == 1 else { throw ValidationError("state is \(state), expected 0 or 1") }
    }

    var method: String { "cc_agent_login" }
    var parameters: [Parameter] { [.text(agentID), .integer(state)] }
}

struct LogIn: DaemonCommand {
    static let configuration = CommandConfiguration(commandName: "login", abstract: "Log an agent in.")

    @OptionGroup var options: Options
    @Argument(help: "The ID of the agent.") var agentID: String

    var method: String { "cc_agent_login" }
    var parameters: [Parameter] { [.text(agentID), .integer(1)] }
}

struct LogOut: DaemonCommand {
    static let configuration = CommandConfiguration(commandName: "logout", abstract: "Log an agent off.")

    @OptionGroup var options: Options
    @Argument(help: "The ID of the agent.") var agentID: String

    var method: String { "cc_agent_login" }
    var parameters: [Parameter] { [.text(agentID), .integer(0)] }
}
