import CallCenter
import Exchange
import Foundation
import SIP
import Testing

/// Calls that an agent hands on, or that another phone takes over, and a core that dies meanwhile.
@Suite("A core that dies while callers are handed on")
struct HandedOnRestartTests {
    private func talking() -> (Town, String) {
        let town = Town()
        return (town, town.call(for: 3_000))
    }

    private func restart(_ town: Town, after pause: Milliseconds = 2_000) throws {
        let (restored, lost) = try town.bench.restart(after: pause)
        #expect(lost == 0)
        #expect(restored == town.bench.snapshot.calls.count)
        town.bench.run()
        #expect(town.bench.exchange.checkInvariants() == [])
    }

    @Test("Joined to the target, the caller goes on talking; the end of it is one of both, and adds no record")
    func transferred() throws {
        for endsAtTarget in [false, true] {
            let (town, call) = talking()
            town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
            town.bench.run(for: 1_500)
            #expect(town.bench.call?.state == .transferred)
            let (alice, desk) = (town.caller.log, town.desk.log)
            try restart(town)
            #expect(town.bench.call?.state == .transferred)
            #expect(town.caller.log.filter { $0 != "ack" } == alice.filter { $0 != "ack" })
            #expect(town.desk.log.filter { !$0.hasPrefix("ack") } == desk.filter { !$0.hasPrefix("ack") })
            town.caller.reinvite(call, sdp: town.caller.sdp(version: 2))
            town.bench.run()
            #expect(town.desk.log.contains("invite sdp=alice"))
            if endsAtTarget { town.desk.hangUp(town.desk.lastCallID) } else { town.caller.hangUp(call) }
            town.bench.run()
            #expect(town.desk.last?.isOver == true && town.caller.dialogs[call]?.isOver == true)
            #expect(town.bench.records.count == 1)
            #expect(town.record(0)?.transferredTo == town.desk.uri)
            #expect(town.leftoversAtTheEnd() == [])
        }
    }

    @Test("While the target's phone rings: that is let go, the agent keeps the caller, and may try again")
    func targetRings() throws {
        let (town, call) = talking()
        town.desk.manner = .ring
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 500)
        #expect(town.desk.log == ["invite"])
        try restart(town)
        #expect(town.desk.log == ["invite", "cancel", "ack"])
        #expect(town.bench.snapshot.totals.talking == 1)
        #expect(town.bench.records.isEmpty)
        town.desk.manner = .answer(after: 0)
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 500)
        #expect(town.bench.call?.state == .transferred)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "desk")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("While the caller is being joined to the target: that is hung up on, the agent keeps the caller")
    func joining() throws {
        let (town, call) = talking()
        town.desk.manner = .answer(after: 0)
        town.caller.ignoresReinvite = true
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 100)
        #expect(town.caller.log.last == "invite sdp=desk")
        town.caller.ignoresReinvite = false
        try restart(town)
        #expect(town.desk.last?.isOver == true)
        #expect(town.bench.snapshot.totals.talking == 1)
        #expect(town.bench.call?.agentID == "anna")
        // The INVITE that the caller has not answered comes again; whatever he makes of it, the talk can be ended.
        town.bench.run(for: 5_000)
        #expect(town.bench.exchange.checkInvariants() == [])
        town.caller.hangUp(call)
        town.bench.run()
        #expect(town.anna.last?.isOver == true)
        #expect(town.bench.records.count == 1)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A phone that has taken the agent's place keeps it")
    func replaced() throws {
        let (town, call) = talking()
        let dialog = try #require(town.anna.last)
        let tag = dialog.remote.range(of: ";tag=").map { String(dialog.remote[$0.upperBound...]) } ?? dialog.remoteTag
        let pickup = town.desk.invite(
            "anna",
            sdp: town.desk.sdp(),
            extra: ["Replaces: \(dialog.callID);to-tag=\(tag);from-tag=\(dialog.localTag)"]
        )
        town.bench.run()
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "desk")
        try restart(town)
        #expect(town.bench.call?.agentID == "anna")
        #expect(town.desk.dialogs[pickup]?.isOver == false && town.caller.dialogs[call]?.isOver == false)
        town.desk.hangUp(pickup)
        town.bench.run()
        #expect(town.caller.log.last == "bye")
        #expect(town.record(0)?.endedBy == .agent)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "Handed on into another flow, the caller waits there with the number that he has there, and each part has its record"
    )
    func anotherFlow() throws {
        let town = Town { $0.policy.rejectOnNoAgents = false }
        let call = town.call(for: 3_000)
        let sales = FlowDefinition(id: "sales", skill: "selling", messageQueue: town.queue.uri)
        town.reload(others: [sales])
        town.anna.refer(
            town.anna.lastCallID,
            to: "sip:sales@\(town.bench.endpoint.address):\(town.bench.endpoint.port)"
        )
        town.bench.run(for: 500)
        let before = try #require(town.bench.call)
        #expect(before.state == .queued)
        try restart(town)
        let after = try #require(town.bench.call)
        #expect(after.state == .queued)
        #expect(after.number == before.number && after.flowID == "sales")
        town.caller.hangUp(call)
        town.bench.run()
        #expect(town.bench.records.count == 2)
        #expect(Set(town.bench.records.map(\.callUUID)).count == 1)
        #expect(town.bench.records.map(\.flowID) == ["support", "sales"])
        #expect(town.leftoversAtTheEnd() == [])
    }
}
