import Testing

/// A call centre with one flow, `sales`: media servers and agents played by sipp, and a daemon.
struct Centre: Sendable {
    let welcome: Sipp?
    let queue: Sipp
    /// All agents of the centre, told apart by the user part of the Request-URI.
    let agents: Sipp
    let daemon: Daemon

    /// - Parameters:
    ///   - welcome: what the welcome does; nil: the flow has none.
    ///   - loggedIn: without, callers stay in the queue.
    static func open(
        welcome: Sipp.Callee? = nil,
        queue: Sipp.Callee = .answers(ring: 50),
        agents: [String] = ["anna"],
        agent: Sipp.Callee = .answers(ring: 200),
        loggedIn: Bool = true,
        prependCID: String? = nil,
        transport: Sipp.Transport = .udp,
        host: String = "127.0.0.1",
        options: Daemon.Options = Daemon.Options()
    ) async throws -> Centre {
        var options = options
        if !loggedIn { options.more += "reject_on_no_agents: false\n" }
        options.host = host
        var welcomer: Sipp?
        if let welcome { welcomer = try await .callee("welcome", welcome, transport: transport, host: host) }
        let queue = try await Sipp.callee("queue", queue, transport: transport, host: host)
        let staff = try await Sipp.callee("agents", agent, transport: transport, host: host)
        let daemon = try await Daemon.start(
            flows: [
                .init(
                    id: "sales",
                    skill: "selling",
                    prependCID: prependCID,
                    welcome: welcomer?.port,
                    queue: queue.port,
                    transport: transport,
                    host: host
                )
            ],
            agents: agents.map {
                .init(
                    id: $0,
                    skills: "selling",
                    port: staff.port,
                    isLoggedIn: loggedIn,
                    transport: transport,
                    host: host
                )
            },
            options: options
        )
        return Centre(welcome: welcomer, queue: queue, agents: staff, daemon: daemon)
    }

    /// Ends a test: the daemon is quiet, every sipp is content, and all dialogs were sound.
    func expectQuiet(
        after outcome: Outcome,
        callers: Sipp,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await daemon.expectQuiet(after: outcome, sourceLocation: sourceLocation)
        expectSoundDialogs(try callers.messages(), sourceLocation: sourceLocation)
        for sipp in [welcome, queue, agents].compactMap({ $0 }) {
            try await sipp.dismiss(sourceLocation: sourceLocation)
            expectSoundDialogs(try sipp.messages(), sourceLocation: sourceLocation)
        }
    }
}
