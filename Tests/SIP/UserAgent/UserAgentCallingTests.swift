import Testing

@testable import SIP

@Suite("Legs that we begin")
struct UserAgentCallingTests {
    let bench = UserAgentBench()

    @Test("The INVITE has an identity of its own, our Contact, and the caller's name")
    func invite() throws {
        let (_, invite) = try bench.inviting()
        let (_, other) = try bench.inviting()
        #expect(invite.text(of: invite.callID) != other.text(of: other.callID))
        #expect(invite.fromTag != other.fromTag)
        #expect(invite.callID.count >= 32)
        #expect(invite.text(of: invite.from.range).hasPrefix("\"Alice\" <sip:alice@example.com>;tag="))
        #expect(invite.texts(of: .contact) == ["<sip:192.0.2.1:5060>"])
        #expect(invite.uriText == "sip:agent@198.51.100.7:5062")
        #expect(invite.toTag == nil)
        #expect(invite.via.rport != nil)
    }

    @Test("A 2xx makes the dialog; it is absorbed until `acknowledge`, and gets the same ACK whenever it comes again")
    func acknowledges() throws {
        let (leg, invite) = try bench.inviting()
        try bench.respond(200, to: invite, body: UserAgentBench.sdp)
        try bench.respond(200, to: invite, body: UserAgentBench.sdp)
        #expect(bench.take() == [])
        #expect(bench.takeEvents() == ["answered"])
        bench.perform { $0.acknowledge(leg, relaying: nil, now: $1) }
        try bench.respond(200, to: invite, body: UserAgentBench.sdp)
        let acks = bench.takeMessages()
        #expect(acks.map(UserAgentBench.name) == ["ACK", "ACK"])
        #expect(acks[0].bytes == acks[1].bytes)
        #expect(acks[0].cseq.number == 1)
        #expect(acks[0].body.isEmpty)
    }

    @Test("What only copies of messages need is forgotten when none can come any more: legs live for hours")
    func settled() throws {
        let (leg, invite) = try bench.inviting()
        try bench.respond(200, to: invite, body: UserAgentBench.sdp)
        bench.perform { $0.acknowledge(leg, relaying: nil, now: $1) }
        bench.advance(by: 31_000)
        _ = bench.take()
        try bench.respond(200, to: invite, body: UserAgentBench.sdp)
        #expect(bench.take() == ["ACK"])
        let (called, _) = try bench.established()
        bench.advance(by: 33_000)
        _ = bench.take()
        try bench.respond(200, to: invite, body: UserAgentBench.sdp)
        #expect(bench.take() == [])
        #expect(bench.isAlive(leg) && bench.isAlive(called))
        let left = bench.agent.holdings.filter { $0.count > 0 }.map { "\($0.count) \($0.name)" }
        #expect(left == ["2 legs"])
    }

    @Test("The ACK of the first INVITE is still known after a re-INVITE")
    func earlierACK() throws {
        let (leg, invite) = try bench.inviting()
        try bench.respond(200, to: invite, body: UserAgentBench.sdp)
        bench.perform { $0.acknowledge(leg, relaying: nil, now: $1) }
        let offer = try UserAgentBench.description(port: 5_000)
        bench.perform { _ = $0.reinvite(leg, relaying: offer, retriesOnGlare: false, now: $1) }
        let reinvite = try #require(bench.takeMessages().last)
        try bench.respond(200, to: reinvite, body: UserAgentBench.body(version: 2))
        #expect(bench.take() == ["ACK"])
        try bench.respond(200, to: invite, body: UserAgentBench.sdp)
        #expect(bench.takeMessages().map(\.cseq.number) == [1])
    }

    @Test("To a peer's offer the ACK carries the answer, or the refusal of every media line")
    func offerInAnswer() throws {
        for answer in [try UserAgentBench.description(port: 5_000), nil] {
            let (leg, invite) = try bench.inviting(withOffer: false)
            #expect(invite.body.isEmpty)
            try bench.respond(200, to: invite, body: UserAgentBench.sdp)
            bench.perform { $0.acknowledge(leg, relaying: answer, now: $1) }
            let ack = try #require(bench.takeMessages().last)
            let description = try #require(try ack.sessionDescription.get())
            #expect(description.media.map(\.port) == [answer == nil ? 0 : 5_000])
        }
    }

