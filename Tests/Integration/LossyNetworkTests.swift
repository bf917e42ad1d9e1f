import Testing

@Suite("A bad network", .staged)
struct LossyNetworkTests {
    @Test(
        "500 calls through a relay that drops, doubles and reorders 20 % of the datagrams each all complete",
        .timeLimit(.minutes(10))
    )
    func fiveHundredCalls() async throws {
        let calls = 500
        let relay = LossyRelay(seed: 20_260_801, rate: 0.2)
        let (toDaemon, toWelcome, toQueue, toAgents) =
            try (relay.link(), relay.link(), relay.link(), relay.link())
        // Long enough for a BYE whose answers are lost.
        let linger = 20_000
        let welcome = try await Sipp.callee(
            "welcome",
            .answers(ring: 20, talk: 200),
            contact: toWelcome.front,
            linger: linger,
            isPersistent: true
        )
        let queue = try await Sipp.callee(
            "queue",
            .answers(ring: 20),
            contact: toQueue.front,
            linger: linger,
            isPersistent: true
        )
        let staff = try await Sipp.callee(
            "agents",
            .answers(ring: 100, talk: 300),
            contact: toAgents.front,
            linger: linger,
            isPersistent: true
        )
        let daemon = try await Daemon.start(
            flows: [.init(id: "sales", skill: "selling", welcome: toWelcome.front, queue: toQueue.front)],
            agents: (1...80).map { .init(id: "agent\($0)", skills: "selling", port: toAgents.front) },
            options: .init(maxNoAnswer: 0)
        )
        relay.aim(toDaemon, at: daemon.port)
        relay.aim(toWelcome, at: welcome.port)
        relay.aim(toQueue, at: queue.port)
        relay.aim(toAgents, at: staff.port)
        relay.start()
        defer { relay.stop() }

        let callers = try Sipp.callers(
            "c",
            .init(end: .stay, patience: 120_000),
            flows: Array(repeating: "sales", count: calls),
            to: toDaemon.front,
            rate: 12,
            contact: toDaemon.back,
            linger: linger,
            isPersistent: true
        )
        let statistics = try await callers.finish(within: .seconds(240))
        #expect(statistics.successful == calls)
        let refusals = try await daemon.records().count { $0.call_type == -2 }
        try await daemon.expectQuiet(after: Outcome(answered: calls, refusals: refusals))
        // Only where an answer was lost so often that hand_over_timeout passed.
        #expect(refusals < calls / 20)
        let counts = relay.counts
        #expect(counts.dropped > calls, "\(counts)")
        #expect(counts.doubled > calls, "\(counts)")
        #expect(counts.delayed > calls, "\(counts)")
    }
}
