import Testing

@testable import SIP

@Suite("Reliable provisional responses (RFC 3262; CALLS.md section 2, 100rel)")
struct ReliableProvisionalTests {
    private func requiring(_ bench: UserAgentBench) throws -> LegID { try bench.invited(headers: ["Require: 100rel"]) }

    private func prack(_ bench: UserAgentBench, _ response: Message, cseq: Int, rack: String? = nil) throws {
        let rseq = try #require(response.number(.rseq))
        let header = "RAck: \(rack ?? "\(rseq) 1 INVITE")"
        try bench.receive(bench.request("PRACK", cseq: cseq, to: response.toTag, headers: [header]))
    }

    @Test("Towards the caller, provisional responses are reliable only when he requires it")
    func onlyWhenRequired() throws {
        let bench = UserAgentBench()
        let leg = try bench.invited(headers: ["Supported: 100rel"])
        bench.perform { $0.progress(leg, status: 180, now: $1) }
        let ringing = try #require(bench.takeMessages().last)
        #expect(!ringing.has(.rseq))
        bench.advance(by: 10_000)
        #expect(bench.take() == [])
    }

    @Test("One is sent again until its PRACK comes; the next waits for that, and has the next number")
    func called() throws {
        let bench = UserAgentBench()
        let leg = try requiring(bench)
        bench.perform { $0.progress(leg, status: 180, now: $1) }
        bench.perform { $0.progress(leg, status: 181, now: $1) }
        bench.perform { $0.progress(leg, status: 182, now: $1) }
        let first = try #require(bench.takeMessages().first)
        #expect(first.lists("100rel", in: .require))
        bench.advance(by: 1_600)
        #expect(bench.take() == ["180 INVITE", "180 INVITE"])
        try prack(bench, first, cseq: 2)
        let sent = bench.takeMessages()
        #expect(sent.map(UserAgentBench.name) == ["200 PRACK", "182 INVITE"])
        #expect(sent.last?.number(.rseq) == first.number(.rseq).map { $0 + 1 })
        try prack(bench, try #require(sent.last), cseq: 3)
        #expect(bench.take() == ["200 PRACK"])
        bench.advance(by: 10_000)
        #expect(bench.take() == [])
    }

    @Test("A PRACK for what was not sent gets 481, one that cannot be read 400")
    func wrongPrack() throws {
        let bench = UserAgentBench()
        let leg = try requiring(bench)
        bench.perform { $0.progress(leg, status: 180, now: $1) }
        let ringing = try #require(bench.takeMessages().last)
        try prack(bench, ringing, cseq: 2, rack: "1 1 INVITE")
        try prack(bench, ringing, cseq: 3, rack: "one INVITE")
        #expect(bench.take() == ["481 PRACK", "400 PRACK"])
    }

    @Test("A PRACK that crosses the final response, or comes under the tag of before, is taken")
    func crossing() throws {
        let bench = UserAgentBench()
        let leg = try requiring(bench)
        bench.perform { $0.progress(leg, status: 180, now: $1) }
        let ringing = try #require(bench.takeMessages().last)
        bench.perform { agent, _ in agent.renewTag(of: leg) }
        try prack(bench, ringing, cseq: 2)
        #expect(bench.take() == ["200 PRACK"])
        bench.perform { $0.progress(leg, status: 183, now: $1) }
        let second = try #require(bench.takeMessages().last)
        #expect(second.toTag != ringing.toTag)
        let answer = try UserAgentBench.description()
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        #expect(bench.take() == ["200 INVITE"])
        try prack(bench, second, cseq: 3)
        #expect(bench.take() == ["200 PRACK"])
    }

    @Test("Without a PRACK for 64 × T1 the INVITE is refused, and the caller is gone")
    func neverAcknowledged() throws {
        let bench = UserAgentBench()
        let leg = try requiring(bench)
        bench.perform { $0.progress(leg, status: 180, now: $1) }
        bench.advance(by: 33_000)
        #expect(bench.take().contains("504 INVITE"))
        #expect(bench.takeEvents() == ["cancelled", "released"])
        #expect(!bench.isAlive(leg))
    }

    @Test("An INVITE without SDP does not offer 100rel, one with SDP does")
    func offering() throws {
        #expect(try UserAgentBench().inviting(withOffer: true).invite.lists("100rel", in: .supported))
        #expect(try !UserAgentBench().inviting(withOffer: false).invite.lists("100rel", in: .supported))
    }

    @Test("A peer's reliable response gets a PRACK in its early dialog, once for each number")
    func calling() throws {
        let bench = UserAgentBench()
        let (leg, invite) = try bench.inviting()
        let reliable = { (sequence: Int) -> [(HeaderName, String)] in [(.require, "100rel"), (.rseq, "\(sequence)")] }
        try bench.respond(180, to: invite, tag: "b", contact: "<sip:early@198.51.100.7:5070>", headers: reliable(7))
        let prack = try #require(bench.takeMessages().last)
        #expect(prack.method == .prack)
        #expect(prack.texts(of: .rack) == ["7 1 INVITE"])
        #expect(prack.toTag == "b")
        #expect(prack.uriText == "sip:early@198.51.100.7:5070")
        #expect(prack.cseq.number == 2)
        try bench.respond(200, to: prack)
        try bench.respond(180, to: invite, tag: "b", headers: reliable(7))
        try bench.respond(183, to: invite, tag: "b", headers: reliable(9))
        #expect(bench.take() == [])
        try bench.respond(183, to: invite, tag: "b", headers: reliable(8))
        try bench.respond(180, to: invite, tag: "c", headers: reliable(1))
        #expect(bench.takeMessages().map { $0.texts(of: .rack).joined() } == ["8 1 INVITE", "1 1 INVITE"])
        #expect(bench.takeEvents() == ["progress 180", "progress 183", "progress 180"])
        // The BYE comes behind the numbers that the PRACKs had.
        try bench.respond(200, to: invite, tag: "b", body: UserAgentBench.sdp)
        bench.perform { $0.acknowledge(leg, relaying: nil, now: $1) }
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        let sent = bench.takeMessages()
        #expect(sent.map(UserAgentBench.name) == ["ACK", "BYE"])
        #expect(sent.map(\.cseq.number) == [1, 5])
    }

    @Test("An answer that came reliably is the answer, even if the 2xx has none")
    func earlyAnswer() throws {
        let bench = UserAgentBench()
        let (_, invite) = try bench.inviting()
        try bench.respond(
            183,
            to: invite,
            headers: [(.require, "100rel"), (.rseq, "1")],
            body: UserAgentBench.body(version: 1, port: 9_000)
        )
        try bench.respond(200, to: invite)
        guard case .answered(_, let answer?)? = bench.events.last else {
            Issue.record("no answer: \(bench.takeEvents())")
            return
        }
        #expect(text(answer.bytes).contains("m=audio 9000"))
    }

    @Test("Each tag is a dialog with numbers of its own; a BYE under an earlier one ends that and nothing else")
    func numbersOfTags() throws {
        let bench = UserAgentBench()
        let leg = try requiring(bench)
        bench.perform { $0.progress(leg, status: 180, now: $1) }
        let first = try #require(bench.takeMessages().last)
        try prack(bench, first, cseq: 2)
        bench.perform { agent, _ in agent.renewTag(of: leg) }
        bench.perform { $0.progress(leg, status: 182, now: $1) }
        let second = try #require(bench.takeMessages().last)
        #expect(second.toTag != first.toTag)
        try prack(bench, second, cseq: 2)
        #expect(bench.take() == ["200 PRACK"])
        for response in [first, second] { try prack(bench, response, cseq: 2) }
        #expect(bench.take() == ["500 PRACK", "500 PRACK"], "no number comes twice")
        _ = bench.takeEvents()
        try bench.receive(bench.request("BYE", cseq: 3, to: first.toTag))
        #expect(bench.take() == ["200 BYE"])
        #expect(bench.takeEvents() == [])
        let answer = try UserAgentBench.description()
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        try bench.receive(bench.request("ACK", cseq: 1, to: second.toTag))
        try bench.receive(bench.request("BYE", cseq: 3, to: second.toTag))
        #expect(bench.take() == ["200 INVITE", "200 BYE"])
    }

    @Test("A 2xx waits until the peer is known to have what was said reliably of media; refusals and CANCEL do not")
    func answerWaits() throws {
        for isAcknowledged in [true, false] {
            let bench = UserAgentBench()
            let leg = try requiring(bench)
            let answer = try UserAgentBench.description()
            bench.perform { $0.progress(leg, status: 183, relaying: answer, now: $1) }
            let early = try #require(bench.takeMessages().last)
            bench.perform { $0.accept(leg, relaying: answer, now: $1) }
            #expect(bench.take() == [])
            _ = bench.takeEvents()
            if isAcknowledged {
                try prack(bench, early, cseq: 2)
                #expect(bench.take() == ["200 PRACK", "200 INVITE"])
                try bench.receive(bench.request("ACK", cseq: 1, to: early.toTag))
                #expect(bench.takeEvents() == ["acknowledged"])
            } else {
                bench.perform { $0.hangUp(leg, status: 480, now: $1) }
                #expect(bench.take() == ["480 INVITE"])
            }
        }
    }

    @Test("With a reliable answer acknowledged, a new offer before the 2xx is refused with 488, by UPDATE or PRACK")
    func earlyOffers() throws {
        let bench = UserAgentBench()
        let leg = try requiring(bench)
        let answer = try UserAgentBench.description()
        bench.perform { $0.progress(leg, status: 183, relaying: answer, now: $1) }
        let early = try #require(bench.takeMessages().last)
        try prack(bench, early, cseq: 2)
        let body = UserAgentBench.body(version: 2)
        try bench.receive(bench.request("UPDATE", cseq: 3, to: early.toTag, body: body))
        #expect(bench.take() == ["200 PRACK", "488 UPDATE"])
        bench.perform { $0.progress(leg, status: 183, relaying: answer, now: $1) }
        let second = try #require(bench.takeMessages().last)
        let rack = "RAck: \(try #require(second.number(.rseq))) 1 INVITE"
        try bench.receive(bench.request("PRACK", cseq: 4, to: second.toTag, headers: [rack], body: body))
        #expect(bench.take() == ["488 PRACK"])
        bench.advance(by: 40_000)
        #expect(bench.take() == [], "it has been acknowledged all the same")
        #expect(bench.isAlive(leg))
    }

    @Test("To an INVITE without an offer nothing goes reliably before there is one")
    func withoutOffer() throws {
        let bench = UserAgentBench()
        let leg = try bench.invited(withOffer: false, headers: ["Require: 100rel"])
        bench.perform { $0.progress(leg, status: 180, now: $1) }
        bench.advance(by: 10_000)
        #expect(bench.take() == ["100 INVITE"])
    }

    @Test("A PRACK that is challenged goes again, with the answer to that and the same RAck")
    func challenged() throws {
        let bench = UserAgentBench()
        bench.agent.credentials = [Credential(realm: "r", username: "u", password: "p")]
        let (_, invite) = try bench.inviting()
        try bench.respond(183, to: invite, headers: [(.require, "100rel"), (.rseq, "7")])
        let first = try #require(bench.takeMessages().last)
        #expect(first.texts(of: .rack) == ["7 1 INVITE"])
        let challenge = "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=MD5"
        try bench.respond(401, to: first, headers: [(.wwwAuthenticate, challenge)])
        let second = try #require(bench.takeMessages().last)
        #expect(second.method == .prack)
        #expect(second.texts(of: .rack) == ["7 1 INVITE"])
        #expect(second.has(.authorization))
        #expect(second.cseq.number == first.cseq.number + 1)
    }
}
