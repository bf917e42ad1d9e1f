import Testing

@testable import SIP

@Suite("Re-INVITEs, in both directions")
struct UserAgentModifyingTests {
    let bench = UserAgentBench()

    private func reinvite(_ leg: LegID, port: Int = 5_000) throws -> Message {
        _ = try bench.reinvite(leg, port: port)
        return try #require(bench.takeMessages().last)
    }

    private func offer(_ cseq: Int, _ tag: String, version: Int = 2, contact: String = "<sip:peer@198.51.100.7:5062>")
        -> String
    {
        let body = UserAgentBench.body(version: version, port: 4_000 + version)
        return bench.request("INVITE", cseq: cseq, to: tag, contact: contact, body: body)
    }

    // MARK: Theirs

    @Test("While ours is under way theirs is 491; while theirs is in hand another is 500 with Retry-After")
    func overlapping() throws {
        let (leg, tag) = try bench.established()
        try bench.receive(offer(2, tag))
        try bench.receive(offer(3, tag, version: 3))
        let refusal = try #require(bench.takeMessages().last)
        #expect(refusal.status == 500)
        #expect(refusal.number(.retryAfter).map { $0 < 10 } == true)
        bench.perform { $0.refuse(leg, status: 488, now: $1) }
        #expect(bench.take() == ["488 INVITE"])
        _ = try reinvite(leg)
        try bench.receive(offer(4, tag))
        #expect(bench.take() == ["491 INVITE"])
    }

    @Test("A request older than one that was seen is 500")
    func order() throws {
        let (_, tag) = try bench.established()
        try bench.receive(bench.request("OPTIONS", cseq: 5, to: tag))
        #expect(bench.take() == ["200 OPTIONS"])
        try bench.receive(bench.request("BYE", cseq: 4, to: tag))
        #expect(bench.take() == ["500 BYE"])
        #expect(bench.takeEvents() == [])
        try bench.receive(bench.request("BYE", cseq: 6, to: tag))
        #expect(bench.takeEvents() == ["hungUp", "released"])
    }

    @Test("An offer that repeats what holds is answered at once with what holds; another is offered")
    func refresh() throws {
        let (_, tag) = try bench.established()
        try bench.receive(bench.request("INVITE", cseq: 2, to: tag, body: UserAgentBench.sdp))
        let answer = try #require(bench.takeMessages().last)
        #expect(answer.status == 200)
        #expect(bench.takeEvents() == [])
        try bench.receive(bench.request("ACK", cseq: 2, to: tag))
        #expect(bench.takeEvents() == ["acknowledged"])
        try bench.receive(offer(3, tag))
        #expect(bench.takeEvents() == ["offered"])
    }

    @Test("An offer that was refused is no refresh when it comes again")
    func refusedOffer() throws {
        let (leg, tag) = try bench.established()
        try bench.receive(offer(2, tag))
        bench.perform { $0.refuse(leg, status: 491, now: $1) }
        try bench.receive(offer(3, tag))
        #expect(bench.takeEvents() == ["offered", "offered"])
        #expect(bench.take() == ["491 INVITE"])
    }

    @Test(
        "After an offer of ours was refused, or had a 2xx without an answer, a refresh is answered with what held before",
        arguments: [(488, "modificationRefused 488"), (200, "modified")]
    )
    func refreshAfterRefusal(status: UInt16, event: String) throws {
        let (leg, tag) = try bench.established()
        let ours = try reinvite(leg, port: 6_000)
        try bench.respond(status, to: ours)
        #expect(bench.takeEvents() == [event])
        _ = bench.take()
        try bench.receive(bench.request("INVITE", cseq: 2, to: tag, body: UserAgentBench.sdp))
        let answer = try #require(try bench.takeMessages().last?.sessionDescription.get())
        #expect(answer.media.map(\.port) == [4_000])
        #expect(String(decoding: answer.bytes[answer.origin.version], as: UTF8.self) == "3")
    }

    @Test("A re-INVITE proves that our 2xx has come, even if its ACK was lost")
    func lostACK() throws {
        let leg = try bench.invited()
        let answer = try UserAgentBench.description()
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        let tag = try #require(bench.takeMessages().last?.toTag)
        try bench.receive(offer(2, tag))
        #expect(bench.takeEvents() == ["acknowledged", "offered"])
        bench.advance(by: 10_000)
        #expect(!bench.take().contains("200 INVITE"))
    }

