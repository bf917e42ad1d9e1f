import CallCenter
import Exchange
import SIP
import Testing

@Suite("While two talk")
struct TalkTests {
    private func talking() -> (Town, String) {
        let town = Town()
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 3_000)
        return (town, call)
    }

    @Test("A re-INVITE of the caller goes to the agent, and the answer comes back")
    func callerModifies() {
        let (town, call) = talking()
        let hold = town.caller.sdp(version: 2, media: "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n")
        town.caller.reinvite(call, sdp: hold)
        town.bench.run()
        #expect(town.anna.log.suffix(2) == ["invite sdp=alice", "ack"])
        #expect(town.caller.log.last == "200 invite sdp=anna")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A re-INVITE of the agent goes to the caller, and the answer comes back")
    func agentModifies() {
        let (town, call) = talking()
        town.anna.reinvite(town.anna.lastCallID, sdp: town.anna.sdp(version: 2))
        town.bench.run()
        #expect(town.caller.log.suffix(2) == ["invite sdp=anna", "ack"] || town.caller.log.contains("invite sdp=anna"))
        #expect(town.anna.log.last == "200 invite sdp=alice")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A re-INVITE without SDP asks the other side for an offer, and the ACK carries the answer there")
    func withoutOffer() {
        let (town, call) = talking()
        town.caller.reinvite(call, sdp: nil)
        town.bench.run()
        #expect(town.anna.log.suffix(2) == ["invite", "ack sdp=alice"])
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A re-INVITE that changes nothing is answered here")
    func refresh() {
        let (town, call) = talking()
        let before = town.anna.log.count
        town.caller.reinvite(call, sdp: town.caller.sdp())
        town.bench.run()
        #expect(town.anna.log.count == before)
        #expect(town.caller.log.last == "200 invite sdp=anna")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A refusal of a re-INVITE comes back, and the call goes on")
    func refusedModification() {
        let (town, call) = talking()
        town.anna.reinviteStatus = 488
        town.caller.reinvite(call, sdp: town.caller.sdp(version: 2))
        town.bench.run()
        #expect(town.caller.log.last == "488 invite")
        #expect(town.bench.snapshot.totals.talking == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An agent who knows the dialog no more is gone, and the call is over")
    func agentGone() {
        let (town, call) = talking()
        town.anna.reinviteStatus = 481
        town.caller.reinvite(call, sdp: town.caller.sdp(version: 2))
        town.bench.run()
        #expect(town.bench.call == nil)
        #expect(town.caller.log.contains("bye"))
        #expect(town.record(0)?.endedBy == .system)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A 2xx of ours that is never acknowledged ends the call")
    func missingACK() {
        let town = Town()
        town.bench.loses = { message, toCore in toCore && message.method == .ack && message.isRequest }
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 33_000)
        #expect(town.caller.log.filter { $0.hasPrefix("200 invite") }.count > 5)
        town.bench.run(for: 3_000)
        #expect(town.bench.call == nil)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A call ends after max_call_duration")
    func maxDuration() {
        let town = Town { $0.maxCallDuration = 60_000 }
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 62_000)
        #expect(town.bench.call == nil)
        #expect(town.caller.log.contains("bye"))
        #expect(town.anna.log.contains("bye"))
        #expect(town.leftoversAtTheEnd() == [])
    }
}
