import Telemetry

extension CommandRegistry {
    /// The commands that the reference has outside its call-centre module.
    ///
    /// - Parameter version: of the daemon, such as `0.1.0`.
    package mutating func registerServiceCommands(version: String) {
        register(
            Command(
                name: "get_statistics",
                summary: "Statistics by name, a * at the end standing for any rest; without names, all of them.",
                parameters: [Parameter("statistics", .texts, isOptional: true)]
            ) { arguments, invocation throws(RPCError) in
                let names = arguments.texts("statistics")
                guard names.count <= maximumStatistics else {
                    throw .invalidParams("\(names.count) statistics asked for, expected at most \(maximumStatistics)")
                }
                return try statistics(names, in: try await invocation.snapshot())
            }
        )
        register(
            Command(name: "version", summary: "The version of the daemon.") { _, _ throws(RPCError) in
                ["Server": .string("callcenterd \(version)")]
            }
        )
        register(
            Command(name: "health", summary: "Whether calls are served, and the figures that tell how well.") {
                _,
                invocation throws(RPCError) in
                await HealthReport(invocation.control).json(version: version)
            }
        )
        register(
            Command(
                name: "events",
                summary: "Turns the connection into a stream of agent and call events.",
                parameters: [
                    Parameter("kinds", .texts, isOptional: true), Parameter("agents", .texts, isOptional: true),
                    Parameter("flows", .texts, isOptional: true),
                ]
            ) { arguments, invocation throws(RPCError) in try watch(arguments, invocation) }
        )
        register(
            Command(
                name: "which",
                summary: "The names of all commands; with a name, how that one is used.",
                parameters: [Parameter("command", .text, isOptional: true)]
            ) { arguments, invocation throws(RPCError) in
                guard let name = arguments.optionalText("command") else {
                    return .array(invocation.registry.commands.map { .string($0.name) })
                }
                guard let command = invocation.registry[name] else { throw invocation.registry.unknown(name) }
                return [
                    "Command": .string(command.name),
                    "Usage": .string(command.usage),
                    "Summary": .string(command.summary),
                    "Scope": .string(command.changesState ? Scope.control.rawValue : Scope.read.rawValue),
                ]
            }
        )
    }
}

/// `events`: from the reply on, the connection carries events.
private func watch(_ arguments: Arguments, _ invocation: Invocation) throws(RPCError) -> JSONValue {
    let kinds = arguments.texts("kinds")
    for kind in kinds where !EventFilter.kindNames.contains(kind) {
        let names = EventFilter.kindNames.joined(separator: ", ")
        throw .invalidParams("kinds has \(JSONValue.string(String(kind.prefix(64))).text), expected \(names)")
    }
    guard let watch = invocation.watch else {
        throw RPCError(code: 488, message: "events are not carried here: use the Unix socket, or GET /events")
    }
    let filter = EventFilter(kinds: kinds, agentIDs: arguments.texts("agents"), flowIDs: arguments.texts("flows"))
    guard watch(filter) else { throw RPCError(code: 503, message: "too many watch events already") }
    return "OK"
}

extension CommandRegistry {
    /// Every command there is.
    package static func standard(version: String) -> CommandRegistry {
        var registry = CommandRegistry()
        registry.registerCallCenterCommands()
        registry.registerSteeringCommands()
        registry.registerServiceCommands(version: version)
        return registry
    }
}

/// Names in one request; each is looked for among all flows or agents. Without names there is no limit.
private let maximumStatistics = 1_000

/// Names and values, in the order asked for. One unknown name fails the request: who gets fewer values than he asked
/// for takes one for another.
private func statistics(_ names: [String], in snapshot: Snapshot) throws(RPCError) -> JSONValue {
    let answer = ReferenceStatistics.find(names: names, in: snapshot)
    guard answer.unknown.isEmpty else {
        let unknown = answer.unknown.prefix(5).map { JSONValue.string(String($0.prefix(128))).text }
        throw RPCError(code: 404, message: "no statistic \(unknown.joined(separator: ", "))")
    }
    return .object(answer.values.map { .init($0.name, .integer($0.value)) })
}