    @Test("While our offer in a 2xx has no answer, another INVITE is 491")
    func unansweredOffer() throws {
        let leg = try bench.invited(withOffer: false)
        let offer = try UserAgentBench.description()
        bench.perform { $0.accept(leg, relaying: offer, now: $1) }
        let tag = try #require(bench.takeMessages().last?.toTag)
        try bench.receive(self.offer(2, tag))
        #expect(bench.take() == ["491 INVITE"])
    }

    @Test("A new Contact is where requests go from then on")
    func targetRefresh() throws {
        let (leg, tag) = try bench.established()
        try bench.receive(offer(2, tag, contact: "<sip:moved@198.51.100.9:5099>"))
        let answer = try UserAgentBench.description()
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        try bench.receive(bench.request("ACK", cseq: 2, to: tag))
        _ = bench.take()
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        #expect(bench.takeDestinations() == [Endpoint(address: IPAddress(v4: 0xC633_6409), port: 5_099)])
    }

    @Test("A CANCEL of a re-INVITE is told, and the INVITE stays in the user's hands")
    func cancelled() throws {
        let (leg, tag) = try bench.established()
        let body = UserAgentBench.body(version: 2)
        try bench.receive(bench.request("INVITE", cseq: 2, to: tag, branch: "r", body: body))
        try bench.receive(bench.request("CANCEL", cseq: 2, to: tag, branch: "r"))
        #expect(bench.take() == ["200 CANCEL"])
        #expect(bench.takeEvents() == ["offered", "offerCancelled"])
        bench.perform { $0.refuse(leg, status: 487, now: $1) }
        #expect(bench.take() == ["487 INVITE"])
    }

    // MARK: Ours

