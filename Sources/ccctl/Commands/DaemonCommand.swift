import ArgumentParser
import Glibc

/// A command of ours that is one command of the daemon.
protocol DaemonCommand: ParsableCommand {
    var options: Options { get }
    /// As the daemon knows it.
    var method: String { get }
    var parameters: Parameters { get }
    /// Whether and how often it is asked again.
    var watching: Watching? { get }
    /// The result for people, ending in a line break.
    ///
    /// - Parameter width: columns of the terminal; nil: no limit.
    func render(_ result: RawJSON, width: Int?) -> String
}

extension DaemonCommand {
    /// Most have the daemon's name for it.
    var method: String { Self._commandName }
    var parameters: Parameters { Parameters() }
    var watching: Watching? { nil }

    func render(_ result: RawJSON, width: Int?) -> String { Terminal.line(result.text) + "\n" }

    func run() throws {
        let client = Client(path: options.socketPath)
        func show() throws(Failure) -> String {
            let reply = try client.call(method, parameters)
            return options.json ? reply.source + "\n" : render(reply, width: Terminal.width)
        }
        guard let watching, watching.watch else { return Terminal.write(try show()) }
        try watching.run(clearing: !options.json, show)
    }
}

/// `--watch`, for commands that show what changes.
struct Watching: ParsableArguments {
    @Flag(name: [.short, .long], help: "Show it again and again, until Ctrl-C.")
    var watch = false

    @Option(help: ArgumentHelp("Seconds between two times with --watch.", valueName: "seconds"))
    var interval = 2.0

    @Option(help: ArgumentHelp("Stop after so many times with --watch.", valueName: "count"))
    var times: Int?

    func validate() throws {
        guard (0.1...86_400).contains(interval) else {
            throw ValidationError("--interval is \(interval), expected seconds from 0.1 to 86400")
        }
        if let times, times < 1 { throw ValidationError("--times is \(times), expected 1 or more") }
    }

    /// - Parameters:
    ///   - clearing: whether each time starts on an empty screen, where there is a screen.
    ///   - show: the text, made anew each time.
    func run(clearing: Bool, _ show: () throws(Failure) -> String) throws(Failure) {
        var left = times ?? .max
        while true {
            let text = try show()
            // Written at once, and lines cleared one by one, so that nothing flickers.
            if clearing, Terminal.isScreen {
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                Terminal.write("\u{1B}[H" + lines.joined(separator: "\u{1B}[K\n") + "\u{1B}[J")
            } else {
                Terminal.write(text)
            }
            left -= 1
            guard left > 0 else { return }
            usleep(UInt32(interval * 1_000_000))
        }
    }
}
