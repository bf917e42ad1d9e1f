import Testing

@testable import SIP

@Suite("Legs that a peer begins")
struct UserAgentCalledTests {
    let bench = UserAgentBench()

    /// A request that is refused, and what must stand in the refusal.
    struct Objection: CustomTestStringConvertible {
        let status: UInt16
        var method = "INVITE"
        var uri = "sip:help@192.0.2.1"
        var headers: [String] = []
        var body: String? = UserAgentBench.sdp
        var contact: String? = "<sip:peer@198.51.100.7>"
        var maxForwards = 70
        var toTag: String?
        var explanation: (HeaderName, String)?

        var testDescription: String { "\(status) \(method)" }
    }

    @Test(
        "What cannot be taken gets the status of the RFC",
        arguments: [
            Objection(
                status: 405,
                method: "REFER",
                body: nil,
                explanation: (.allow, "INVITE")
            ),
            Objection(status: 501, method: "FETCH", body: nil),
            Objection(status: 416, uri: "im:help@192.0.2.1"),
            Objection(status: 420, headers: ["Require: path"], explanation: (.unsupported, "path")),
            Objection(
                status: 415,
                headers: ["Content-Type: text/plain"],
                body: "hello",
                explanation: (.accept, "application/sdp")
            ),
            Objection(status: 415, headers: ["Content-Encoding: gzip"]),
            Objection(status: 400, body: "no session description\r\n"),
            Objection(status: 400, contact: nil),
            // Where requests could not go, nor be refused for a reason that tells it.
            Objection(status: 400, contact: "<sip:\(String(repeating: "a", count: 5_000))@198.51.100.7>"),
            Objection(status: 400, uri: "sip:help@192.0.2.1?Subject=x"),
            Objection(status: 483, maxForwards: 0),
            Objection(status: 481, method: "BYE", body: nil),
            Objection(status: 481, method: "BYE", body: nil, toTag: "00000000000000000123456789abcdef"),
            Objection(status: 481, toTag: "nobody"),
        ]
    )
    func objections(_ case: Objection) throws {
        let request = bench.request(
            `case`.method,
            cseq: 1,
            to: `case`.toTag,
            uri: `case`.uri,
            maxForwards: `case`.maxForwards,
            contact: `case`.contact,
            headers: `case`.headers,
            body: `case`.body
        )
        try bench.receive(request)
        let response = try #require(bench.takeMessages().first)
        #expect(response.status == `case`.status)
        #expect(response.toTag != nil)
        if let (name, value) = `case`.explanation { #expect(response.texts(of: name).contains(value)) }
        #expect(bench.takeEvents() == [])
        #expect(bench.legsAlive == 0)
    }

    @Test("OPTIONS outside of a dialog is answered")
    func options() throws {
        try bench.receive(bench.request("OPTIONS", cseq: 1))
        #expect(bench.take() == ["200 OPTIONS"])
    }

    @Test("A second copy of an INVITE that a proxy has forked is 482; its retransmission is not")
    func merged() throws {
        try bench.receive(bench.request("INVITE", cseq: 1, branch: "a", body: UserAgentBench.sdp))
        try bench.receive(bench.request("INVITE", cseq: 1, branch: "a", body: UserAgentBench.sdp))
        #expect(bench.take() == [])
        try bench.receive(bench.request("INVITE", cseq: 1, branch: "b", body: UserAgentBench.sdp))
        #expect(bench.take() == ["482 INVITE"])
        #expect(bench.takeEvents() == ["invited"])
        let leg = try bench.invitedAgain()
        bench.perform { $0.refuse(leg, status: 486, now: $1) }
        #expect(bench.legsAlive == 1)
    }

    @Test("Responses go to where the request came from if it asks so, and say where that was")
    func rport() throws {
        let behindNAT = Endpoint(address: IPAddress(v4: 0xCB00_7105), port: 6_666)
        let text = bench.request("INVITE", cseq: 1, body: UserAgentBench.sdp)
            .replacing("198.51.100.7:5062;branch", with: "198.51.100.7:5062;rport;branch")
        try bench.receive(text, from: behindNAT)
        let leg = try #require(bench.events.last?.leg)
        bench.perform { $0.progress(leg, status: 180, now: $1) }
        let ringing = try #require(bench.takeMessages().first)
        #expect(ringing.text(of: ringing.via.range).contains(";received=203.0.113.5;rport=6666"))
        bench.perform { $0.refuse(leg, status: 486, now: $1) }
        #expect(bench.takeDestinations() == [behindNAT])
    }

    @Test("The next first leg has a To tag of its own, and the 200 has the one of its leg")
    func tagPerFirstLeg() throws {
        let leg = try bench.invited()
        bench.perform { $0.progress(leg, status: 180, now: $1) }
        bench.perform { $0.progress(leg, status: 180, now: $1) }
        bench.perform { agent, _ in agent.renewTag(of: leg) }
        bench.perform { $0.progress(leg, status: 180, now: $1) }
        let answer = try UserAgentBench.description()
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        let tags = bench.takeMessages().compactMap(\.toTag)
        #expect(tags.count == 4)
        #expect(tags[0] == tags[1] && tags[1] != tags[2] && tags[2] == tags[3])
        try bench.receive(bench.request("ACK", cseq: 1, to: tags[0]))
        #expect(bench.takeEvents() == [])
        try bench.receive(bench.request("ACK", cseq: 1, to: tags[3]))
        #expect(bench.takeEvents() == ["acknowledged"])
    }

    @Test("The 2xx goes out again at growing intervals until its ACK comes")
    func repeats2xx() throws {
        let leg = try bench.invited()
        let answer = try UserAgentBench.description()
        let start = bench.now
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        bench.advance(by: 12_000)
        let sent = bench.takeTimed()
        #expect(sent.map { $0.0 - start } == [0, 500, 1_500, 3_500, 7_500, 11_500])
        #expect(Set(sent.map(\.1)) == ["200 INVITE"])
    }

    @Test("Without an ACK for 64 x T1 the peer is lost: BYE")
    func missingACK() throws {
        let leg = try bench.invited()
        let answer = try UserAgentBench.description()
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        bench.advance(by: 31_999)
        #expect(bench.takeEvents() == [])
        #expect(!bench.take().contains("BYE"))
        bench.advance(by: 1)
        #expect(bench.takeEvents() == ["gone"])
        #expect(bench.take() == ["BYE"])
        bench.advance(by: 32_000)
        #expect(bench.takeEvents() == ["released"])
        #expect(bench.legsAlive == 0)
    }

    @Test("Our BYE waits for the ACK of our 2xx")
    func byeAfterACK() throws {
        let leg = try bench.invited()
        let answer = try UserAgentBench.description()
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        let tag = try #require(bench.takeMessages().last?.toTag)
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        bench.advance(by: 400)
        #expect(bench.take() == [])
        try bench.receive(bench.request("ACK", cseq: 1, to: tag))
        let bye = try #require(bench.takeMessages().first)
        #expect(bye.method == .bye)
        try bench.respond(200, to: bye)
        #expect(bench.takeEvents() == ["released"])
    }

    @Test("CANCEL gets 200 and the INVITE 487, under the same tag; too late, it changes nothing")
    func cancel() throws {
        try bench.receive(bench.request("INVITE", cseq: 1, branch: "a", body: UserAgentBench.sdp))
        let leg = try #require(bench.events.last?.leg)
        bench.perform { $0.progress(leg, status: 180, now: $1) }
        try bench.receive(bench.request("CANCEL", cseq: 1, branch: "a"))
        let responses = bench.takeMessages()
        #expect(responses.map(UserAgentBench.name) == ["180 INVITE", "200 CANCEL", "487 INVITE"])
        #expect(Set(responses.map(\.toTag)).count == 1)
        #expect(bench.takeEvents() == ["invited", "cancelled", "released"])
        try bench.receive(bench.request("CANCEL", cseq: 1, branch: "b"))
        #expect(bench.take() == ["481 CANCEL"])
    }

    @Test("A BYE of an unanswered caller ends his INVITE with 487")
    func earlyBye() throws {
        let leg = try bench.invited()
        bench.perform { $0.progress(leg, status: 180, now: $1) }
        let tag = try #require(bench.takeMessages().last?.toTag)
        try bench.receive(bench.request("BYE", cseq: 2, to: tag))
        #expect(bench.take() == ["200 BYE", "487 INVITE"])
        #expect(bench.takeEvents() == ["hungUp", "released"])
    }

    @Test("The route set is Record-Route in its order; responses carry it back")
    func routeSet() throws {
        let routes = ["<sip:192.0.2.50;lr>", "<sip:192.0.2.51;lr>"]
        let leg = try bench.invited(headers: ["Record-Route: \(routes[0])", "Record-Route: \(routes[1])"])
        let answer = try UserAgentBench.description()
        bench.perform { $0.accept(leg, relaying: answer, now: $1) }
        let accepted = try #require(bench.takeMessages().last)
        #expect(accepted.texts(of: .recordRoute) == routes)
        try bench.receive(bench.request("ACK", cseq: 1, to: try #require(accepted.toTag)))
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        let bye = try #require(bench.takeMessages().last)
        #expect(bye.texts(of: .route) == routes)
        #expect(bye.uriText == "sip:peer@198.51.100.7:5062")
        #expect(bye.cseq.number == 1)
    }

    @Test("A caller without SDP gets our offer in the 200; the answer comes with his ACK")
    func withoutOffer() throws {
        let leg = try bench.invited(withOffer: false)
        let offer = try UserAgentBench.description(port: 5_000)
        bench.perform { $0.accept(leg, relaying: offer, now: $1) }
        let accepted = try #require(bench.takeMessages().last)
        #expect(!accepted.body.isEmpty)
        try bench.receive(bench.request("ACK", cseq: 1, to: try #require(accepted.toTag), body: UserAgentBench.sdp))
        guard case .acknowledged(_, let answer)? = bench.events.last else {
            Issue.record("no acknowledged")
            return
        }
        #expect(answer?.media.first?.port == 4_000)
    }
}

extension UserAgentBench {
    /// Another caller.
    fileprivate func invitedAgain() throws -> LegID {
        try receive(request("INVITE", cseq: 1, callID: "call-2", body: Self.sdp))
        return try #require(events.last?.leg)
    }
}
