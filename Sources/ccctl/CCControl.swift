import ArgumentParser
import Glibc

/// `ccctl`: the control command of callcenterd.
@main
struct CCControl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ccctl",
        abstract: "Shows and controls a running callcenterd.",
        discussion: """
            Exit status: 0 done, 1 the daemon refused, 2 wrong usage, 3 the daemon cannot be reached.

            Completion for bash: source <(ccctl --generate-completion-script bash)
            """,
        subcommands: [
            ListFlows.self, ListAgents.self, ListQueue.self, ListCalls.self, AgentLogin.self, LogIn.self, LogOut.self,
            Reload.self, InternalDispatching.self, Dispatch.self, FreeAgent.self, EndCall.self, MoveCall.self,
            EndWrapup.self, ResetStatistics.self, GetStatistics.self, Events.self, Health.self, Call.self, Which.self,
            Version.self, FlowCommands.self, AgentCommands.self, DatabaseCommands.self, RecordCommands.self,
            ConfigurationCommands.self,
        ]
    )

    @OptionGroup var options: Options

    static func main() {
        // A reader that has gone (`ccctl calls | head -1`) is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        Glibc.exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    /// Parses and runs; what there is to say goes to standard output or error.
    ///
    /// - Returns: the exit status.
    static func run(_ arguments: [String]) -> Int32 {
        if let script = BashCompletion.script(for: arguments) {
            Terminal.write(script + "\n")
            return 0
        }
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
            return 0
        } catch let failure as Failure {
            Terminal.writeError("ccctl: \(Terminal.line(failure.message))\n")
            return failure.status
        } catch {
            // Help asked for is no failure; the parser's status for wrong usage, 64, is 2 here.
            guard exitCode(for: error) != .success else {
                Terminal.write(fullMessage(for: error) + "\n")
                return 0
            }
            Terminal.writeError("ccctl: \(Terminal.line(WrongUsage(arguments).line(message(for: error))))\n")
            return 2
        }
    }

    func run() throws {
        throw ValidationError("expected a command")
    }
}

/// What every command takes, before or after its name.
struct Options: ParsableArguments {
    static let defaultSocket = "/run/callcenterd/mi.sock"

    @Option(
        help: ArgumentHelp(
            "The socket of the daemon; also by CALLCENTERD_SOCKET. (default: \(defaultSocket))",
            valueName: "path"
        ),
        completion: .file()
    )
    var socket: String?

    @Flag(help: "Print the result as JSON, as the daemon sent it.")
    var json = false

    /// The option, else the environment, else the default.
    var socketPath: String { Self.socketPath(named: socket) }

    static func socketPath(named socket: String?) -> String {
        if let socket { return socket }
        if let value = getenv("CALLCENTERD_SOCKET"), value.pointee != 0 { return String(cString: value) }
        return defaultSocket
    }
}

/// Why nothing came of a command.
struct Failure: Error, Equatable {
    var status: Int32
    /// One line.
    var message: String

    static func refused(_ message: String) -> Failure { Failure(status: 1, message: message) }
    static func unreachable(_ message: String) -> Failure { Failure(status: 3, message: message) }
}
