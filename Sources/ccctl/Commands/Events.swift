import ArgumentParser
import Glibc

/// The stream of events, a line each, until Ctrl-C or until the daemon ends it.
struct Events: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show agent and call events as they happen, until Ctrl-C.",
        discussion: "With --json, one object a line."
    )

    @OptionGroup var options: Options
    @Option(help: "Only these: agent, call.", completion: .list(["agent", "call"])) var kind: [String] = []
    @Option(help: "Only of this agent; may be repeated.", completion: .agents) var agent: [String] = []
    @Option(help: "Only of this flow; may be repeated.", completion: .flows) var flow: [String] = []
    @Option(help: ArgumentHelp("Stop after so many.", valueName: "count")) var times: Int?

    var parameters: Parameters {
        var parameters = Parameters()
        for (name, values) in [("kinds", kind), ("agents", agent), ("flows", flow)] where !values.isEmpty {
            parameters.add(name, .list(values))
        }
        return parameters
    }

    func run() throws {
        var left = times ?? .max
        try Client(path: options.socketPath).follow("events", parameters) { notification throws(Failure) in
            let (kind, fields) = (notification["method"]?.text ?? "", notification["params"])
            switch kind {
            case "alive": return true
            case "lost":
                throw .unreachable(
                    "\(fields?["missed"]?.text ?? "some") events missed: \(fields?["reason"]?.text ?? "")"
                )
            default: break
            }
            guard let fields else { return true }
            Terminal.write(options.json ? Self.object(kind, fields) : Self.line(kind, fields))
            left -= 1
            return left > 0
        }
    }

    /// The fields as the daemon sent them, the kind of event first.
    private static func object(_ kind: String, _ fields: RawJSON) -> String {
        let rest = fields.source.dropFirst()
        return #"{"event":\#(RawJSON.quoted(kind)),\#(rest)"# + "\n"
    }

    /// `2026-11-25T20:15:01.123Z agent anna free flow=support`.
    static func line(_ kind: String, _ fields: RawJSON) -> String {
        var words = [fields["time"]?.text ?? "", kind]
        for name in ["call_id", kind == "agent" ? "agent_id" : "", "state"] {
            if let value = fields[name] { words.append(value.text) }
        }
        let shown = ["number", "time", "call_id", "state", kind == "agent" ? "agent_id" : ""]
        for (name, value) in fields.members ?? [] where !shown.contains(name) {
            words.append("\(name)=\(name == "wrapup_ends" ? moment(value.text) : value.text)")
        }
        return Terminal.line(words.joined(separator: " ")) + "\n"
    }

    /// Seconds since 1970 in the form of `time`; what is no number stays as it is.
    private static func moment(_ text: String) -> String {
        guard var seconds = time_t(text) else { return text }
        var parts = tm()
        var buffer = [CChar](repeating: 0, count: 32)
        guard gmtime_r(&seconds, &parts) != nil, strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0
        else {
            return text
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
