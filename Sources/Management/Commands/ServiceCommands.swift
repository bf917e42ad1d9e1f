import Telemetry

extension CommandRegistry {
    /// The commands that the reference has outside its call-centre module.
    ///
    /// - Parameter version: of the daemon, such as `0.1.0`.
    package mutating func registerServiceCommands(version: String) {
        register(
            Command(
                name: "get_statistics",
                summary: "Statistics by name; without names, all of them.",
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
        // Registered last, so that it knows all the others.
        let names = commands.map(\.name) + ["which"]
        register(
            Command(name: "which", summary: "The names of all commands.") { _, _ throws(RPCError) in
                .array(names.map(JSONValue.string))
            }
        )
    }
}

extension CommandRegistry {
    /// Every command there is.
    package static func standard(version: String) -> CommandRegistry {
        var registry = CommandRegistry()
        registry.registerCallCenterCommands()
        registry.registerServiceCommands(version: version)
        return registry
    }
}

extension Invocation {
    /// A snapshot taken after the request came.
    func snapshot() async throws(RPCError) -> Snapshot {
        try await RPCError.orDomainError { () async throws(ControlError) in try await control.snapshot() }
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
