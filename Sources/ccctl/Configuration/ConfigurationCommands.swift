import ArgumentParser
import Settings
import Store

/// `ccctl config …`: works on the configuration file; the daemon need not run.
struct ConfigurationCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Look at the configuration.",
        subcommands: [ShowConfiguration.self]
    )
}

struct ShowConfiguration: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what the file and the environment say, and the defaults of all else.",
        discussion: """
            Each key with its value, where that comes from (a line of the file, an environment variable, the default), and \
            whether a reload applies a change or a restart is needed. Passwords are not shown. The daemon has what was there \
            when it last read it; a variable of the environment counts as this shell has it.
            """
    )

    @OptionGroup var options: Options
    @OptionGroup var file: ConfigurationFile
    @Flag(help: "Only what differs from the defaults.") var changed = false
    @Argument(help: ArgumentHelp("Keys, or sections such as sip.", valueName: "key")) var keys: [String] = []

    func run() throws {
        let all: [ConfigurationEntry]
        do throws(ConfigurationError) {
            _ = try Configuration.load(file: file.path, checks: DatabaseTargets.checks)
            all = try Configuration.entries(file: file.path) { (try? DatabaseURL($0))?.description ?? "(hidden)" }
        } catch {
            throw ConfigurationFile.refusal(error)
        }
        for key in keys where !all.contains(where: { $0.key == key || $0.key.hasPrefix("\(key).") }) {
            let guess = Suggestion.nearest(to: key, among: all.map(\.key)).map { "; did you mean \($0)?" }
            throw Failure.refused("\(key) is not a known key\(guess ?? "; ccctl config show lists them all")")
        }
        let entries = all.filter { entry in
            (!changed || entry.origin != .builtIn)
                && (keys.isEmpty || keys.contains { entry.key == $0 || entry.key.hasPrefix("\($0).") })
        }
        guard !options.json else { return try Terminal.writeJSON(["Keys": entries]) }
        let cells = entries.map { [$0.key, $0.value, $0.origin.description, $0.effect] }
        let table = Table(
            headers: ["key", "value", "from", "change"],
            cells: cells,
            isNumeric: [false, false, false, false]
        )
        Terminal.write(table.text(width: Terminal.width))
    }
}
