import Testing

@testable import SIP

/// Nothing of a leg outlives the call by more than 64 × T1, but where RFC 3261 makes the BYE wait.
@Suite("The end of a leg")
struct UserAgentEndingTests {
    let bench = UserAgentBench()

    @Test("The BYE waits for the ACK to our first 2xx, for 64 × T1 at most (RFC 3261 section 15)")
    func firstACK() throws {
        let leg = try bench.invited()
        let answer = try UserAgentBench.description()
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        _ = bench.take()
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        #expect(bench.take() == [])
        #expect(bench.agent.debt(of: leg) == .acknowledgement)
        bench.advance(by: 32_000)
        #expect(bench.take().last == "BYE")
        #expect(bench.agent.debt(of: leg) == .farewell)
        bench.advance(by: 32_000)
        #expect(bench.legsAlive == 0)
    }

    @Test("It does not wait for the ACK to the 2xx of a re-INVITE")
    func laterACK() throws {
        let (leg, tag) = try bench.established()
        let body = UserAgentBench.body(version: 2)
        try bench.receive(bench.request("INVITE", cseq: 2, to: tag, body: body))
        let answer = try UserAgentBench.description(version: 2)
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        _ = bench.take()
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        #expect(bench.take() == ["BYE"])
        // The 2xx goes on until the peer has one of the two; whatever he says or not, that is all.
        bench.advance(by: 31_999)
        #expect(bench.isAlive(leg))
        bench.advance(by: 1)
        #expect(bench.legsAlive == 0)
        #expect(bench.take().filter { $0 == "BYE" }.count == 10)
    }

    @Test(
        "A re-INVITE whose first response comes after the BYE is not waited for longer than the BYE",
        arguments: [true, false]
    )
    func lateResponse(isOurs: Bool) throws {
        let (leg, tag) = try bench.established()
        _ = try bench.reinvite(leg, port: 5_000)
        let ours = try #require(bench.takeMessages().last)
        bench.advance(by: 10_000)
        if isOurs {
            bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        } else {
            try bench.receive(bench.request("BYE", cseq: 2, to: tag))
        }
        #expect(bench.agent.debt(of: leg) == (isOurs ? .farewell : .reinvite))
        bench.advance(by: 20_000)
        _ = bench.take()
        try bench.respond(100, to: ours)
        #expect(bench.take() == ["CANCEL"])
        bench.advance(by: 11_999)
        #expect(bench.isAlive(leg))
        bench.advance(by: 1)
        #expect(bench.legsAlive == 0)
        bench.advance(by: 64_000)
        #expect(bench.transactionsAlive == 0)
    }
}
