import Testing

@testable import SIP

@Suite("Requests in early dialogs (RFC 3261 section 12.1, RFC 3311)")
struct EarlyDialogTests {
    @Test("of a caller have to wait for the answer: 500 with Retry-After, and he is still there")
    func called() throws {
        let bench = UserAgentBench()
        let leg = try bench.invited()
        bench.perform { $0.progress(leg, status: 180, now: $1) }
        let tag = try #require(bench.takeMessages().last?.toTag)
        for (number, method) in ["INVITE", "INFO", "MESSAGE", "REFER", "NOTIFY"].enumerated() {
            try bench.receive(bench.request(method, cseq: 2 + number, to: tag))
            let refusal = try #require(bench.takeMessages().last)
            #expect(UserAgentBench.name(refusal) == "500 \(method)")
            #expect(try #require(refusal.number(.retryAfter)) < 10)
        }
        #expect(bench.isAlive(leg))
        #expect(bench.takeEvents() == [])
    }

    @Test("of somebody whom we call are judged as any other; an INVITE has to wait until ours is answered: 491")
    func callingJudged() throws {
        let bench = UserAgentBench()
        let (leg, invite) = try bench.inviting()
        try bench.respond(180, to: invite)
        _ = bench.take()
        let requests: [(method: String, headers: [String], answer: String)] = [
            ("INVITE", [], "491 INVITE"), ("SUBSCRIBE", [], "405 SUBSCRIBE"), ("FOO", [], "501 OTHER"),
            ("OPTIONS", ["Require: foo"], "420 OPTIONS"), ("OPTIONS", [], "200 OPTIONS"),
        ]
        for (number, request) in requests.enumerated() {
            let text = try bench.calledPeersRequest(
                request.method,
                cseq: 10 + number,
                of: invite,
                headers: request.headers,
                body: request.method == "INVITE" ? UserAgentBench.sdp : nil
            )
            try bench.receive(text)
            #expect(bench.take().last == request.answer)
        }
        #expect(bench.isAlive(leg))
    }

    @Test("of somebody whom we call are known, whoever he is, and answered in their order")
    func calling() throws {
        let bench = UserAgentBench()
        let (_, invite) = try bench.inviting()
        try bench.respond(
            183,
            to: invite,
            headers: [(.require, "100rel"), (.rseq, "1")],
            body: UserAgentBench.sdp
        )
        let prack = try #require(bench.takeMessages().last)
        #expect(prack.method == .prack)
        try bench.respond(200, to: prack)
        let refresh = try bench.calledPeersRequest("UPDATE", cseq: 50, of: invite)
        let message = try parsed(Array(refresh.utf8))
        let isKnown = bench.agent.knows(message)
        #expect(isKnown)
        try bench.receive(refresh)
        let taken = try #require(bench.takeMessages().last)
        #expect(UserAgentBench.name(taken) == "200 UPDATE")
        #expect(taken.has(.contact))
        let body = UserAgentBench.body(version: 2)
        try bench.receive(bench.calledPeersRequest("UPDATE", cseq: 51, of: invite, body: body))
        let refusal = try #require(bench.takeMessages().last)
        #expect(UserAgentBench.name(refusal) == "488 UPDATE", "our offer has its answer: nothing is in the way but we")
        #expect(refusal.has(.warning))
        try bench.receive(bench.calledPeersRequest("UPDATE", cseq: 50, of: invite))
        try bench.receive(bench.calledPeersRequest("INFO", cseq: 52, of: invite))
        #expect(bench.take() == ["500 UPDATE", "500 INFO"])
        try bench.respond(200, to: invite)
        #expect(bench.takeEvents().last == "answered")
    }

    @Test("An INVITE that nobody has answered in the time of its Expires gets 487, and its sender is gone")
    func expires() throws {
        let bench = UserAgentBench()
        let leg = try bench.invited(headers: ["Expires: 2"])
        bench.perform { $0.progress(leg, status: 182, now: $1) }
        bench.advance(by: 1_900)
        #expect(bench.take() == ["182 INVITE"])
        bench.advance(by: 200)
        #expect(bench.take() == ["487 INVITE"])
        #expect(bench.takeEvents() == ["cancelled", "released"])
        let other = UserAgentBench()
        let second = try other.invited(headers: ["Expires: 2"])
        let answer = try UserAgentBench.description()
        other.perform { $0.accept(second, relaying: answer, now: $1) }
        let tag = try #require(other.takeMessages().last?.toTag)
        try other.receive(other.request("ACK", cseq: 1, to: tag))
        other.advance(by: 10_000)
        #expect(other.isAlive(second), "it has been answered in time")
    }

    @Test("A response with a second Via is to somebody else, and dropped")
    func strayResponse() throws {
        let bench = UserAgentBench()
        let (_, invite) = try bench.inviting()
        let bytes = makeResponse(to: invite, source: UserAgentBench.peer, status: 486, toTag: [65])
        let response = String(decoding: bytes, as: UTF8.self)
        for via in ["\r\nVia: SIP/2.0/UDP 203.0.113.9;branch=z9hG4bKx\r\nFrom:", ", SIP/2.0/UDP 203.0.113.9\r\nFrom:"] {
            try bench.receive(response.replacing("\r\nFrom:", with: via))
        }
        #expect(bench.take() == [])
        try bench.receive(response)
        #expect(bench.take() == ["ACK"])
    }

    @Test("A phone that answers too late and is known by a name only gets ACK and BYE where the INVITE went")
    func lateByName() throws {
        let bench = UserAgentBench()
        let (leg, invite) = try bench.inviting()
        try bench.respond(200, to: invite, body: UserAgentBench.sdp)
        bench.perform { $0.acknowledge(leg, relaying: nil, now: $1) }
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        try bench.respond(200, to: try #require(bench.takeMessages().last))
        #expect(!bench.isAlive(leg))
        try bench.respond(200, to: invite, tag: "other", contact: "<sip:a2@phone.example.invalid>")
        #expect(bench.takeDestinations() == [UserAgentBench.peer, UserAgentBench.peer])
    }

    @Test("A compressed body is refused with what is taken instead: Accept-Encoding")
    func encoded() throws {
        let bench = UserAgentBench()
        try bench.receive(
            bench.request("INVITE", cseq: 1, headers: ["Content-Encoding: gzip"], body: UserAgentBench.sdp)
        )
        let refusal = try #require(bench.takeMessages().last)
        #expect(refusal.status == 415)
        #expect(refusal.texts(of: .acceptEncoding) == ["identity"])
    }

    @Test("The tag of a leg cannot be told from its Call-ID")
    func independent() throws {
        let bench = UserAgentBench()
        for _ in 0..<20 {
            let (_, invite) = try bench.inviting()
            let callID = invite.text(of: invite.callID)
            let tag = try #require(invite.fromTag.flatMap { UInt64($0.suffix(16), radix: 16) })
            let parts = try [callID.dropFirst(16).prefix(16), callID.suffix(16)].map {
                try #require(UInt64($0, radix: 16))
            }
            #expect(
                ![parts[0] &- parts[1], parts[0] &+ parts[1], parts[0] ^ parts[1], parts[0], parts[1]].contains(tag)
            )
        }
    }

    @Test("All Reason fields are passed on, one a protocol (RFC 3326)")
    func reasons() throws {
        let bye = try parsed(
            MessageParsingTests.template + "Reason: SIP;cause=200;text=\"x\"\nReason: Q.850;cause=16\n\n"
        )
        #expect(bye.reason.map(text) == "SIP;cause=200;text=\"x\", Q.850;cause=16")
    }
}
