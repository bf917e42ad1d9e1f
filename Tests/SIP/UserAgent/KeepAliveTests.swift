import Testing

@testable import SIP

@Suite("Dead peers are found by OPTIONS inside the dialog (CALLS.md section 2, dead peers)")
struct KeepAliveTests {
    private func watched() throws -> (UserAgentBench, LegID, String) {
        let bench = UserAgentBench()
        bench.agent.policy = LegPolicy(keepAlive: 60_000, sessionExpires: 0)
        let (leg, tag) = try bench.established()
        bench.perform { $0.keepAlive(leg, now: $1) }
        _ = bench.take()
        return (bench, leg, tag)
    }

    @Test("A peer who has been silent for the time is asked, again and again")
    func asked() throws {
        let (bench, leg, _) = try watched()
        for _ in 0..<5 {
            bench.advance(by: 60_000)
            let options = try #require(bench.takeMessages().last)
            #expect(options.method == .options)
            #expect(options.fromTag != nil && options.toTag != nil)
            try bench.respond(200, to: options)
        }
        #expect(bench.isAlive(leg))
        #expect(bench.takeEvents() == [])
    }

    @Test("One who has said something is asked later")
    func heard() throws {
        let (bench, _, tag) = try watched()
        bench.advance(by: 59_000)
        try bench.receive(bench.request("UPDATE", cseq: 2, to: tag))
        _ = bench.take()
        bench.advance(by: 58_000)
        #expect(bench.take() == [])
        bench.advance(by: 2_000)
        #expect(bench.take().first == "OPTIONS")
    }

    @Test(
        "481, and no answer at all (408), end the leg; any other answer is a sign of life",
        arguments: [481, 408, 405, 500, 403]
    )
    func dead(status: Int) throws {
        let (bench, leg, _) = try watched()
        bench.advance(by: 60_000)
        let options = try #require(bench.takeMessages().last)
        if status == 408 {
            bench.advance(by: 33_000)
        } else {
            try bench.respond(UInt16(status), to: options)
        }
        let isDead = [408, 481].contains(status)
        #expect(bench.takeEvents() == (isDead ? ["gone"] : []))
        #expect(bench.take().contains("BYE") == isDead)
        #expect(bench.isAlive(leg))
    }

    @Test("A probe asks at once, but only somebody who has been silent")
    func probe() throws {
        let (bench, leg, _) = try watched()
        bench.perform { $0.probe(leg, ifSilentFor: 30_000, now: $1) }
        #expect(bench.take() == [])
        bench.advance(by: 31_000)
        bench.perform { $0.probe(leg, ifSilentFor: 30_000, now: $1) }
        bench.perform { $0.probe(leg, ifSilentFor: 30_000, now: $1) }
        #expect(bench.take() == ["OPTIONS"])
    }

    @Test("Whoever has not acknowledged our 200 may not have it yet: he is not asked about his dialog")
    func unacknowledged() throws {
        let bench = UserAgentBench()
        let caller = try bench.invited()
        let answer = try UserAgentBench.description()
        bench.advance(by: 20_000)
        bench.perform { $0.accept(caller, relaying: answer, now: $1) }
        let tag = try #require(bench.takeMessages().last?.toTag)
        bench.perform { $0.probe(caller, ifSilentFor: 10_000, now: $1) }
        #expect(bench.take() == [])
        try bench.receive(bench.request("ACK", cseq: 1, to: tag))
        bench.advance(by: 20_000)
        _ = bench.take()
        bench.perform { $0.probe(caller, ifSilentFor: 10_000, now: $1) }
        #expect(bench.take() == ["OPTIONS"])
    }

    @Test("Nothing is left when the leg is over")
    func over() throws {
        let (bench, leg, tag) = try watched()
        bench.advance(by: 60_000)
        try bench.receive(bench.request("BYE", cseq: 2, to: tag))
        bench.advance(by: 64_000)
        #expect(!bench.isAlive(leg))
        #expect(bench.transactionsAlive == 0)
        let timers = bench.agent.wheel.count
        #expect(timers == 0)
    }
}