    @Test("Another phone that answers the same INVITE gets ACK and BYE in its own dialog, once")
    func forkedAnswer() throws {
        let (leg, invite) = try bench.inviting(withOffer: false)
        try bench.respond(200, to: invite, tag: "first", body: UserAgentBench.sdp)
        try bench.respond(
            200,
            to: invite,
            tag: "second",
            contact: "<sip:other@198.51.100.8>",
            body: UserAgentBench.sdp
        )
        let sent = bench.takeMessages()
        #expect(sent.map(UserAgentBench.name) == ["ACK", "BYE"])
        #expect(sent.allSatisfy { $0.toTag == "second" && $0.uriText == "sip:other@198.51.100.8" })
        #expect(try sent[0].sessionDescription.get()?.media.map(\.port) == [0])
        #expect(sent[1].cseq.number == 2)
        try bench.respond(200, to: invite, tag: "second", body: UserAgentBench.sdp)
        #expect(bench.take() == ["ACK"])
        #expect(bench.takeEvents() == ["answered"])
        #expect(bench.isAlive(leg))
    }

    @Test("A phone that answers after the leg is over gets ACK and BYE too", arguments: [true, false])
    func strayAnswer(withOffer: Bool) throws {
        let (leg, invite) = try bench.inviting(withOffer: withOffer)
        try bench.respond(200, to: invite, tag: "first", body: UserAgentBench.sdp)
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        let bye = try #require(bench.takeMessages().last)
        try bench.respond(200, to: bye)
        #expect(!bench.isAlive(leg))
        try bench.respond(200, to: invite, tag: "second", body: UserAgentBench.sdp)
        let sent = bench.takeMessages()
        #expect(sent.map(UserAgentBench.name) == ["ACK", "BYE"])
        #expect(sent.allSatisfy { $0.toTag == "second" && $0.fromTag == invite.fromTag })
        #expect(sent[0].body.isEmpty == withOffer)
    }

