import Testing

/// Deadlines of the configuration file, as phones see them.
@Suite("Deadlines that a file sets", .staged)
struct DeadlineTests {
    @Test("both ends of a talk are asked for signs of life, and it ends after max_call_duration")
    func talk() async throws {
        let centre = try await Centre.open(options: .init(sip: "keepalive: 1", more: "max_call_duration: 4\n"))
        let callers = try Sipp.callers("caller", .init(end: .stay), flows: ["sales"], to: centre.daemon.port)
        try await callers.finish()
        let asked = try [callers, centre.agents].map { sipp in
            try sipp.messages().contains { !$0.isSent && $0.method == "OPTIONS" }
        }
        #expect(asked == [true, true])
        #expect(try callers.messages().contains { !$0.isSent && $0.method == "BYE" })
        try await centre.expectQuiet(after: Outcome(answered: 1), callers: callers)
        let record = try #require(try await centre.daemon.records().first)
        #expect(record.ended_by == "system")
        #expect((3_900...20_000).contains(record.talk_ms), "\(record.talk_ms) ms")
    }
}
