import ArgumentParser

// MARK: - Dispatching

struct InternalDispatching: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "internal_call_dispatching",
        abstract: "Have calls go to agents by the rules (1) or by command only (0); without a number, say which it is.",
        aliases: ["dispatching"]
    )

    @OptionGroup var options: Options
    @Argument(help: "1 or 0.") var dispatching: Int?

    func validate() throws {
        guard let dispatching, dispatching != 0, dispatching != 1 else { return }
        throw ValidationError("dispatching is \(dispatching), expected 0 or 1")
    }

    var parameters: Parameters { dispatching.map { [.integer($0)] } ?? [] }

    func render(_ result: RawJSON, width: Int?) -> String {
        "internal dispatching is \(result["dispatching"]?.text == "0" ? "off" : "on")\n"
    }
}

struct Dispatch: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "dispatch_call_to_agent",
        abstract: "Offer a waiting call to a free agent, while internal dispatching is off.",
        aliases: ["dispatch"]
    )

    @OptionGroup var options: Options
    @Argument(help: "The id of the call, as the lists show it.") var callID: Int
    @Argument(help: "The ID of the agent.", completion: .agents) var agentID: String

    var parameters: Parameters { [.integer(callID), .text(agentID)] }
}

// MARK: - Repair

struct FreeAgent: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_free_agent",
        abstract: "Make an agent free: a call that rings goes back to its place, a talk or a wrap-up ends.",
        aliases: ["free"]
    )

    @OptionGroup var options: Options
    @Argument(help: "The ID of the agent.", completion: .agents) var agentID: String

    var parameters: Parameters { [.text(agentID)] }
}

struct EndCall: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_end_call",
        abstract: "End a call.",
        aliases: ["end"]
    )

    @OptionGroup var options: Options
    @Argument(help: "The id of the call, as the lists show it.") var callID: Int

    var parameters: Parameters { [.integer(callID)] }
}

struct MoveCall: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_move_call",
        abstract: "Put a waiting call at a place among those of its flow.",
        aliases: ["move"]
    )

    @OptionGroup var options: Options
    @Argument(help: "The id of the call, as the lists show it.") var callID: Int
    @Argument(help: "The place; 0 is the first.") var position: Int

    var parameters: Parameters { [.integer(callID), .integer(position)] }
}

struct EndWrapup: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_end_wrapup",
        abstract: "End an agent's wrap-up now."
    )

    @OptionGroup var options: Options
    @Argument(help: "The ID of the agent.", completion: .agents) var agentID: String

    var parameters: Parameters { [.text(agentID)] }
}