    @Test("such a phone is reached where the INVITE went if it is named and not numbered, or a proxy before it is")
    func strayAnswerByName() throws {
        let (leg, invite) = try bench.inviting()
        try bench.respond(200, to: invite, tag: "first", body: UserAgentBench.sdp)
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        try bench.respond(200, to: try #require(bench.takeMessages().last))
        let contact = "<sip:a2@phone.example.invalid>"
        try bench.respond(200, to: invite, tag: "second", contact: contact, body: UserAgentBench.sdp)
        #expect(bench.takeDestinations() == [UserAgentBench.peer, UserAgentBench.peer])
        let proxy = ["<sip:proxy.example.invalid;lr>"]
        try bench.respond(200, to: invite, tag: "third", recordRoutes: proxy, body: UserAgentBench.sdp)
        let sent = bench.takeMessages()
        #expect(sent.map(UserAgentBench.name) == ["ACK", "BYE"])
        #expect(sent.allSatisfy { $0.toTag == "third" && $0.texts(of: .route) == proxy })
    }

    @Test("CANCEL waits for the first provisional response, and is sent once")
    func cancel() throws {
        let (leg, invite) = try bench.inviting()
        bench.perform { $0.cancel(leg, now: $1) }
        #expect(bench.take() == [])
        try bench.respond(180, to: invite)
        try bench.respond(180, to: invite)
        #expect(bench.take() == ["CANCEL"])
        try bench.respond(487, to: invite)
        #expect(bench.take() == ["ACK"])
        #expect(bench.takeEvents() == ["progress 180", "progress 180", "refused 487", "released"])
    }

    @Test("A 2xx that crosses the CANCEL of a leg nobody wants any more gets ACK, then BYE")
    func crossing() throws {
        let (leg, invite) = try bench.inviting(withOffer: false)
        try bench.respond(180, to: invite)
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        #expect(bench.take() == ["CANCEL"])
        try bench.respond(200, to: invite, body: UserAgentBench.sdp)
        let sent = bench.takeMessages()
        #expect(sent.map(UserAgentBench.name) == ["ACK", "BYE"])
        #expect(try sent[0].sessionDescription.get()?.media.map(\.port) == [0])
        #expect(bench.takeEvents() == ["progress 180"])
    }

    @Test("The route set is Record-Route of the 2xx, reversed; with a loose router the target stays the Request-URI")
    func looseRoutes() throws {
        let (leg, invite) = try bench.inviting()
        try bench.respond(
            200,
            to: invite,
            recordRoutes: ["<sip:192.0.2.50;lr>", "<sip:192.0.2.51:5070;lr>"],
            body: UserAgentBench.sdp
        )
        bench.perform { $0.acknowledge(leg, relaying: nil, now: $1) }
        let ack = try #require(bench.takeMessages().last)
        #expect(ack.texts(of: .route) == ["<sip:192.0.2.51:5070;lr>", "<sip:192.0.2.50;lr>"])
        #expect(ack.uriText == "sip:peer@198.51.100.7:5062")
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        #expect(bench.takeDestinations() == [Endpoint(address: IPAddress(v4: 0xC000_0233), port: 5_070)])
    }

    @Test("A strict router becomes the Request-URI, and the target ends the route")
    func strictRoute() throws {
        let (leg, invite) = try bench.inviting()
        let routes = ["<sip:192.0.2.50;lr>", "<sip:192.0.2.51>"]
        try bench.respond(200, to: invite, recordRoutes: routes, body: UserAgentBench.sdp)
        bench.perform { $0.acknowledge(leg, relaying: nil, now: $1) }
        let ack = try #require(bench.takeMessages().last)
        #expect(ack.uriText == "sip:192.0.2.51")
        #expect(ack.texts(of: .route) == ["<sip:192.0.2.50;lr>", "<sip:peer@198.51.100.7:5062>"])
    }

    @Test("Header fields of a URI stand in no Request-URI, To or Route (RFC 3261 section 19.1.1)")
    func headersOfURI() throws {
        let plain = try #require(URI("sip:agent@198.51.100.7:5062;x=y"))
        let target = try #require(URI("sip:agent@198.51.100.7:5062;x=y?Subject=a%20b&body=c"))
        #expect(target.withoutHeaders == plain)
        #expect(plain.withoutHeaders == plain)
        #expect(URI("tel:+1;phone-context=a")?.withoutHeaders == URI("tel:+1;phone-context=a"))
        let fields = target.headerFields.map { String(decoding: $0.name + [0x3D] + $0.value, as: UTF8.self) }
        #expect(fields == ["Subject=a b"])
        let invitation = Invitation(
            target: target,
            fromURI: Array("sip:alice@example.com".utf8),
            displayName: "",
            offer: nil,
            owner: 7
        )
        var called: LegID?
        bench.perform { called = $0.invite(invitation, now: $1) }
        let leg = try #require(called)
        let invite = try #require(bench.takeMessages().last)
        #expect(invite.uriText == "sip:agent@198.51.100.7:5062;x=y")
        #expect(invite.text(of: invite.to.uri) == "sip:agent@198.51.100.7:5062;x=y")
        let contact = "<sip:agent@198.51.100.7:5062?Subject=z>"
        try bench.respond(200, to: invite, contact: contact, body: UserAgentBench.sdp)
        bench.perform { $0.acknowledge(leg, relaying: nil, now: $1) }
        #expect(bench.takeMessages().map(\.uriText) == ["sip:agent@198.51.100.7:5062"])
    }

    @Test("A 2xx whose Contact is too long for a Request-URI leaves the target that was called")
    func overlongContact() throws {
        let (leg, invite) = try bench.inviting()
        let contact = "<sip:\(String(repeating: "a", count: 5_000))@198.51.100.9>"
        try bench.respond(200, to: invite, contact: contact, body: UserAgentBench.sdp)
        bench.perform { $0.acknowledge(leg, relaying: nil, now: $1) }
        #expect(bench.takeMessages().map(\.uriText) == ["sip:agent@198.51.100.7:5062"])
    }

    @Test("A peer whose Contact is a name is reached where he was called")
    func namedContact() throws {
        let (leg, invite) = try bench.inviting()
        try bench.respond(200, to: invite, contact: "<sip:agent@phone.example>", body: UserAgentBench.sdp)
        bench.perform { $0.acknowledge(leg, relaying: nil, now: $1) }
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        #expect(bench.takeDestinations() == [UserAgentBench.peer, UserAgentBench.peer])
    }

    @Test("An INVITE that nobody answers is refused with 408, and nothing stays")
    func silence() throws {
        _ = try bench.inviting()
        bench.advance(by: 32_000)
        #expect(bench.takeEvents() == ["refused 408", "released"])
        #expect(bench.legsAlive == 0)
        #expect(bench.transactionsAlive == 0)
    }
}
