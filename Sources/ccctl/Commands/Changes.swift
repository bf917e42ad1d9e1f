import ArgumentParser

struct ResetStatistics: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_reset_stats",
        abstract: "Set all counter-like statistics to zero.",
        aliases: ["reset-stats"]
    )

    @OptionGroup var options: Options
}

struct AgentLogin: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_agent_login",
        abstract: "Log an agent in or off."
    )

    @OptionGroup var options: Options
    @Argument(help: "The ID of the agent.", completion: .agents) var agentID: String
    @Argument(help: "1 to log in, 0 to log off.", completion: .list(["0", "1"])) var state: Int

    func validate() throws {
        guard state == 0 || state == 1 else { throw ValidationError("state is \(state), expected 0 or 1") }
    }

    var parameters: Parameters { [.text(agentID), .integer(state)] }
}

struct LogIn: DaemonCommand {
    static let configuration = CommandConfiguration(commandName: "login", abstract: "Log an agent in.")

    @OptionGroup var options: Options
    @Argument(help: "The ID of the agent.", completion: .agents) var agentID: String

    var method: String { "cc_agent_login" }
    var parameters: Parameters { [.text(agentID), .integer(1)] }
}

struct LogOut: DaemonCommand {
    static let configuration = CommandConfiguration(commandName: "logout", abstract: "Log an agent off.")

    @OptionGroup var options: Options
    @Argument(help: "The ID of the agent.", completion: .agents) var agentID: String

    var method: String { "cc_agent_login" }
    var parameters: Parameters { [.text(agentID), .integer(0)] }
}

/// Whatever the daemon knows, also what a newer one knows.
struct Call: DaemonCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send any command to the daemon.",
        discussion: """
            ccctl which lists the commands, ccctl which NAME says how one is used. A parameter NAME=VALUE goes by its name, \
            others by position.
            """
    )

    @OptionGroup var options: Options
    @Argument(help: "The name of the command.", completion: .methods) var command: String
    @Argument(help: "Its parameters.") var given: [String] = []

    func validate() throws {
        let named = given.filter { Self.name(of: $0) != nil }
        guard named.isEmpty || named.count == given.count else {
            throw ValidationError("parameters go all by name, or all by position")
        }
    }

    var method: String { command }
    var parameters: Parameters {
        var parameters = Parameters()
        for text in given {
            if let name = Self.name(of: text) {
                parameters.add(name, .text(String(text.dropFirst(name.count + 1))))
            } else {
                parameters.positional.append(.text(text))
            }
        }
        return parameters
    }

    /// `limit` of `limit=5`.
    private static func name(of text: String) -> String? {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
        let name = text[..<equals]
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") } ? String(name) : nil
    }

    func render(_ result: RawJSON, width: Int?) -> String {
        guard let members = result.members else { return Terminal.line(result.text) + "\n" }
        // A list by whatever name is a table.
        if members.count == 1, let rows = members.first?.value.elements, rows.allSatisfy({ $0.members != nil }) {
            return Table(columns: [], rows: rows).text(width: width)
        }
        return Report.lines(of: result)
    }
}
