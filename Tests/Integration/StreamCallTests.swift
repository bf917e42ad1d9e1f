import Testing

@Suite("Calls over other transports than UDP", .staged)
struct StreamCallTests {
    @Test("welcome, music, agent and talk over TCP, one connection a peer")
    func tcp() async throws {
        let centre = try await Centre.open(welcome: .answers(ring: 50, talk: 400), transport: .tcp)
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: centre.agents.audioPort, after: 600)),
            flows: ["sales"],
            to: centre.daemon.port,
            transport: .tcp
        )
        try await callers.finish()
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
        for sipp in [centre.agents, centre.queue, callers] {
            let vias = try sipp.messages().filter { $0.method != nil }.compactMap { $0.header("Via") }
            #expect(vias.allSatisfy { $0.hasPrefix("SIP/2.0/TCP ") }, "\(sipp.name): \(vias)")
        }
    }

    @Test("IPv6 all the way", arguments: [Sipp.Transport.udp, .tcp])
    func version6(transport: Sipp.Transport) async throws {
        let centre = try await Centre.open(
            welcome: .answers(ring: 50, talk: 400),
            transport: transport,
            host: "[::1]",
            options: .init(trusted: "::1/128")
        )
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: centre.agents.audioPort, after: 600)),
            flows: ["sales"],
            to: centre.daemon.port,
            transport: transport,
            host: "[::1]"
        )
        try await callers.finish()
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
        let bodies = try callers.messages().map(\.body) + centre.agents.messages().map(\.body)
        #expect(bodies.allSatisfy { !$0.contains("IP4") }, "media stay in IPv6")
    }

    @Test("a caller over TCP talks to an agent over UDP")
    func mixed() async throws {
        let centre = try await Centre.open()
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: centre.agents.audioPort, after: 600)),
            flows: ["sales"],
            to: centre.daemon.port,
            transport: .tcp
        )
        try await callers.finish()
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
    }
}
