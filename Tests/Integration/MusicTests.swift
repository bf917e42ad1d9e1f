import Foundation
import Testing

@Suite("Music on hold", .staged)
struct MusicTests {
    @Test("goes on while the agent's phone rings, and stops only after he has answered")
    func signalling() async throws {
        let centre = try await Centre.open(welcome: .answers(ring: 50, talk: 300), agent: .answers(ring: 3_000))
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: centre.agents.audioPort, after: 500)),
            flows: ["sales"],
            to: centre.daemon.port
        )
        try await callers.finish()
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)

        let agent = try centre.agents.messages()
        let rings = try #require(agent.first { $0.method == "INVITE" })
        let answer = try #require(agent.first { $0.isSent && $0.status == 200 && $0.concerns("INVITE") })
        let ack = try #require(agent.first { $0.method == "ACK" })
        let reinvites = try callers.messages().filter { $0.method == "INVITE" && !$0.isSent }
        let music = try #require(reinvites.first { $0.audioPort.map(UInt16.init) == centre.queue.audioPort })
        let handover = try #require(reinvites.first { $0.audioPort.map(UInt16.init) == centre.agents.audioPort })
        let end = try #require(try centre.queue.messages().first { $0.method == "BYE" })

        #expect(answer.time - rings.time > 2.5, "the phone rang for a while")
        #expect(music.time < answer.time, "the caller had music meanwhile")
        // Each sipp writes down what it has sent a moment after it has left, a longer one on a busy machine; the phone rings for 3 s.
        let slack = 0.5
        #expect(handover.time > answer.time - slack, "no re-INVITE before the agent's 200")
        #expect(reinvites.count { $0.time > music.time && $0.time < answer.time - slack } == 0)
        #expect(end.time > answer.time - slack, "no BYE to the music before the agent's 200")
        #expect(end.time > ack.time - slack, "nor before the agent's ACK with the caller's answer")
    }

    @Test("is heard without a gap, from the end of the welcome until the agent has answered")
    func sound() async throws {
        let announcer = try await Announcer.start()
        let agent = try await Sipp.callee("agent", .answers(ring: 3_000))
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", welcome: announcer.port, queue: announcer.port)],
            agents: [.init(id: "anna", skills: "selling", port: agent.port)]
        )
        let ear = try RTPEar()
        defer { ear.close() }
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: agent.audioPort, after: 3_000)),
            flows: ["sales"],
            to: daemon.port,
            audioPort: ear.port
        )
        try await callers.finish()
        try await daemon.expectQuiet(after: Outcome(answered: 1))
        try await agent.dismiss()

        let messages = try agent.messages()
        let rings = try #require(messages.first { $0.method == "INVITE" }).time
        let answer = try #require(messages.first { $0.isSent && $0.status == 200 && $0.concerns("INVITE") }).time
        let packets = ear.packets
        #expect(packets.contains { $0.time < rings }, "the welcome was heard")
        // Half a second for the first packet of the music: it is called when the welcome ends. From then on it is one stream of which
        // no packet is missing. When each arrives is also a matter of what else the machine does.
        let music = packets.filter { $0.time > rings + 0.5 && $0.time < answer }
        #expect(Set(music.map(\.stream)).count == 1)
        #expect(zip(music, music.dropFirst()).allSatisfy { $0.sequence &+ 1 == $1.sequence })
        #expect(ear.longestSilence(from: rings + 0.5, to: answer) < 1)
        #expect(packets.count { $0.time > rings && $0.time < answer } > 100, "50 packets a second")
        #expect(packets.count { $0.time > answer + 2 } == 0, "the music has stopped")
    }
}
