import CallCenter
import Exchange
import SIP
import Testing

/// CALLS.md section 5: every value of a call's rows, as they were seen to happen.
@Suite("The rows that calls leave")
struct CallDetailTests {
    @Test("A refusal and the answer after it: one row each, under one call")
    func refusedThenAnswered() throws {
        let town = Town(agents: ["anna", "ben"])
        town.anna.manner = .refuse(486)
        let call = town.call(for: 10_000)
        town.caller.hangUp(call)
        town.bench.run()
        #expect(town.bench.records.map(\.offerNumber) == [1, 0])

        let refusal = try #require(town.record(1))
        #expect(refusal.callType == .refused)
        #expect(refusal.facts.rawValue == 1 + 2)
        #expect(refusal.agentID == "anna")
        #expect([refusal.wait, refusal.pickup, refusal.talk] == [0, 0, 0])
        #expect(refusal.refusals == 0)
        #expect(refusal.cause == "busy")
        #expect(refusal.sipStatus == 486)
        #expect(refusal.endedBy == .agent)

        let final = try #require(town.record(0))
        #expect(final.callType == .answered)
        #expect(final.facts.rawValue == 1 + 2 + 4)
        #expect(final.agentID == "ben")
        #expect([final.wait, final.pickup, final.talk] == [2_000, 2_000, 8_000])
        #expect(final.refusals == 1)
        #expect(final.endedBy == .caller)

        #expect(refusal.callUUID == final.callUUID)
        #expect(final.callUUID.count == 32)
        for record in [refusal, final] {
            #expect(record.callNumber == 1)
            #expect(record.caller == "alice")
            #expect(record.flowID == "support")
            #expect(record.received == 1_700_001_000_000)
            #expect(record.media == .rtp)
            #expect(record.callerURI == "sip:alice@127.0.0.1")
            #expect(record.calledURI == "sip:support@127.0.0.1:5060")
            #expect(record.callIDs.first == call)
        }
        // The caller's leg, and one for each phone that was called.
        #expect(final.callIDs.count == 3)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller who leaves while he waits, and one who leaves while a phone rings")
    func abandoned() throws {
        let waiting = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        let first = waiting.call(for: 5_432)
        waiting.caller.hangUp(first)
        waiting.bench.run()
        let waited = try #require(waiting.record(0))
        #expect(waited.callType == .unanswered)
        #expect(waited.facts.rawValue == 1 + 8)
        #expect([waited.wait, waited.pickup, waited.talk] == [5_432, 0, 0])
        #expect(waited.agentID == "")
        #expect(waited.cause == "abandoned")
        // Music had answered him.
        #expect(waited.sipStatus == 0)
        #expect(waiting.leftoversAtTheEnd() == [])

        let ringing = Town()
        ringing.anna.manner = .ring
        let second = ringing.call(for: 3_000)
        ringing.caller.cancel(second)
        ringing.bench.run()
        let rang = try #require(ringing.record(0))
        #expect(rang.callType == .unanswered)
        #expect(rang.facts.rawValue == 1 + 2 + 8)
        #expect([rang.wait, rang.pickup, rang.talk] == [3_000, 0, 0])
        #expect(rang.agentID == "anna")
        #expect(rang.sipStatus == 487)
        #expect(ringing.leftoversAtTheEnd() == [])
    }

    @Test("Every leg, the first and the later ones, shows the flow's prefix and the caller's name")
    func prefix() throws {
        let town = Town(hasWelcome: true, loggedIn: false) {
            $0.policy.rejectOnNoAgents = false
        } flow: { flow, phones in
            flow.messageFlowID = phones.briefing
            flow.dissuading = .init(message: phones.dissuading, onHoldThreshold: 2_000)
            flow.maxWait = 60_000
            flow.overflowURI = phones.voicemail
        }
        town.anna.manner = .refuse(486)
        let first = town.caller.invite("support", sdp: town.caller.sdp(), displayName: "Alice")
        town.bench.run(for: 12_000)
        try town.logIn("anna")
        town.anna.manner = .answer(after: 0)
        town.bench.run(for: 20_000)
        #expect(town.caller.dialogs[first]?.remoteSDP?.sessionName == "anna")
        town.caller.hangUp(first)
        town.bench.run()
        try town.logIn("anna", false)
        let second = town.caller.invite("support", sdp: town.caller.sdp(), displayName: "Alice")
        town.bench.run(for: 61_000)
        for phone in [town.welcome, town.queue, town.dissuading, town.anna, town.briefing, town.voicemail] {
            let invites = phone.received.filter { $0.isRequest && $0.method == .invite && $0.to.tag == nil }
            #expect(invites.count >= (phone === town.anna ? 2 : 1), "\(phone.name)")
            for invite in invites {
                let name = String(decoding: invite.from.displayNameText(in: invite.bytes), as: UTF8.self)
                #expect(name == "SUP Alice", "\(phone.name)")
            }
        }
        town.caller.hangUp(second)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