    @Test(
        "After a 491 ours comes again: 2.1 to 4 s later if the Call-ID is ours, else up to 2 s",
        arguments: [true, false]
    )
    func backOff(ownsCallID: Bool) throws {
        var pauses: [Milliseconds] = []
        for seed in 1...30 as ClosedRange<UInt64> {
            let bench = UserAgentBench(seed: seed)
            let leg: LegID
            if ownsCallID {
                let (id, invite) = try bench.inviting()
                try bench.respond(200, to: invite, body: UserAgentBench.sdp)
                bench.perform { $0.acknowledge(id, relaying: nil, now: $1) }
                leg = id
            } else {
                leg = try bench.established().leg
            }
            _ = try bench.reinvite(leg, port: 5_000)
            let ours = try #require(bench.takeMessages().last)
            try bench.respond(491, to: ours)
            _ = bench.take()
            let start = bench.now
            bench.advance(by: 4_000)
            pauses.append(try #require(bench.takeTimed().first { $0.1 == "INVITE" }).0 - start)
        }
        let allowed: ClosedRange<Milliseconds> = ownsCallID ? 2_100...4_000 : 0...2_000
        #expect(pauses.allSatisfy { allowed.contains($0) && $0 % 10 == 0 })
        #expect(Set(pauses).count > 10)
    }

    @Test("Ours waits for the ACK of theirs; one that may not wait is refused with 491")
    func waits() throws {
        let leg = try bench.invited()
        let answer = try UserAgentBench.description()
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        let tag = try #require(bench.takeMessages().last?.toTag)
        bench.perform { _ = $0.reinvite(leg, relaying: answer, retriesOnGlare: false, now: $1) }
        bench.perform { _ = $0.reinvite(leg, relaying: answer, retriesOnGlare: true, now: $1) }
        #expect(bench.take() == [])
        #expect(bench.takeEvents() == ["modificationRefused 491"])
        try bench.receive(bench.request("ACK", cseq: 1, to: tag))
        #expect(bench.take() == ["INVITE"])
    }

    @Test("Each re-INVITE is known by its own name: one that was withdrawn does not answer for the next")
    func names() throws {
        let (leg, _) = try bench.established()
        let one = try bench.reinvite(leg, port: 5_000)
        let sent = try #require(bench.takeMessages().last)
        bench.perform { $0.withdrawReinvite(one, of: leg, now: $1) }
        let two = try bench.reinvite(leg, port: 5_002)
        #expect(bench.take() == [])
        try bench.respond(200, to: sent, body: UserAgentBench.body(version: 2))
        #expect(bench.take() == ["ACK", "INVITE"])
        guard case .modified(_, let told, _)? = bench.events.last else {
            Issue.record("not told of the first")
            return
        }
        #expect(told == one && told != two)
    }

    @Test("A re-INVITE that is withdrawn in the pause after a 491 does not come again, and another keeps the pause")
    func withdrawnInPause() throws {
        let (leg, _) = try bench.established()
        let one = try bench.reinvite(leg, port: 5_000)
        try bench.respond(491, to: try #require(bench.takeMessages().last))
        bench.perform { $0.withdrawReinvite(one, of: leg, now: $1) }
        _ = bench.take()
        bench.advance(by: 4_000)
        #expect(bench.take() == [])
        #expect(bench.takeEvents() == [])
    }

    @Test("A peer who only ever says 100 to a re-INVITE is asked to leave it, and lost if he does not")
    func overdue() throws {
        let (leg, _) = try bench.established()
        let ours = try reinvite(leg)
        try bench.respond(100, to: ours)
        bench.advance(by: 31_999)
        #expect(bench.take() == [])
        bench.advance(by: 1)
        #expect(bench.take() == ["CANCEL"])
        bench.advance(by: 32_000)
        #expect(bench.takeEvents().contains("gone"))
        bench.advance(by: 40_000)
        #expect(bench.legsAlive == 0)
        #expect(bench.transactionsAlive == 0)
    }

    @Test("A leg that is hung up while a re-INVITE is under way does not wait for that longer than for its BYE")
    func hungUpMeanwhile() throws {
        let (leg, _) = try bench.established()
        let ours = try reinvite(leg)
        try bench.respond(100, to: ours)
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        #expect(bench.take() == ["CANCEL", "BYE"])
        bench.advance(by: 64_000)
        #expect(bench.legsAlive == 0)
        #expect(bench.transactionsAlive == 0)
    }

    @Test("A dialog that the peer knows no more is ended", arguments: [408, 481] as [UInt16])
    func gone(status: UInt16) throws {
        let (leg, _) = try bench.established()
        try bench.respond(status, to: try reinvite(leg))
        #expect(bench.take() == ["ACK", "BYE"])
        #expect(bench.takeEvents() == ["gone"])
    }

    @Test("An agent's offer in the 2xx to our re-INVITE is answered in the ACK")
    func offerless() throws {
        let (leg, _) = try bench.established()
        bench.perform { _ = $0.reinvite(leg, relaying: nil, retriesOnGlare: false, now: $1) }
        let ours = try #require(bench.takeMessages().last)
        #expect(ours.body.isEmpty)
        try bench.respond(200, to: ours, body: UserAgentBench.body(version: 2))
        #expect(bench.take() == [])
        let answer = try UserAgentBench.description(port: 5_000)
        bench.perform { $0.acknowledge(leg, relaying: answer, now: $1) }
        let ack = try #require(bench.takeMessages().last)
        #expect(try ack.sessionDescription.get()?.media.map(\.port) == [5_000])
    }

    @Test(
        "A re-INVITE or UPDATE that is refused has not moved the peer; one that is accepted has",
        arguments: ["INVITE", "UPDATE"]
    )
    func target(method: String) throws {
        for isTaken in [false, true] {
            let bench = UserAgentBench()
            let (leg, tag) = try bench.established()
            let moved = "<sip:moved@198.51.100.7:5066>"
            let body = UserAgentBench.body(version: 2, port: 5_000)
            try bench.receive(bench.request(method, cseq: 2, to: tag, contact: moved, body: body))
            let answer = try UserAgentBench.description(version: 2)
            if isTaken {
                bench.perform { $0.accept(leg, relaying: answer, now: $1) }
                if method == "INVITE" { try bench.receive(bench.request("ACK", cseq: 2, to: tag)) }
            } else {
                bench.perform { $0.refuse(leg, status: 488, now: $1) }
            }
            _ = bench.take()
            bench.perform { $0.hangUp(leg, status: 480, now: $1) }
            let bye = try #require(bench.takeMessages().last)
            #expect(bye.uriText == (isTaken ? "sip:moved@198.51.100.7:5066" : "sip:peer@198.51.100.7:5062"))
        }
    }
}
