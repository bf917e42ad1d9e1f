import ArgumentParser

/// A command whose result is one list. Fields that a newer daemon adds become columns after the known ones.
protocol ListCommand: DaemonCommand {
    /// Name of the list in the result.
    static var list: String { get }
    static var columns: [String] { get }
    var listing: Listing { get }
    /// By name, besides the page.
    var filters: [(name: String, value: String?)] { get }
}

extension ListCommand {
    var options: Options { listing.options }
    var watching: Watching? { listing.repetition }

    var parameters: Parameters {
        var parameters = Parameters()
        for (name, value) in filters { parameters.add(name, value.map(Parameter.text)) }
        parameters.add("offset", listing.page.offset.map(Parameter.integer))
        parameters.add("limit", listing.page.limit.map(Parameter.integer))
        return parameters
    }

    func render(_ result: RawJSON, width: Int?) -> String {
        let rows = result[Self.list]?.elements ?? []
        let table = Table(columns: Self.columns, rows: rows).text(width: width)
        guard let total = result["Total"] else { return table }
        return table + "\(rows.count) of \(total.text), from \(listing.page.offset ?? 0)\n"
    }
}

/// What every list takes.
struct Listing: ParsableArguments {
    @OptionGroup var options: Options
    @OptionGroup var page: Page
    @OptionGroup var repetition: Watching
}

/// Which part of a list.
struct Page: ParsableArguments {
    @Option(help: ArgumentHelp("Leave out so many.", valueName: "count"))
    var offset: Int?

    @Option(help: ArgumentHelp("Show at most so many.", valueName: "count"))
    var limit: Int?
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

    @OptionGroup var listing: Listing
    @Option(help: "Only this flow.", completion: .flows) var flow: String?
    @Option(help: "Only flows that need this skill.") var skill: String?

    var filters: [(name: String, value: String?)] { [("flow", flow), ("skill", skill)] }
}

struct ListAgents: ListCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_list_agents",
        abstract: "List the agents.",
        discussion: "Wrapup-ends: the seconds until the wrap-up is over. Ref: the calls that the agent has.",
        aliases: ["agents"]
    )
    static let list = "Agents"
    static let columns = ["id", "Ref", "Loged in", "State", "Wrapup-ends"]

    @OptionGroup var listing: Listing
    @Option(help: "Only this agent.", completion: .agents) var agent: String?
    @Option(
        help: "Only agents who are offline, free, incall or in wrapup.",
        completion: .list(["offline", "free", "incall", "wrapup"])
    ) var state: String?
    @Option(help: "Only agents who could serve this flow.", completion: .flows) var flow: String?
    @Option(help: "Only agents with this skill.") var skill: String?

    var filters: [(name: String, value: String?)] {
        [("agent_id", agent), ("state", state), ("flow", flow), ("skill", skill)]
    }
}

struct ListQueue: ListCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_list_queue",
        abstract: "List the calls that wait for an agent, the next first.",
        discussion: """
            Waiting for: the seconds since the call came. ETW: the seconds that it is expected to wait; unknown: nobody is \
            logged in who could take it.
            """,
        aliases: ["queue"]
    )
    static let list = "Calls"
    static let columns = [
        "index", "id", "Media", "Caller username", "Caller display name", "Waiting for", "ETW", "Flow", "Priority",
        "Skill",
    ]

    @OptionGroup var listing: Listing
    @Option(help: "Only calls of this flow.", completion: .flows) var flow: String?

    var filters: [(name: String, value: String?)] { [("flow", flow)] }
}

struct ListCalls: ListCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_list_calls",
        abstract: "List all calls.",
        discussion: "Call Time: the seconds since the call came.",
        aliases: ["calls"]
    )
    static let list = "Calls"
    static let columns = ["id", "Ref", "State", "Call Time", "Flow", "Agent"]
    /// In which a call can be found, in the order of its journey.
    static let states = [
        "welcome", "dissuading1", "dissuading2", "queued", "preagent", "toagent", "transferred",
    ]

    @OptionGroup var listing: Listing
    @Option(help: "Only calls of this flow.", completion: .flows) var flow: String?
    @Option(help: "Only calls at this agent.", completion: .agents) var agent: String?
    @Option(
        help: ArgumentHelp(
            "Only calls in this state: \(ListCalls.states.joined(separator: ", ")).",
            valueName: "state"
        ),
        completion: .list(ListCalls.states)
    ) var state: String?

    var filters: [(name: String, value: String?)] { [("flow", flow), ("agent_id", agent), ("state", state)] }
}
