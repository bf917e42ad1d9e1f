import CallCenter
import Exchange
import SIP
import Testing

/// CALLS.md section 2, early offer: RTP against SRTP is not converted: 488, counted.
@Suite("RTP on one side and SRTP on the other")
struct ProtectionTests {
    private static let plain = "m=audio 4000 RTP/AVP 0\r\n"
    private static let secure = "m=audio 4000 RTP/SAVP 0\r\n"
    private static let either = "m=audio 4000 RTP/SAVP 0\r\nm=audio 4000 RTP/AVP 0\r\n"

    /// What the caller has, with media servers of his kind, and what Anna has.
    private func town(caller: String, anna: String, loggedIn: Bool = true, early: Bool = false) -> Town {
        let town = Town(loggedIn: loggedIn) {
            $0.policy.rejectOnNoAgents = false
            if early { $0.scenario.offer = .early }
        }
        town.caller.media = caller
        town.queue.media = caller
        town.anna.media = anna
        return town
    }

    @Test(
        "An agent whose answer is of the other kind is refused with 488 and counted; the caller waits on",
        arguments: [(secure, plain), (plain, secure)]
    )
    func answer(caller: String, agent: String) {
        let town = town(caller: caller, anna: agent)
        town.anna.manner = .answer(after: 0)
        let call = town.call(for: 1_000)
        #expect(town.anna.log == ["invite sdp=alice", "ack", "bye"])
        #expect(town.record(1)?.cause == "media")
        #expect(town.record(1)?.sipStatus == 488)
        #expect(town.bench.exchange.counters.protectionMismatches == 1)
        #expect(town.bench.call?.state == .queued)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "queue")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "An agent whose offer is of the other kind is refused every medium; the caller, who hears music, is not asked",
        arguments: [(secure, plain), (plain, secure)],
        [false, true]
    )
    func offer(media: (caller: String, agent: String), early: Bool) throws {
        let town = town(caller: media.caller, anna: media.agent, loggedIn: false, early: early)
        town.anna.manner = .answer(after: 0)
        let call = town.call(for: 1_000)
        try town.logIn("anna")
        town.bench.run(for: 500)
        #expect(town.anna.log.suffix(2) == (early ? ["ack", "bye"] : ["ack sdp=-", "bye"]))
        if !early { #expect(town.anna.last?.remoteSDP?.ports == [0]) }
        #expect(!town.caller.log.contains("invite sdp=anna"))
        #expect(!town.queue.log.contains("bye"))
        #expect(town.record(1)?.cause == "media")
        #expect(town.record(1)?.sipStatus == 488)
        #expect(town.bench.exchange.counters.protectionMismatches == 1)
        #expect(town.bench.call?.state == .queued)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Both of one kind, or a caller who offers either, are joined as ever", arguments: [secure, either])
    func alike(caller: String) throws {
        let town = town(caller: caller, anna: Self.secure, loggedIn: false)
        town.queue.media = Self.secure
        let call = town.call(for: 1_000)
        try town.logIn("anna")
        town.bench.run(for: 3_000)
        #expect(town.bench.snapshot.totals.talking == 1)
        #expect(town.bench.exchange.counters.protectionMismatches == 0)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Music of the other kind is refused and called again, and the caller is not answered with it")
    func music() {
        let town = town(caller: Self.secure, anna: Self.secure, loggedIn: false)
        town.queue.media = Self.plain
        town.call(for: 500)
        #expect(town.queue.log == ["invite sdp=alice", "ack", "bye"])
        #expect(town.caller.log == ["182 invite"])
        #expect(town.bench.exchange.counters.mediaFailures == 1)
        town.bench.run(for: 23_500)
        #expect(town.caller.log.last == "480 invite")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller without SDP whose answer is of the other kind has no session")
    func lateAnswer() {
        let town = town(caller: Self.secure, anna: Self.plain)
        town.caller.invite("support", sdp: nil)
        town.bench.run(for: 3_000)
        #expect(town.anna.log.suffix(2) == ["ack sdp=-", "bye"])
        #expect(town.caller.log.last == "bye")
        #expect(town.bench.exchange.counters.protectionMismatches == 1)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A re-INVITE that is answered in the other kind is refused with 488, and the two are joined again")
    func relayed() {
        let town = Town()
        let call = town.call(for: 3_000)
        town.anna.reinvite(town.anna.lastCallID, sdp: town.anna.sdp(version: 2, media: Self.secure))
        town.bench.run(for: 1_000)
        #expect(town.anna.log.contains("488 invite"))
        #expect(town.anna.warnings == [#"302 callcenterd "RTP and SRTP are not converted into each other""#])
        #expect(town.bench.exchange.counters.protectionMismatches == 1)
        #expect(town.bench.snapshot.totals.talking == 1)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "anna")
        #expect(town.anna.log.last == "ack sdp=alice")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A target of a REFER of the other kind does not get the caller: 488, and the agent keeps him")
    func target() {
        let town = Town()
        town.desk.media = Self.secure
        let call = town.call(for: 3_000)
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 1_500)
        #expect(town.anna.notified.last?.hasPrefix("SIP/2.0 488") == true)
        #expect(town.desk.log.suffix(2) == ["ack sdp=-", "bye"])
        #expect(town.bench.snapshot.totals.talking == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller whom no flow takes gets 488 if the URI that he is bridged to answers in the other kind")
    func bridge() throws {
        let uri = try #require(URI("sip:voicemail@127.0.0.1:7008"))
        let town = Town { $0.answerByOutcome = [.unknownFlow: .bridge(uri)] }
        town.voicemail.media = Self.secure
        town.caller.invite("nowhere", sdp: town.caller.sdp())
        town.bench.run()
        #expect(town.caller.log.last == "488 invite")
        #expect(town.caller.warnings == [#"302 callcenterd "RTP and SRTP are not converted into each other""#])
        #expect(town.voicemail.log == ["invite sdp=alice", "ack", "bye"])
        #expect(town.bench.exchange.counters.protectionMismatches == 1)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
