import Patience
import Testing

/// baresip stands for the phones of the world: its own SIP stack, media included. The caller's microphone plays a tone; who
/// hears it has his media, which the daemon's SDP has brought about.
@Suite("Real phones", .staged)
struct PhoneTests {
    private static let voice = 440

    @Test("as caller and as agent: they hear each other, hold works, either may hang up", arguments: [true, false])
    func callerAndAgent(agentHangsUp: Bool) async throws {
        let announcer = try await Announcer.start()
        let agent = try await Baresip.start("anna", tone: 880, answers: false)
        let caller = try await Baresip.start("carl", tone: Self.voice)
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", welcome: announcer.port, queue: announcer.port)],
            agents: [.init(id: "anna", skills: "selling", port: agent.port)]
        )
        try await caller.dial("sip:sales@127.0.0.1:\(daemon.port)")
        try await daemon.callReaches("toagent")
        try await agent.prints("Incoming call")
        try await agent.accept()
        try await agent.prints("Call established")
        try await eventually("the agent to hear the caller") { try (agent.heard(Self.voice) > 0.5) }
        try await eventually("both to receive media") { (agent.isReceiving && caller.isReceiving) }
        try await agent.hold()
        try await caller.prints("a=sendonly")
        try await agent.resume()
        // Offer and answer of the agent's call, of his hold, and of his return.
        try await agent.prints("a=sendrecv", times: 4)
        try await (agentHangsUp ? agent : caller).hangUp()
        try await (agentHangsUp ? caller : agent).prints("session closed")
        try await daemon.expectQuiet(after: Outcome(answered: 1))
        #expect(try await daemon.records().first?.ended_by == (agentHangsUp ? "agent" : "caller"))
    }

    @Test("as media servers: welcome, music and agent have the caller's media, one after the other")
    func mediaServers() async throws {
        let welcome = try await Baresip.start("welcome", tone: 500)
        let queue = try await Baresip.start("queue", tone: 700)
        let agent = try await Baresip.start("anna", tone: 900, answers: false)
        let caller = try await Baresip.start("carl", tone: Self.voice)
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", welcome: welcome.port, queue: queue.port)],
            agents: [.init(id: "anna", skills: "selling", port: agent.port)]
        )
        try await caller.dial("sip:sales@127.0.0.1:\(daemon.port)")
        try await eventually("the caller to hear the welcome") { try (caller.heard(500) > 0.5) }
        #expect(try welcome.heard(Self.voice) > 0.2)
        try await welcome.hangUp()
        try await eventually("the music to have the caller's media") { try (queue.heard(Self.voice) > 0.5) }
        try await agent.prints("Incoming call")
        try await agent.accept()
        try await eventually("the agent to hear the caller") { try (agent.heard(Self.voice) > 0.5) }
        try await queue.prints("session closed")
        try await caller.hangUp()
        try await agent.prints("session closed")
        try await daemon.expectQuiet(after: Outcome(answered: 1))
    }

    @Test("an agent who declines, and a caller who gives up in the queue")
    func declines() async throws {
        let queue = try await Baresip.start("queue", tone: 700)
        let agent = try await Baresip.start("anna", tone: 900, answers: false)
        let caller = try await Baresip.start("carl", tone: Self.voice)
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", queue: queue.port)],
            agents: [.init(id: "anna", skills: "selling", port: agent.port)],
            options: .init(reofferDelay: 60)
        )
        try await caller.dial("sip:sales@127.0.0.1:\(daemon.port)")
        try await agent.prints("Incoming call")
        try await agent.hangUp()
        try await eventually("the caller to hear the music") { try (caller.heard(700) > 0.5) }
        try await daemon.callReaches("queued")
        try await caller.hangUp()
        try await queue.prints("session closed")
        try await daemon.expectQuiet(after: Outcome(abandoned: 1, refusals: 1))
    }
}
