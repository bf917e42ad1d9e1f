import ArgumentParser

/// What bash needs for Tab: the script that ArgumentParser makes, which knows no aliases, with those of our commands put in.
enum BashCompletion {
    /// - Returns: the script, if that is what these arguments ask for.
    static func script(for arguments: [String]) -> String? {
        let option = "--generate-completion-script"
        switch arguments {
        case [option, "bash"], ["\(option)=bash"]: break
        case [option] where CompletionShell.autodetected() == .bash: break
        default: return nil
        }
        return withAliases(CCControl.completionScript(for: .bash))
    }

    /// Two places know the commands: the words that are offered, and the choice of what follows. The first gets the aliases;
    /// for the second, an alias becomes its command.
    private static func withAliases(_ script: String) -> String {
        let commands = CCControl.configuration.subcommands.map { ($0._commandName, $0.configuration.aliases) }
        let choice = #"    local -r subcommand="${unparsed_words[0]}""#
        let words = "compgen -W '\(commands.first?.0 ?? "") "
        var isDone = false
        return script.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            // Nested commands have lines of the same kind further down.
            if !isDone, line == choice {
                isDone = true
                let cases = commands.flatMap { name, aliases in
                    aliases.map { "    \($0)) subcommand=\(name) ;;" }
                }
                return
                    ([choice.replacing("local -r", with: "local"), #"    case "${subcommand}" in"#] + cases + [
                        "    esac"
                    ])
                    .joined(separator: "\n")
            }
            guard line.contains(words) else { return String(line) }
            let aliases = commands.flatMap(\.1).joined(separator: " ")
            return String(line.replacing("compgen -W '", with: "compgen -W '\(aliases) "))
        }.joined(separator: "\n")
    }
}
