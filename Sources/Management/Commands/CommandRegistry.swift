/// All commands there are, found by either spelling of their names.
package struct CommandRegistry: Sendable {
    /// In the order of registration.
    package private(set) var commands: [Command] = []
    private var positions: [String: Int] = [:]

    package init() {}

    /// Adds a command; one of the same name gives way to it.
    package mutating func register(_ command: Command) {
        if let position = positions[command.name] {
            commands[position] = command
            return
        }
        for name in [command.name, Self.moduleName(of: command.name)] { positions[name] = commands.count }
        commands.append(command)
    }

    /// The command of this name: `cc_list_flows` or `call_center:list_flows`.
    package subscript(name: String) -> Command? { positions[name].map { commands[$0] } }

    /// The name with its module, as the reference spells it since 3.0: `call_center:` and the name without `cc_`.
    private static func moduleName(of name: String) -> String {
        "call_center:" + (name.hasPrefix("cc_") ? String(name.dropFirst(3)) : name)
    }

    /// The error for a name that no command has, with names that may be meant.
    package func unknown(_ method: String) -> RPCError {
        let near = names(near: method)
        let hint = near.isEmpty ? "which lists the commands" : "near: \(near.joined(separator: ", "))"
        let name = JSONValue.string(String(method.prefix(64))).text
        return RPCError(code: RPCError.methodNotFound, message: "no command \(name); \(hint)")
    }

    /// Up to three names that somebody who wrote this may have meant, the nearest first.
    package func names(near name: String) -> [String] {
        let wanted = Array(name.utf8.prefix(64))
        var candidates: [(distance: Int, name: String)] = []
        for command in commands {
            let distance = [command.name, Self.moduleName(of: command.name)]
                .map { Self.distance(wanted, Array($0.utf8)) }.min()
            // Somebody who writes `agents` or `list` is not near by letters, but by what is meant.
            let isPart = wanted.count >= 4 && command.name.utf8.contains(wanted)
            if let distance = isPart ? 1 : distance, distance <= 3 { candidates.append((distance, command.name)) }
        }
        return candidates.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
    }

    /// The edit distance (Levenshtein): letters to insert, remove or replace.
    private static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var row = Array(0...second.count)
        for (index, letter) in first.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in second.indices {
                let replaced = diagonal + (letter == second[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[second.count]
    }
}
