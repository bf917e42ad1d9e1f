import ArgumentParser

struct Which: DaemonCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the commands that the daemon knows.",
        discussion: "With the name of one, how it is used."
    )

    @OptionGroup var options: Options
    @Argument(help: "The name of a command of the daemon.", completion: .methods) var command: String?

    var parameters: Parameters { Parameters(command.map { [.text($0)] } ?? []) }

    func render(_ result: RawJSON, width: Int?) -> String {
        guard let names = result.elements else { return Report.lines(of: result) }
        return names.map { Terminal.line($0.text) + "\n" }.joined()
    }
}

struct GetStatistics: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "get_statistics",
        abstract: "Show statistics.",
        discussion: "Without names, all of them. A * at the end of a name stands for any rest: 'ccf_*'.",
        aliases: ["stats"]
    )

    @OptionGroup var options: Options
    @OptionGroup var repetition: Watching
    @Argument(help: "Names, such as ccg_incalls or ccf_awt_support.", completion: .statistics)
    var names: [String] = []

    var parameters: Parameters { Parameters(names.map(Parameter.text)) }
    var watching: Watching? { repetition }

    func render(_ result: RawJSON, width: Int?) -> String {
        (result.members ?? []).map { "\(Terminal.line($0.name)) = \(Terminal.line($0.value.text))\n" }.joined()
    }
}

struct Health: DaemonCommand {
    static let configuration = CommandConfiguration(abstract: "Show whether calls are served, and how well.")

    @OptionGroup var options: Options
    @OptionGroup var repetition: Watching
    var watching: Watching? { repetition }

    func render(_ result: RawJSON, width: Int?) -> String {
        let members = result.members ?? []
        return Report.lines(members.map { ($0.name, $0.name == "Uptime" ? "\($0.value.text) s" : $0.value.text) })
    }
}

struct Version: DaemonCommand {
    static let configuration = CommandConfiguration(abstract: "Show the version of the daemon.")

    @OptionGroup var options: Options

    func render(_ result: RawJSON, width: Int?) -> String { Report.lines(of: result) }
}

struct Reload: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "cc_reload",
        abstract: "Take over the configuration, and flows and agents from the database.",
        aliases: ["reload"]
    )

    @OptionGroup var options: Options

    func render(_ result: RawJSON, width: Int?) -> String { Report.reload(result) }
}
