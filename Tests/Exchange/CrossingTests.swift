import CallCenter
import Exchange
import Foundation
import SIP
import Testing

/// Re-INVITEs that cross what makes them pointless: whoever is left must hear whoever is left.
@Suite("A re-INVITE that crosses what it was for")
struct CrossingTests {
    /// The Replaces by which another phone asks for the place of this one.
    private func replaces(_ dialog: Phone.Dialog?) throws -> String {
        let dialog = try #require(dialog)
        var tag = dialog.remoteTag
        if let range = dialog.remote.range(of: ";tag=") { tag = String(dialog.remote[range.upperBound...]) }
        return "Replaces: \(dialog.callID);to-tag=\(tag);from-tag=\(dialog.localTag)"
    }

    /// A caller with music whom another phone is to replace; the music does not say anything to that yet.
    private func replacedWhileWaiting(hasOffer: Bool) throws -> (Town, call: String, pickup: String, Message) {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        let call = town.call(for: 1_000)
        town.queue.ignoresReinvite = true
        let body = hasOffer ? town.desk.sdp() : nil
        let pickup = town.desk.invite("support", sdp: body, extra: [try replaces(town.caller.last)])
        town.bench.run()
        let reinvite = try #require(town.queue.received.last { $0.isRequest && $0.method == .invite })
        #expect(town.queue.log.count { $0.hasPrefix("invite") } == 2)
        return (town, call, pickup, reinvite)
    }

