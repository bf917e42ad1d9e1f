import Testing

@Suite("Callers who leave", .staged)
struct LeavingCallerTests {
    /// Where a caller may be before he is answered for the first time.
    enum Unanswered: CaseIterable {
        case welcomeRings, musicRings, agentRings
    }

    @Test("CANCEL before the answer ends everything", arguments: Unanswered.allCases)
    func cancel(_ moment: Unanswered) async throws {
        let centre =
            switch moment {
            case .welcomeRings: try await Centre.open(welcome: .silent)
            case .musicRings: try await Centre.open(queue: .silent, loggedIn: false)
            case .agentRings: try await Centre.open(agents: ["anna", "ben", "cleo"], agent: .silent)
            }
        let callers = try Sipp.callers(
            "caller",
            .init(end: .cancel(after: 700)),
            flows: ["sales", "sales", "sales"],
            to: centre.daemon.port
        )
        try await callers.finish()
        try await centre.expectQuiet(after: Outcome(abandoned: 3), callers: callers)
        for record in try await centre.daemon.records() {
            #expect(record.call_type == 1)
            #expect(record.fstats == (moment == .agentRings ? 11 : 9))
            #expect(record.ended_by == "caller")
        }
        let called = [centre.welcome, centre.queue, centre.agents].compactMap { $0 }
        #expect(try called.map { try $0.invites().count }.reduce(0, +) == 3)
        #expect(try called.map { try $0.messages().count { $0.method == "CANCEL" } }.reduce(0, +) >= 3)
    }

    /// Where a caller may be after it.
    enum Answered: CaseIterable {
        case welcome, queue, agentRings, talk
    }

    @Test("BYE ends everything", arguments: Answered.allCases)
    func hangUp(_ moment: Answered) async throws {
        let agents = ["anna", "ben", "cleo"]
        let centre: Centre
        let party: Sipp
        switch moment {
        case .welcome:
            centre = try await .open(welcome: .answers(ring: 50))
            party = try #require(centre.welcome)
        case .queue:
            centre = try await .open(welcome: .answers(ring: 50, talk: 300), loggedIn: false)
            party = centre.queue
        case .agentRings:
            centre = try await .open(welcome: .answers(ring: 50, talk: 300), agents: agents, agent: .silent)
            party = centre.queue
        case .talk:
            centre = try await .open(welcome: .answers(ring: 50, talk: 300), agents: agents)
            party = centre.agents
        }
        let callers = try Sipp.callers(
            "caller",
            .init(end: .hangUp(on: party.audioPort, after: 800)),
            flows: ["sales", "sales", "sales"],
            to: centre.daemon.port
        )
        try await callers.finish()
        let outcome = moment == .talk ? Outcome(answered: 3) : Outcome(abandoned: 3)
        try await centre.expectQuiet(after: outcome, callers: callers)
        for record in try await centre.daemon.records() {
            #expect(record.call_type == (moment == .talk ? 0 : 1))
            let facts = [Answered.welcome: 9, .queue: 9, .agentRings: 11, .talk: 7]
            #expect(record.fstats == facts[moment])
            #expect(record.ended_by == "caller")
        }
        let statistics = try await centre.daemon.json([String: Int].self, "get_statistics")
        let abandoned = agents.compactMap { statistics["cca_aban_incalls_\($0)"] }.reduce(0, +)
        #expect(abandoned == (moment == .agentRings ? 3 : 0))
    }
}
