import CallCenter
import Exchange
import SIP
import Testing

/// `message_flow_id`: the agent hears which queue the call comes from.
@Suite("Telling the agent which queue it is")
struct BriefingTests {
    private func town(loggedIn: Bool = true) -> Town {
        Town(loggedIn: loggedIn) {
            $0.policy.rejectOnNoAgents = false
        } flow: { flow, phones in
            flow.messageFlowID = phones.briefing
        }
    }

    @Test("An unanswered caller hears it ring until the message is over, and gets the agent's answer to his own offer")
    func unanswered() {
        let town = town()
        let call = town.call(for: 2_000)
        #expect(town.anna.log == ["invite", "ack sdp=briefing"])
        #expect(town.briefing.log == ["invite sdp=anna", "ack"])
        #expect(town.bench.call?.state == .preagent)
        #expect(town.bench.snapshot.totals.onHold == 1)
        #expect(town.caller.log == ["180 invite"])
        town.bench.run(for: 3_000)
        #expect(town.caller.log == ["180 invite", "200 invite sdp=anna"])
        #expect(town.anna.log == ["invite", "ack sdp=briefing", "invite sdp=alice", "ack"])
        #expect(town.bench.call?.state == .toagent)
        town.bench.run(for: 4_000)
        town.caller.hangUp(call)
        town.bench.run()
        #expect(town.record(0)?.wait == 5_000)
        #expect(town.record(0)?.pickup == 2_000)
        #expect(town.record(0)?.talk == 4_000)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An answered caller keeps the music until the message is over")
    func answered() throws {
        let town = town(loggedIn: false)
        let call = town.call(for: 1_000)
        try town.logIn("anna")
        town.bench.run(for: 4_999)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "queue")
        #expect(town.bench.call?.state == .preagent)
        town.bench.run(for: 1)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "anna")
        #expect(town.anna.dialogs.values.first?.remoteSDP?.sessionName == "alice")
        #expect(town.queue.log.last == "bye")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller without SDP gets the agent's offer in his 200")
    func withoutSDP() {
        let town = town()
        let call = town.caller.invite("support", sdp: nil)
        town.bench.run(for: 5_000)
        #expect(town.caller.log.last == "200 invite sdp=anna")
        #expect(town.anna.log == ["invite", "ack sdp=briefing", "invite", "ack sdp=alice"])
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Without a message agent and caller are joined at once", arguments: [true, false], [404, nil])
    func noMessage(isUnanswered: Bool, status: Int?) throws {
        let town = town(loggedIn: isUnanswered)
        town.briefing.manner = status.map { .refuse($0) } ?? .silent
        let call = town.call(for: 1_000)
        if !isUnanswered { try town.logIn("anna") }
        town.bench.run(for: 12_000)
        #expect(town.bench.snapshot.totals.talking == 1)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "anna")
        #expect(town.anna.dialogs.values.first?.remoteSDP?.sessionName == "alice")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller who leaves during the message is abandoned, and the agent rests")
    func callerLeaves() {
        let town = town()
        let call = town.call(for: 3_000)
        town.caller.cancel(call)
        town.bench.run()
        #expect(town.record(0)?.cause == "abandoned")
        #expect(town.record(0)?.pickup == 2_000)
        #expect(town.bench.agent("anna")?.state == .wrapup)
        #expect(town.briefing.log.last == "bye")
        #expect(town.anna.log.last == "bye")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "An agent who hangs up during the message, or does not take the caller after it, has refused",
        arguments: [true, false]
    )
    func agentLeaves(hangsUp: Bool) throws {
        let town = town(loggedIn: false)
        let call = town.call(for: 1_000)
        try town.logIn("anna")
        town.bench.run(for: 3_000)
        if hangsUp {
            town.anna.hangUp(town.anna.lastCallID)
        } else {
            town.anna.reinviteStatus = 488
        }
        town.bench.run(for: 2_500)
        #expect(town.record(1)?.callType == .refused)
        #expect(town.record(1)?.cause == (hangsUp ? "failed" : "media"))
        #expect(town.record(1)?.pickup == 2_000)
        #expect(town.bench.call?.state == .queued)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "queue")
        #expect(town.bench.agent("anna")?.state == .wrapup)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A message without end is ended after welcome_max")
    func endless() {
        let town = town()
        town.briefing.manner = .answer(after: 0)
        let call = town.call(for: 2_000 + 120_000)
        #expect(town.briefing.log.last == "bye")
        #expect(town.bench.snapshot.totals.talking == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
