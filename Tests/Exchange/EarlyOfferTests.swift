import CallCenter
import Exchange
import SIP
import Testing

/// CALLS.md section 2, early offer and 100rel. The caller hears music, so his INVITE has been answered.
@Suite("An early offer")
struct EarlyOfferTests {
    /// A caller with music; Anna logs in and is called.
    private func offered(
        _ mode: Scenario.OfferMode = .early,
        caller media: String = "m=audio 4000 RTP/AVP 0\r\n",
        anna manner: Phone.Manner = .answer(after: 0)
    ) throws -> (Town, String) {
        let town = Town(loggedIn: false) {
            $0.policy.rejectOnNoAgents = false
            $0.scenario.offer = mode
        }
        let call = town.caller.invite("support", sdp: town.caller.sdp(media: media))
        town.bench.run(for: 1_000)
        town.anna.manner = manner
        try town.logIn("anna")
        town.bench.run(for: 500)
        return (town, call)
    }

    @Test("is the caller's last description; the agent's answer goes to him as an offer, his ACK at once to the agent")
    func joined() throws {
        let (town, call) = try offered()
        #expect(town.anna.log.prefix(2) == ["invite sdp=alice", "ack"])
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "anna")
        #expect(town.queue.log.last == "bye")
        #expect(town.bench.snapshot.totals.talking == 1)
        // The caller's answer was what the agent had seen.
        #expect(town.anna.log.count == 2)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("that the caller's answer differs from is followed by a re-INVITE to the agent")
    func differs() throws {
        let (town, call) = try offered(caller: "m=audio 4444 RTP/AVP 0 8\r\n")
        #expect(town.anna.log == ["invite sdp=alice", "ack", "invite sdp=alice", "ack"])
        #expect(town.anna.last?.remoteSDP?.ports == [4000])
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("has no direction: what held for the music does not hold for the agent")
    func withoutDirection() throws {
        let (town, call) = try offered(caller: "m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n")
        let invite = try #require(town.anna.received.first)
        #expect(!invite.text(of: invite.body).contains("a=recvonly"))
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "is not made with ICE or DTLS, which are between two ends only",
        arguments: ["ice-ufrag:x", "fingerprint:sha-256 A"]
    )
    func bound(attribute: String) throws {
        let (town, call) = try offered(caller: "m=audio 4000 RTP/AVP 0\r\na=\(attribute)\r\n")
        #expect(town.anna.log.first == "invite")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("that a caller refuses is a -2 record 'media'; he keeps his place and his music")
    func refused() throws {
        let (town, call) = try offered(anna: .ring)
        town.caller.reinviteStatus = 488
        let invite = try #require(town.anna.received.last)
        town.anna.accept(invite, town.anna.lastCallID)
        town.bench.run()
        #expect(town.record(1)?.cause == "media")
        #expect(town.anna.log.suffix(2) == ["ack", "bye"])
        #expect(town.bench.call?.state == .queued)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("is made once where a phone wants one: 421")
    func extensionRequired() throws {
        let (town, call) = try offered(.late, anna: .refuse(421))
        #expect(town.anna.log.prefix(4) == ["invite", "ack", "invite sdp=alice", "ack"])
        // The second 421 is a refusal like any other.
        #expect(town.record(1)?.sipStatus == 421)
        #expect(town.bench.call?.state == .queued)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("after a 421 is taken like any other")
    func secondIsTaken() throws {
        let (town, call) = try offered(.late, anna: .ring)
        town.anna.refuse(421)
        town.bench.run()
        let invite = try #require(town.anna.received.last { $0.isRequest && $0.method == .invite })
        town.anna.accept(invite, town.anna.lastCallID)
        town.bench.run()
        #expect(town.bench.snapshot.totals.talking == 1)
        #expect(town.bench.records.isEmpty)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("is made to the target of a REFER, too")
    func transfer() throws {
        let (town, call) = try offered()
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 1_500)
        #expect(town.desk.log == ["invite sdp=alice", "ack"])
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "desk")
        #expect(town.bench.call?.state == .transferred)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
