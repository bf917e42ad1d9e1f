import Testing

@testable import SIP

@Suite("UPDATE (RFC 3311; CALLS.md section 2, refresh or change)")
struct UpdateTests {
    @Test("Without SDP, or with the o= version of before, it is answered here; the Contact counts")
    func refresh() throws {
        let bench = UserAgentBench()
        let (leg, tag) = try bench.established()
        _ = bench.take()
        try bench.receive(bench.request("UPDATE", cseq: 2, to: tag, contact: "<sip:moved@198.51.100.7:5063>"))
        let plain = try #require(bench.takeMessages().last)
        #expect(plain.status == 200)
        #expect(plain.body.isEmpty)
        try bench.receive(
            bench.request(
                "UPDATE",
                cseq: 3,
                to: tag,
                contact: "<sip:moved@198.51.100.7:5063>",
                body: UserAgentBench.sdp
            )
        )
        let repeated = try #require(bench.takeMessages().last)
        #expect(repeated.status == 200)
        #expect(!repeated.body.isEmpty)
        #expect(bench.takeEvents() == [])
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        #expect(try #require(bench.takeMessages().last).uriText == "sip:moved@198.51.100.7:5063")
    }

    @Test("One that changes something is told, and its answer goes in a 200 that needs no ACK")
    func change() throws {
        let bench = UserAgentBench()
        let (leg, tag) = try bench.established()
        _ = bench.take()
        try bench.receive(bench.request("UPDATE", cseq: 2, to: tag, body: UserAgentBench.body(version: 2, port: 5_000)))
        #expect(bench.takeEvents() == ["offered"])
        let isUpdate = bench.agent.isUpdate(offerOf: leg)
        #expect(isUpdate)
        let answer = try UserAgentBench.description(version: 2, port: 6_000)
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        let ok = try #require(bench.takeMessages().last)
        #expect(ok.status == 200)
        #expect(ok.cseq.method == .update)
        #expect(ok.text(of: ok.body).contains("m=audio 6000"))
        bench.advance(by: 40_000)
        #expect(bench.take() == [])
        #expect(bench.isAlive(leg))
    }

    @Test("One that is refused leaves the session as it was")
    func refusal() throws {
        let bench = UserAgentBench()
        let (leg, tag) = try bench.established()
        _ = bench.take()
        try bench.receive(bench.request("UPDATE", cseq: 2, to: tag, body: UserAgentBench.body(version: 2, port: 5_000)))
        bench.perform { $0.refuse(leg, status: 488, now: $1) }
        #expect(bench.take() == ["488 UPDATE"])
        #expect(bench.isAlive(leg))
    }

    @Test("While our offer has no answer it gets 491, while theirs has none 500 with Retry-After")
    func glare() throws {
        let bench = UserAgentBench()
        let (leg, tag) = try bench.established()
        _ = bench.take()
        _ = try bench.reinvite(leg, port: 4_444)
        try bench.receive(bench.request("UPDATE", cseq: 2, to: tag, body: UserAgentBench.body(version: 2)))
        #expect(bench.take() == ["INVITE", "491 UPDATE"])
        let other = UserAgentBench()
        _ = try other.invited()
        try other.receive(other.request("INVITE", cseq: 1, callID: "second", body: UserAgentBench.sdp))
        let early = try #require(other.events.last?.leg)
        other.perform { $0.progress(early, status: 180, now: $1) }
        let earlyTag = try #require(other.takeMessages().last?.toTag)
        try other.receive(
            other.request("UPDATE", cseq: 2, to: earlyTag, callID: "second", body: UserAgentBench.body(version: 2))
        )
        let refusal = try #require(other.takeMessages().last)
        #expect(refusal.status == 500)
        #expect(refusal.has(.retryAfter))
    }

    @Test("A change of ours goes by UPDATE where the peer takes it, else by re-INVITE")
    func ours() throws {
        for (allow, expected) in [("INVITE, ACK, BYE, UPDATE", "UPDATE"), ("INVITE, ACK, BYE", "INVITE")] {
            let bench = UserAgentBench()
            let (leg, _) = try bench.answered(headers: [(.allow, allow)])
            let offer = try UserAgentBench.description(version: 2, port: 7_000)
            bench.perform { _ = $0.reinvite(leg, relaying: offer, retriesOnGlare: false, prefersUpdate: true, now: $1) }
            let request = try #require(bench.takeMessages().last)
            #expect(UserAgentBench.name(request) == expected)
            try bench.respond(200, to: request, body: UserAgentBench.body(version: 2))
            #expect(bench.take() == (expected == "UPDATE" ? [] : ["ACK"]))
            #expect(bench.takeEvents() == ["modified"])
        }
    }

    @Test("A peer who allows UPDATE and then does not know it gets a re-INVITE")
    func unknownAfterAll() throws {
        let bench = UserAgentBench()
        let (leg, _) = try bench.answered(headers: [(.allow, "UPDATE")])
        let offer = try UserAgentBench.description(version: 2, port: 7_000)
        bench.perform { _ = $0.reinvite(leg, relaying: offer, retriesOnGlare: false, prefersUpdate: true, now: $1) }
        let update = try #require(bench.takeMessages().last)
        try bench.respond(501, to: update)
        #expect(bench.take() == ["INVITE"])
        #expect(bench.takeEvents() == [])
    }

    @Test("In the early dialog of an INVITE of ours, a refresh is answered and an offer gets 491")
    func early() throws {
        let bench = UserAgentBench()
        let (_, invite) = try bench.inviting()
        try bench.respond(180, to: invite)
        try bench.receive(bench.calledPeersRequest("UPDATE", cseq: 1, of: invite))
        try bench.receive(bench.calledPeersRequest("UPDATE", cseq: 2, of: invite, body: UserAgentBench.sdp))
        #expect(bench.take() == ["200 UPDATE", "491 UPDATE"])
    }
}
