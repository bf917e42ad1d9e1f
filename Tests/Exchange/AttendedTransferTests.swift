import CallCenter
import Exchange
import SIP
import Testing

/// CALLS.md section 2, REFER: the agent has talked to the target before (RFC 5589 section 7).
@Suite("An agent hands the caller on to somebody whom he has asked")
struct AttendedTransferTests {
    @Test("An attended transfer carries Replaces and Require to the target")
    func attended() {
        let town = Town()
        let call = town.call(for: 3_000)
        let target = "\(town.desk.uri)?Replaces=talk-1%3Bto-tag%3Da%3Bfrom-tag%3Db"
        town.anna.refer(town.anna.lastCallID, to: target)
        town.bench.run(for: 1_500)
        #expect(town.desk.invited("Replaces") == "talk-1;to-tag=a;from-tag=b")
        #expect(town.desk.invited("Require") == "replaces")
        #expect(town.bench.call?.state == .transferred)
        #expect(town.record(0)?.transferredTo == town.desk.uri)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Where the consultation goes by way of us, too, both ends are joined")
    func attendedHere() throws {
        let (town, call) = Town.twoFlows()
        // Anna asks a colleague in sales.
        let consultation = town.anna.invite("sales", sdp: town.anna.sdp())
        town.bench.run(for: 3_000)
        let dialog = try #require(town.anna.dialogs[consultation])
        #expect(dialog.isUp)
        let replaces = "\(consultation)%3Bto-tag%3D\(dialog.remoteTag)%3Bfrom-tag%3D\(dialog.localTag)"
        town.anna.refer(town.anna.order[0], to: "sip:ben@elsewhere.example?Replaces=\(replaces)")
        town.bench.run(for: 1_000)
        #expect(town.anna.notified.last == "SIP/2.0 200 OK")
        #expect(town.anna.dialogs.values.filter { !$0.isOver }.isEmpty)
        #expect(town.ben.last?.remoteSDP?.sessionName == "alice")
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "ben")
        town.caller.hangUp(call)
        town.bench.run()
        #expect(town.ben.last?.isOver == true)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
