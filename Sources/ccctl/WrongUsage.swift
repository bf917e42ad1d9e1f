import ArgumentParser
import Settings

/// What is said to arguments that cannot be understood: about the command that was meant, and where its help is.
struct WrongUsage {
    /// The commands named, from the first to the innermost.
    private(set) var path: [String] = []
    /// The word that stands where a command belongs and is none.
    private(set) var unknown: String?
    private var candidates: [String] = []

    init(_ arguments: [String]) {
        var command: any ParsableCommand.Type = CCControl.self
        var rest = arguments[...]
        while let word = rest.popFirst(), !command.configuration.subcommands.isEmpty {
            // Options that stand before the command have a value behind them.
            if ["--socket", "--config", "--url"].contains(word) { _ = rest.popFirst() }
            guard !word.hasPrefix("-") else { continue }
            let commands = command.configuration.subcommands
            let found = commands.first { $0._commandName == word || $0.configuration.aliases.contains(word) }
            guard let found else {
                // What `help` is asked for, it looks for itself.
                guard word != "help" else { return }
                unknown = word
                candidates = commands.flatMap { [$0._commandName] + $0.configuration.aliases }
                return
            }
            path.append(word)
            command = found
        }
    }

    /// One line.
    ///
    /// - Parameter message: what the parser says.
    func line(_ message: String) -> String {
        guard let unknown else { return "\(message); see ccctl \(path.isEmpty ? "--help" : help)" }
        let guess = Suggestion.nearest(to: unknown, among: candidates).map { "; did you mean \($0)?" }
        let place = path.isEmpty ? "" : " of ccctl \(path.joined(separator: " "))"
        return "\(unknown) is no command\(place)\(guess ?? "; ccctl \(path.isEmpty ? "--help" : help) lists them")"
    }

    private var help: String { "help \(path.joined(separator: " "))" }
}
