import CallCenter
import Exchange
import Foundation
import SIP
import Testing

/// Re-INVITEs that were under way when the core died: whoever is left must hear whoever is left, whatever was told to whom.
@Suite("A core that dies while it is being changed who hears whom")
struct ChangeRestartTests {
    private func restart(_ town: Town, after pause: Milliseconds = 500) throws {
        let (restored, lost) = try town.bench.restart(after: pause)
        #expect(lost == 0)
        #expect(restored == 1)
        #expect(town.bench.exchange.checkInvariants() == [])
        town.bench.run()
    }

    /// They send their media to each other.
    private func expectJoined(_ town: Town, _ call: String, _ other: Phone, port: UInt16 = 4_000) {
        #expect(other.last?.remoteSDP?.sessionName == "alice")
        #expect(other.last?.remoteSDP?.ports == [port])
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == other.name)
        #expect(town.caller.dialogs[call]?.remoteSDP?.ports == [4_000])
        #expect(town.bench.exchange.checkInvariants() == [])
    }

    private func newestInvite(of phone: Phone) throws -> Message {
        try #require(phone.received.last { $0.isRequest && $0.method == .invite })
    }

    /// Another phone asks for the caller's place and leaves again, while Anna says nothing to its offer.
    private func replacementLost(hasOffer: Bool) throws -> (Town, call: String, reinvite: Message) {
        let town = Town()
        let call = town.call(for: 3_000)
        let dialog = try #require(town.caller.last)
        town.anna.ignoresReinvite = true
        let value = "\(dialog.callID);to-tag=\(dialog.remoteTag);from-tag=\(dialog.localTag)"
        let body = hasOffer ? town.desk.sdp() : nil
        let pickup = town.desk.invite("support", sdp: body, extra: ["Replaces: \(value)"])
        town.bench.run()
        let reinvite = try newestInvite(of: town.anna)
        town.desk.cancel(pickup)
        town.bench.run()
        #expect(town.desk.dialogs[pickup]?.finalStatus == 487)
        return (town, call, reinvite)
    }

    @Test("An agent who takes what has been withdrawn is joined to her caller again", arguments: [true, false])
    func withdrawn(hasOffer: Bool) throws {
        let (town, call, reinvite) = try replacementLost(hasOffer: hasOffer)
        try restart(town)
        town.anna.ignoresReinvite = false
        town.anna.accept(reinvite, town.anna.lastCallID)
        town.bench.run(for: 5_000)
        expectJoined(town, call, town.anna)
        #expect(town.bench.snapshot.totals.talking == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An agent who refuses what has been withdrawn has her caller as before")
    func withdrawnAndRefused() throws {
        let (town, call, reinvite) = try replacementLost(hasOffer: true)
        try restart(town)
        town.anna.ignoresReinvite = false
        let before = town.caller.log
        town.anna.answer(reinvite, 487, town.anna.lastCallID)
        town.bench.run(for: 5_000)
        #expect(town.caller.log == before)
        #expect(town.bench.snapshot.totals.talking == 1)
        // Nothing is in the way of what she does next.
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 1_500)
        #expect(town.bench.call?.state == .transferred)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "An agent who is being asked for an offer to her caller is joined to him, or the call is over",
        arguments: [200, 488]
    )
    func rejoining(status: Int) throws {
        let (town, call, reinvite) = try replacementLost(hasOffer: true)
        town.anna.accept(reinvite, town.anna.lastCallID)
        town.bench.run()
        let question = try newestInvite(of: town.anna)
        #expect(question.body.isEmpty)
        try restart(town)
        town.anna.ignoresReinvite = false
        if status == 200 {
            town.anna.accept(question, town.anna.lastCallID)
            town.bench.run(for: 5_000)
            expectJoined(town, call, town.anna)
            town.caller.hangUp(call)
        } else {
            town.anna.answer(question, status, town.anna.lastCallID)
            town.bench.run()
            #expect(town.caller.log.last == "bye")
            #expect(town.anna.log.last == "bye")
        }
        #expect(town.leftoversAtTheEnd() == [])
        #expect(town.record(0)?.callType == .answered)
    }

    @Test("A caller who is being joined anew has his agent, whatever he says to it", arguments: [200, 488])
    func rejoiningCaller(status: Int) throws {
        let (town, call, reinvite) = try replacementLost(hasOffer: true)
        town.caller.ignoresReinvite = true
        town.anna.ignoresReinvite = false
        town.anna.accept(reinvite, town.anna.lastCallID)
        town.bench.run()
        let join = try newestInvite(of: town.caller)
        try restart(town)
        town.caller.ignoresReinvite = false
        if status == 200 { town.caller.accept(join, call) } else { town.caller.answer(join, status, call) }
        town.bench.run(for: 5_000)
        expectJoined(town, call, town.anna)
        #expect(town.bench.snapshot.totals.talking == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "A side that answers a re-INVITE whose asker has given up meanwhile is joined anew",
        arguments: [true, false]
    )
    func relayed(hasOffer: Bool) throws {
        let town = Town()
        let call = town.call(for: 3_000)
        town.anna.ignoresReinvite = true
        let held = town.caller.sdp(version: 2, media: "m=audio 4000 RTP/AVP 0\r\na=inactive\r\n")
        town.caller.reinvite(call, sdp: hasOffer ? held : nil)
        town.bench.run()
        let reinvite = try newestInvite(of: town.anna)
        try restart(town)
        // His INVITE has been refused; he does not ask again.
        #expect(town.caller.log.contains("491 invite"))
        town.anna.ignoresReinvite = false
        town.anna.accept(reinvite, town.anna.lastCallID)
        town.bench.run(for: 5_000)
        expectJoined(town, call, town.anna)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "A refusal that may have got lost with the core is said again, and his next re-INVITE is taken",
        arguments: [0, 40_000]
    )
    func refused(earlier: Int) throws {
        let town = Town()
        let call = town.call(for: 3_000)
        town.anna.reinviteStatus = 488
        town.caller.reinvite(call, sdp: town.caller.sdp(version: 2, media: "m=audio 4444 RTP/AVP 0\r\n"))
        town.bench.run(for: Milliseconds(earlier))
        #expect(town.caller.log.contains("488 invite"))
        try restart(town)
        #expect(town.caller.log.contains("491 invite") == (earlier == 0))
        town.anna.reinviteStatus = 200
        town.caller.reinvite(call, sdp: town.caller.sdp(version: 3, media: "m=audio 4446 RTP/AVP 0\r\n"))
        town.bench.run(for: 1_000)
        #expect(town.anna.last?.remoteSDP?.ports == [4_446])
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "A target that was offered the caller's media early is told his answer, though the core has died before it could"
    )
    func earlyOffer() throws {
        let town = Town(loggedIn: false) {
            $0.policy.rejectOnNoAgents = false
            $0.scenario.offer = .early
        }
        let call = town.call(for: 1_000)
        town.anna.manner = .answer(after: 0)
        try town.logIn("anna")
        town.bench.run(for: 500)
        // What he offers in the name of another version is what the target sees first.
        town.caller.reinvite(call, sdp: town.caller.sdp(version: 2, media: "m=audio 4444 RTP/AVP 0\r\n"))
        town.bench.run()
        town.desk.reinviteStatus = 491
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 1_500)
        #expect(town.bench.call?.state == .transferred)
        #expect(town.desk.last?.remoteSDP?.ports == [4_444], "she has not taken his answer yet")
        try restart(town)
        town.desk.reinviteStatus = 200
        town.bench.run(for: 10_000)
        expectJoined(town, call, town.desk)
        #expect(town.bench.call?.state == .transferred)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A target that is being offered the caller's media early is let go, and the agent keeps him")
    func earlyOfferUnanswered() throws {
        let town = Town { $0.scenario.offer = .early }
        let call = town.call(for: 3_000)
        town.desk.manner = .answer(after: 0)
        town.caller.ignoresReinvite = true
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 100)
        let join = try newestInvite(of: town.caller)
        try restart(town)
        #expect(town.desk.last?.isOver == true)
        town.caller.ignoresReinvite = false
        town.caller.accept(join, call)
        town.bench.run(for: 5_000)
        expectJoined(town, call, town.anna)
        #expect(town.bench.snapshot.totals.talking == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller who is being joined to his music anew leaves it for the welcome of his next flow")
    func overflowsWhileRejoining() throws {
        let town = Town(loggedIn: false) {
            $0.policy.rejectOnNoAgents = false
        } flow: { flow, _ in
            flow.maxWait = 5_000
            flow.overflowURI = "second"
        }
        town.reload(
            others: [
                FlowDefinition(
                    id: "second",
                    skill: "help",
                    messageWelcome: town.welcome.uri,
                    messageQueue: town.queue.uri
                )
            ]
        )
        let call = town.call(for: 1_000)
        town.queue.ignoresReinvite = true
        town.caller.reinvite(call, sdp: town.caller.sdp(version: 2, media: "m=audio 4444 RTP/AVP 0\r\n"))
        town.bench.run()
        try restart(town)
        // The queue is asked for an offer, and the caller does not say anything to it while his wait ends.
        town.caller.ignoresReinvite = true
        town.queue.ignoresReinvite = false
        town.queue.accept(try newestInvite(of: town.queue), town.queue.lastCallID)
        town.bench.run(for: 4_000)
        #expect(town.bench.call?.flowID == "second")
        let join = try newestInvite(of: town.caller)
        town.caller.ignoresReinvite = false
        town.caller.accept(join, call)
        town.bench.run(for: 1_000)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "welcome")
        #expect(town.queue.log.last == "bye")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
