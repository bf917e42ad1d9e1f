import ArgumentParser
import Glibc

/// What the shell offers after Tab, of which the daemon knows the names. Nobody is asked twice: when it does not answer
/// soon, there is nothing to offer.
extension CompletionKind {
    static var agents: CompletionKind { .custom { words, _, _ in Names.of("cc_list_agents", "Agents", words) } }
    static var flows: CompletionKind { .custom { words, _, _ in Names.of("cc_list_flows", "Flows", words) } }

    static var methods: CompletionKind {
        .custom { words, _, _ in (Names.ask("which", words)?.elements ?? []).map(\.text) }
    }

    static var statistics: CompletionKind {
        .custom { words, _, _ in (Names.ask("get_statistics", words)?.members ?? []).map(\.name) }
    }
}

private enum Names {
    /// The IDs of a list.
    static func of(_ method: String, _ list: String, _ words: [String]) -> [String] {
        (ask(method, words)?[list]?.elements ?? []).compactMap { $0["id"]?.text }
    }

    static func ask(_ method: String, _ words: [String]) -> RawJSON? {
        try? Client(path: socketPath(words), timeout: 3_000).call(method, Parameters())
    }

    /// The socket that the command line names, as far as it is written.
    private static func socketPath(_ words: [String]) -> String {
        var socket: String?
        for (index, word) in words.enumerated() {
            if word == "--socket", index + 1 < words.count { socket = words[index + 1] }
            if word.hasPrefix("--socket=") { socket = String(word.dropFirst("--socket=".count)) }
        }
        return Options.socketPath(named: socket)
    }
}
