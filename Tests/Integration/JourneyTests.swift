import Patience
import Testing

@Suite("The journey of a call", .staged)
struct JourneyTests {
    @Test("welcome, queue music, agent, talk: the caller hangs up")
    func wholeJourney() async throws {
        let centre = try await Centre.open(welcome: .answers(ring: 50, talk: 600), agent: .answers(ring: 600))
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: centre.agents.audioPort, after: 1_200)),
            flows: ["sales"],
            to: centre.daemon.port
        )
        try await centre.daemon.callReaches("welcome")
        try await centre.daemon.callReaches("toagent")
        try await callers.finish()
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)

        let heard = try callers.messages().filter { !$0.isSent }.compactMap(\.audioPort).map(UInt16.init)
        let welcome = try #require(centre.welcome)
        #expect(heard.removingRepetitions == [welcome.audioPort, centre.queue.audioPort, centre.agents.audioPort])

        let record = try #require(try await centre.daemon.records().first)
        #expect(record.caller == "caller1")
        #expect(record.flow_id == "sales")
        #expect(record.agent_id == "anna")
        #expect(record.call_type == 0)
        #expect(record.fstats == 7)
        #expect(record.rejected == 0)
        #expect(record.talk_ms >= 1_000, "talk \(record.talk_ms) ms")
        #expect(record.pickup_ms >= 500, "pick-up \(record.pickup_ms) ms")
        #expect(record.wait_ms >= 1_100, "wait \(record.wait_ms) ms")
        let whole = try callers.milliseconds
        #expect(record.pickup_ms <= record.wait_ms && record.wait_ms + record.talk_ms <= whole, "\(whole) ms in all")
        #expect(record.ended_by == "caller")
    }

    @Test("the agent hangs up, and the caller is let go")
    func agentHangsUp() async throws {
        let centre = try await Centre.open(
            welcome: .answers(ring: 50, talk: 300),
            agent: .answers(ring: 200, talk: 700)
        )
        let callers = try Sipp.callers("caller", .init(end: .stay), flows: ["sales"], to: centre.daemon.port)
        try await callers.finish()
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
        let record = try #require(try await centre.daemon.records().first)
        #expect(record.ended_by == "agent")
        let whole = try callers.milliseconds
        #expect(
            record.talk_ms >= 500 && record.wait_ms + record.talk_ms <= whole,
            "talk \(record.talk_ms) of \(whole) ms"
        )
    }

    @Test("a caller not answered yet is offered with his own SDP, and hears the agent's phone ring")
    func unansweredCaller() async throws {
        let centre = try await Centre.open(agent: .answers(ring: 400), prependCID: "Sales:")
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: centre.agents.audioPort, after: 500)),
            flows: ["sales"],
            to: centre.daemon.port
        )
        try await callers.finish()
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
        let invite = try #require(try centre.agents.invites().first)
        #expect(invite.audioPort.map(UInt16.init) == callers.audioPort)
        #expect(invite.caller == "caller1")
        #expect(invite.displayName == "Sales: Caller caller1")
        #expect(try centre.queue.invites().isEmpty, "no music was needed")
        #expect(try callers.messages().contains { $0.status == 180 })
    }

    @Test("an answered caller: the agent gets no SDP, his offer goes to the caller, the answer into his ACK")
    func answeredCaller() async throws {
        let centre = try await Centre.open(welcome: .answers(ring: 50, talk: 300), agent: .answers(ring: 400))
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: centre.agents.audioPort, after: 500)),
            flows: ["sales"],
            to: centre.daemon.port
        )
        try await callers.finish()
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
        let invite = try #require(try centre.agents.invites().first)
        #expect(invite.audioPort == nil)
        let ack = try #require(try centre.agents.messages().first { $0.method == "ACK" && $0.callID == invite.callID })
        #expect(ack.audioPort.map(UInt16.init) == callers.audioPort)
    }

    @Test("an INVITE without SDP: the far end's offer is answered in the caller's ACK", arguments: [true, false])
    func callerWithoutSDP(hasWelcome: Bool) async throws {
        let centre = try await Centre.open(welcome: hasWelcome ? .answers(ring: 50, talk: 300) : nil)
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: centre.agents.audioPort, after: 500), offers: false),
            flows: ["sales"],
            to: centre.daemon.port
        )
        try await callers.finish()
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
        let first = centre.welcome ?? centre.agents
        let invite = try #require(try first.invites().first)
        #expect(invite.audioPort == nil)
        let ack = try #require(try first.messages().first { $0.method == "ACK" && $0.callID == invite.callID })
        #expect(ack.audioPort.map(UInt16.init) == callers.audioPort)
    }

    @Test("the caller puts the agent on hold while talking, and takes him back")
    func hold() async throws {
        let centre = try await Centre.open()
        let callers = try Sipp.callers("caller", .init(end: .hold), flows: ["sales"], to: centre.daemon.port)
        try await callers.finish()
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
        let offers = try centre.agents.messages().filter { $0.method == "INVITE" && $0.audioPort != nil }
        #expect(offers.count { $0.body.contains("a=sendonly") } >= 1, "the hold reached the agent")
        #expect(offers.last?.body.contains("a=sendonly") == false, "he was taken back")
    }

    @Test("a welcome that refuses, or does not answer in time, is left out", arguments: [false, true])
    func brokenWelcome(isSilent: Bool) async throws {
        let centre = try await Centre.open(
            welcome: isSilent ? .silent : .refuses("503 Service Unavailable"),
            options: .init(mediaAnswerTimeout: 1)
        )
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: centre.agents.audioPort, after: 500)),
            flows: ["sales"],
            to: centre.daemon.port
        )
        try await callers.finish()
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
    }

    @Test("queue music that ends is called again, and the caller keeps his place")
    func musicThatEnds() async throws {
        let centre = try await Centre.open(
            welcome: .answers(ring: 50, talk: 300),
            queue: .answers(ring: 50, talk: 800),
            loggedIn: false
        )
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: centre.agents.audioPort, after: 500)),
            flows: ["sales"],
            to: centre.daemon.port
        )
        try await eventually("the music to be called a second time") {
            try (centre.queue.invites().count >= 2)
        }
        try await centre.daemon.callReaches("queued")
        let login = try await centre.daemon.ccctl("cc_agent_login", "anna", "1")
        #expect(login.status == 0, "\(login.text)")
        try await callers.finish()
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
    }
}

extension Array where Element: Equatable {
    /// Without elements that equal the one before.
    var removingRepetitions: [Element] {
        reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }
}
