import Testing

@testable import SIP

@Suite("Manners of a back-to-back user agent (RFC 3261, RFC 3326, RFC 7332)")
struct HygieneTests {
    @Test("An INVITE of ours carries the hops that are left; later requests of the dialog have hops of their own")
    func maxForwards() throws {
        let bench = UserAgentBench()
        let target = try #require(URI("sip:agent@198.51.100.7:5062"))
        var invitation = Invitation(
            target: target,
            fromURI: Array("sip:a@b".utf8),
            displayName: "",
            offer: nil,
            owner: 1
        )
        invitation.maxForwards = 3
        bench.perform { _ = $0.invite(invitation, now: $1) }
        let invite = try #require(bench.takeMessages().last)
        #expect(invite.maxForwards == 3)
        try bench.respond(200, to: invite, body: UserAgentBench.sdp)
        let leg = try #require(bench.events.last?.leg)
        bench.perform { $0.hangUp(leg, status: 480, now: $1) }
        #expect(bench.takeMessages().map(\.maxForwards) == [70, 70])
    }

    @Test("Our own INVITE that finds its way back gets 482")
    func loop() throws {
        let bench = UserAgentBench()
        let (_, invite) = try bench.inviting()
        var text = String(decoding: invite.bytes, as: UTF8.self)
        text =
            "INVITE sip:help@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKproxy\r\n"
            + text.drop { $0 != "\r\n" }.dropFirst()
        try bench.receive(text)
        #expect(bench.take() == ["482 INVITE"])
        #expect(bench.takeEvents() == [])
    }

    @Test("Who knows a Call-ID of ours does not know the tag: no sum or difference of its numbers gives it")
    func independentTags() throws {
        let (_, invite) = try UserAgentBench().inviting()
        func numbers(_ range: ByteRange) -> [UInt64] {
            let digits = Array(invite.text(of: range))
            return stride(from: 0, to: digits.count, by: 16).compactMap {
                UInt64(String(digits[$0..<min($0 + 16, digits.count)]), radix: 16)
            }
        }
        let callID = numbers(invite.callID)
        let range = try #require(invite.from.tag)
        let tag = try #require(numbers(range).last)
        try #require(callID.count == 3)
        #expect(![callID[1], callID[2], callID[1] &- callID[2], callID[2] &- callID[1]].contains(tag))
        #expect(![callID[1] &+ callID[2], callID[1] ^ callID[2]].contains(tag))
    }

    @Test(
        "A response with a second Via was not meant for us (RFC 3261 section 8.1.3.3)",
        arguments: ["\r\nVia: ", ", "]
    )
    func secondVia(separator: String) throws {
        let bench = UserAgentBench()
        let (_, invite) = try bench.inviting()
        let via = "\(separator)SIP/2.0/UDP 203.0.113.9;branch=z9hG4bKx\r\nFrom: "
        let bytes = makeResponse(to: invite, source: UserAgentBench.peer, status: 180, toTag: Array("t".utf8))
        let text = String(decoding: bytes, as: UTF8.self)
        try bench.receive(text.replacing("\r\nFrom: ", with: via))
        #expect(bench.takeEvents() == [])
        try bench.receive(text)
        #expect(bench.takeEvents() == ["progress 180"])
    }

    @Test("An INVITE without hops gets 483, OPTIONS are answered all the same")
    func noHops() throws {
        let bench = UserAgentBench()
        try bench.receive(bench.request("INVITE", cseq: 1, maxForwards: 0, body: UserAgentBench.sdp))
        try bench.receive(bench.request("OPTIONS", cseq: 1, callID: "o", maxForwards: 0))
        #expect(bench.take() == ["483 INVITE", "200 OPTIONS"])
    }

    @Test("OPTIONS are answered with what we take: Allow, Supported and Accept")
    func options() throws {
        let bench = UserAgentBench()
        try bench.receive(bench.request("OPTIONS", cseq: 1))
        let ok = try #require(bench.takeMessages().last)
        for method in ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "INFO", "MESSAGE"] {
            #expect(ok.texts(of: .allow).contains(method))
        }
        #expect(ok.texts(of: .supported).contains("timer"))
        #expect(ok.texts(of: .accept).contains("application/sdp"))
    }

    @Test("Require for what we have is no obstacle")
    func supportedOption() throws {
        let bench = UserAgentBench()
        _ = try bench.invited(headers: ["Require: 100rel, timer"])
        try bench.receive(
            bench.request("INVITE", cseq: 1, callID: "x", headers: ["Require: timer, path"], body: UserAgentBench.sdp)
        )
        let refusal = try #require(bench.takeMessages().last)
        #expect(refusal.status == 420)
        #expect(refusal.texts(of: .unsupported) == ["path"])
    }

    @Test("The Reason of a BYE or CANCEL is told, and ours goes out in BYE and CANCEL")
    func reason() throws {
        let bench = UserAgentBench()
        let (_, tag) = try bench.established()
        try bench.receive(bench.request("BYE", cseq: 2, to: tag, headers: ["Reason: Q.850;cause=16"]))
        guard case .hungUp(_, let reason)? = bench.events.first else {
            Issue.record("no BYE")
            return
        }
        #expect(reason.map { text($0) } == "Q.850;cause=16")
        _ = bench.take()
        let (leg, invite) = try bench.inviting()
        try bench.respond(180, to: invite)
        bench.perform { $0.hangUp(leg, status: 480, reason: Array("SIP;cause=200".utf8), now: $1) }
        let cancel = try #require(bench.takeMessages().last)
        #expect(cancel.method == .cancel)
        #expect(cancel.texts(of: .reason) == ["SIP;cause=200"])
    }

    @Test("Each leg has a Call-ID of 128 random bits, tags, branches and a Contact of its own")
    func identities() throws {
        let bench = UserAgentBench()
        var seen: Set<String> = []
        for _ in 0..<50 {
            let invite = try bench.inviting().invite
            for value in [
                invite.text(of: invite.callID), invite.fromTag ?? "", invite.via.branch.map(invite.text(of:)) ?? "",
            ] {
                #expect(seen.insert(value).inserted)
            }
            #expect(invite.callID.count >= 32)
            #expect(invite.texts(of: .contact) == ["<sip:192.0.2.1:5060>"])
            #expect(!invite.text(of: invite.callID).contains("@"))
        }
    }

    @Test(
        "An INVITE of ours says that a dialog of ours may be replaced (RFC 3891 section 6.2)",
        arguments: [true, false]
    )
    func supportsReplaces(withOffer: Bool) throws {
        let (_, invite) = try UserAgentBench().inviting(withOffer: withOffer)
        #expect(invite.lists("replaces", in: .supported))
        #expect(invite.lists("100rel", in: .supported) == withOffer)
    }
}