    @Test("A waiting caller whose agent picks up is not replaced: 491, and he has the agent", arguments: [true, false])
    func pickup(hasOffer: Bool) throws {
        let (town, call, pickup, reinvite) = try replacedWhileWaiting(hasOffer: hasOffer)
        town.caller.ignoresReinvite = true
        try town.logIn("anna")
        town.bench.run(for: 2_000)
        // Anna has picked up, and the caller is being joined to her.
        #expect(town.desk.dialogs[pickup]?.finalStatus == 491)
        // The music's answer to the re-INVITE is late.
        town.queue.accept(reinvite, town.queue.lastCallID)
        town.bench.run()
        let join = try #require(town.caller.received.last { $0.isRequest && $0.method == .invite })
        town.caller.ignoresReinvite = false
        town.caller.accept(join, call)
        town.bench.run(for: 1_000)
        #expect(!town.caller.log.contains("bye"))
        #expect(town.bench.snapshot.totals.talking == 1)
        #expect(town.anna.last?.remoteSDP?.sessionName == "alice")
        #expect(town.queue.last?.isOver == true)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A waiting caller who has been replaced is gone: the agent who picks up then has the other one")
    func replacedFirst() throws {
        let (town, _, pickup, reinvite) = try replacedWhileWaiting(hasOffer: true)
        town.queue.ignoresReinvite = false
        town.queue.accept(reinvite, town.queue.lastCallID)
        town.bench.run()
        #expect(town.caller.log.last == "bye")
        try town.logIn("anna")
        town.bench.run(for: 3_000)
        #expect(town.anna.last?.remoteSDP?.sessionName == "desk")
        #expect(town.desk.dialogs[pickup]?.remoteSDP?.sessionName == "anna")
        town.desk.hangUp(pickup)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Music that took what a replacing phone offered, which then was refused, plays to the caller again")
    func musicAfterRefusal() throws {
        let (town, call, pickup, reinvite) = try replacedWhileWaiting(hasOffer: true)
        town.desk.cancel(pickup)
        town.bench.run()
        #expect(town.desk.dialogs[pickup]?.finalStatus == 487)
        town.queue.ignoresReinvite = false
        town.queue.accept(reinvite, town.queue.lastCallID)
        town.bench.run(for: 1_000)
        #expect(town.queue.last?.remoteSDP?.sessionName == "alice")
        #expect(town.bench.call?.state == .queued)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "An agent whose 2xx crosses the end of a Replaces is joined to his caller again",
        arguments: [true, false]
    )
    func agentAfterCancel(hasOffer: Bool) throws {
        let town = Town()
        let call = town.call(for: 3_000)
        town.anna.ignoresReinvite = true
        let body = hasOffer ? town.desk.sdp() : nil
        let pickup = town.desk.invite("support", sdp: body, extra: [try replaces(town.caller.last)])
        town.bench.run()
        let reinvite = try #require(town.anna.received.last { $0.isRequest && $0.method == .invite })
        town.desk.cancel(pickup)
        town.bench.run()
        #expect(town.desk.dialogs[pickup]?.finalStatus == 487)
        town.anna.ignoresReinvite = false
        let before = town.anna.received.count
        town.anna.accept(reinvite, town.anna.lastCallID)
        town.bench.run(for: 5_000)
        // An offer of hers has gone to the caller, and his answer to her.
        #expect(town.anna.received.dropFirst(before).contains { $0.isRequest && $0.method == .invite })
        #expect(town.anna.last?.remoteSDP?.sessionName == "alice")
        #expect(town.anna.last?.remoteSDP?.ports == [4_000])
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "anna")
        #expect(town.bench.snapshot.totals.talking == 1)
        // Nothing is in the way of what she does next.
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 1_500)
        #expect(town.bench.call?.state == .transferred)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A target whom the caller was handed on to, and whose 2xx crosses the end of a Replaces, has him again")
    func targetAfterCancel() throws {
        let town = Town()
        let call = town.call(for: 3_000)
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 1_500)
        town.desk.ignoresReinvite = true
        let pickup = town.ben.invite("support", sdp: town.ben.sdp(), extra: [try replaces(town.caller.dialogs[call])])
        town.bench.run()
        let reinvite = try #require(town.desk.received.last { $0.isRequest && $0.method == .invite })
        town.ben.cancel(pickup)
        town.bench.run()
        town.desk.ignoresReinvite = false
        town.desk.accept(reinvite, town.desk.lastCallID)
        town.bench.run(for: 5_000)
        #expect(town.desk.last?.remoteSDP?.sessionName == "alice")
        #expect(town.bench.call?.state == .transferred)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller whose 2xx crosses the end of a Replaces of a target's keeps him")
    func callerAfterCancel() throws {
        let town = Town()
        let call = town.call(for: 3_000)
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 1_500)
        town.caller.ignoresReinvite = true
        let pickup = town.ben.invite("desk", sdp: town.ben.sdp(), extra: [try replaces(town.desk.last)])
        town.bench.run()
        let reinvite = try #require(town.caller.received.last { $0.isRequest && $0.method == .invite })
        town.ben.cancel(pickup)
        town.bench.run()
        town.caller.ignoresReinvite = false
        town.caller.accept(reinvite, call)
        town.bench.run(for: 5_000)
        #expect(town.bench.call?.state == .transferred)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "desk")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    /// Music has answered; what the caller says of media to Anna and to the target differs from what was offered in his name.
    @Test(
        "A target that was offered the caller's media early is told his answer, though the agent has hung up",
        arguments: [100, 1_000]
    )
    func earlyOfferBehindRefer(agentHangsUpAfter: Int) throws {
        let town = Town(loggedIn: false) {
            $0.policy.rejectOnNoAgents = false
            $0.scenario.offer = .early
        }
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 1_000)
        town.anna.manner = .answer(after: 0)
        try town.logIn("anna")
        town.bench.run(for: 500)
        // What he offers in the name of another version is what the target sees first.
        town.caller.reinvite(call, sdp: town.caller.sdp(version: 2, media: "m=audio 4444 RTP/AVP 0\r\n"))
        town.bench.run()
        town.caller.ignoresReinvite = true
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: Milliseconds(agentHangsUpAfter))
        town.anna.hangUp(town.anna.lastCallID)
        town.bench.run(for: 1_500)
        let join = try #require(town.caller.received.last { $0.isRequest && $0.method == .invite })
        #expect(town.desk.last?.remoteSDP?.ports == [4_444])
        town.caller.ignoresReinvite = false
        town.caller.accept(join, call)
        town.bench.run(for: 1_000)
        #expect(town.bench.call?.state == .transferred)
        #expect(town.desk.log == ["invite sdp=alice", "ack", "invite sdp=alice", "ack"])
        #expect(town.desk.last?.remoteSDP?.ports == [4_000])
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
