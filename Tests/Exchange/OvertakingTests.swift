import CallCenter
import Exchange
import SIP
import Testing

@Suite("Messages that overtake each other")
struct OvertakingTests {
    @Test("An agent whose BYE overtakes his 200 has not taken the call: nobody is joined to a phone that is gone")
    func byeBeforeAnswer() throws {
        let town = Town(agents: ["anna"])
        town.anna.manner = .ring
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 1_000)
        let invite = try #require(town.anna.received.first)
        var dialog = try #require(town.anna.last)
        dialog.cseq += 1
        town.anna.send(town.anna.request("BYE", in: dialog, branch: "z9hG4bK-early"))
        town.anna.accept(invite, town.anna.lastCallID)
        town.bench.run()
        #expect(town.anna.log.suffix(2) == ["200 bye", "ack"])
        #expect(town.record(1)?.cause == "unreachable")
        #expect(town.bench.snapshot.totals.counters.answered == 0)
        #expect(town.bench.call?.state == .queued)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "queue")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
