import ArgumentParser
import Dispatch
import Glibc
import Settings
import Store
import Systemd

/// The command: `callcenterd --config FILE [--check] [--version]` (DESIGN.md section 5).
@main
struct Callcenterd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "callcenterd",
        abstract:
            "Inbound call centre: SIP calls wait in flows and are handed to agents by skill, priority and arrival.",
        discussion: """
            Exit status: 0 stopped as asked; 78 the configuration is wrong; 71 a socket or another resource of the system \
            cannot be had; 70 internal error. SIGHUP reloads configuration, flows and agents; SIGTERM stops, \
            and leaves calls that are in progress to the next start; \
            SIGUSR1 stops after the last call, as --drain does.
            """,
        version: Version.current
    )

    @Option(help: "Configuration file (YAML).")
    var config = "/etc/callcenterd/callcenterd.yaml"

    @Flag(
        help: "Only read the configuration: say what is wrong, or what is in force and what a reload applies, and exit."
    )
    var check = false

    @Flag(help: "Ask the running daemon not to take new calls (they get 503), and wait until its last call has ended.")
    var drain = false

    /// Usage that is wrong ends like a configuration that is: with a word to the service manager.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            if !exitCode(for: error).isSuccess {
                let manager = ServiceManager.shared
                manager.notify(.failed(errno: EINVAL, status: message(for: error)))
                manager.flush(within: .seconds(1))
            }
            exit(withError: error)
        }
    }

    func validate() throws {
        guard !check || !drain else { throw ValidationError("--check and --drain exclude each other") }
    }

    func run() async throws {
        let configuration = try loadConfiguration()
        do throws(StartError) {
            if check {
                try NamedFiles.check(configuration, file: config)
            } else if drain {
                try await DrainRequest(configuration: configuration).run()
            } else {
                var daemon = Daemon(configuration: configuration, file: config, manager: manager)
                try await daemon.run()
            }
        } catch {
            fail(error.description, status: error.status, errno: error.errno)
        }
        if check { try printCheck(configuration) }
    }

    private var manager: ServiceManager { .shared }

    private func loadConfiguration() throws -> Configuration {
        do {
            return try Configuration.load(file: config, checks: .all)
        } catch {
            let isMissing = error.problems.contains { $0.line == 0 && $0.text.hasPrefix("cannot be read") }
            fail("\(error)\(isMissing ? "; --config names another" : "")", status: EX_CONFIG, errno: EINVAL)
        }
    }

    /// Every key: its value, where that comes from, and whether a reload applies a change of it; then what is hardly meant.
    private func printCheck(_ configuration: Configuration) throws {
        let entries = try Configuration.entries(file: config) { (try? DatabaseURL($0))?.description ?? "" }
        func column(_ text: (ConfigurationEntry) -> String) -> [String] {
            let texts = entries.map(text)
            let width = texts.map(\.count).max() ?? 0
            return texts.map { $0 + String(repeating: " ", count: width - $0.count) }
        }
        let columns = [column(\.key), column(\.effect), column(\.origin.description)]
        for index in entries.indices {
            print((columns.map { $0[index] } + [entries[index].value]).joined(separator: "  "))
        }
        // Last, where a terminal still shows it.
        let cautions = NamedFiles.cautions(configuration, file: config)
        print("\(config): correct\(cautions.isEmpty ? "" : ", but:")")
        for caution in cautions { print("  \(caution)") }
    }

    private func fail(_ message: String, status: Int32, errno: Int32) -> Never {
        if !check, !drain {
            manager.notify(.failed(errno: errno, status: message))
            manager.flush(within: .seconds(1))
        }
        for line in message.split(separator: "\n") {
            let text = Array("callcenterd: \(line)\n".utf8)
            _ = write(STDERR_FILENO, text, text.count)
        }
        Glibc.exit(status)
    }
}
