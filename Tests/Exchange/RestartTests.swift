import CallCenter
import Exchange
import SIP
import Testing

/// What the callers and agents of a core that dies notice of it: CALLS.md section 1, DESIGN.md section 2.
@Suite("A core that dies and goes on")
struct RestartTests {
    /// What a phone has heard but ACKs, which may come once more.
    private func heard(_ phone: Phone) -> [String] { phone.log.filter { !$0.hasPrefix("ack") } }

    /// The core must be sound right after the restart, and later.
    private func restart(_ town: Town, after pause: Milliseconds = 0, seed: UInt64 = 2) throws {
        let (restored, lost) = try town.bench.restart(after: pause, seed: seed)
        #expect(lost == 0)
        #expect(restored == town.bench.snapshot.calls.count)
        #expect(town.bench.exchange.checkInvariants() == [])
        town.bench.run()
        #expect(town.bench.exchange.checkInvariants() == [])
    }

    @Test("A conversation goes on: re-INVITEs pass, the BYE ends it, the record has its whole length")
    func talking() throws {
        let town = Town()
        let call = town.call(for: 10_000)
        #expect(town.bench.call?.state == .toagent)
        let (alice, anna) = (heard(town.caller), heard(town.anna))
        try restart(town, after: 3_000)
        #expect(heard(town.caller) == alice, "the caller notices nothing")
        #expect(heard(town.anna) == anna, "nor does the agent")
        #expect(town.bench.agent("anna")?.state == .incall)

        town.caller.reinvite(call, sdp: town.caller.sdp(version: 2, media: "m=audio 4002 RTP/AVP 8\r\n"))
        town.bench.run()
        #expect(town.anna.log.last == "ack" && town.anna.log.dropLast().last == "invite sdp=alice")
        #expect(town.caller.log.last == "200 invite sdp=anna")
        town.bench.run(for: 5_000)
        town.caller.hangUp(call)
        town.bench.run()
        #expect(town.anna.log.last == "bye")
        let record = try #require(town.record(0))
        #expect(record.callType == .answered)
        #expect(record.talk == 16_000)
        #expect(record.wait == 2_000)
        #expect(town.bench.agent("anna")?.state == .wrapup)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "As long as nobody knows the flows who waits goes on waiting, who comes is put off, and then all is as it was"
    )
    func unprovisioned() throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        town.call(for: 5_000)
        #expect(town.bench.call?.state == .queued)
        try town.bench.restart(withoutProvisioning: true)
        town.bench.run(for: 10_000)
        #expect(town.bench.call?.state == .queued)
        #expect(town.bench.exchange.checkInvariants() == [])
        town.ben.invite("support", sdp: town.ben.sdp())
        town.bench.run(for: 1_000)
        #expect(town.ben.log.last == "503 invite")
        town.reload()
        try town.logIn("anna")
        town.bench.run(for: 10_000)
        #expect(town.bench.call?.state == .toagent)
        town.caller.hangUp(town.caller.lastCallID)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Counters say when they began to count: with the core")
    func countsAnew() throws {
        let town = Town()
        town.call(for: 10_000)
        try restart(town, after: 3_000)
        let snapshot = town.bench.snapshot
        #expect(snapshot.countersSince > 3_000 && snapshot.countersSince <= town.bench.now)
        #expect(snapshot.totals.counters.answered == 0)
    }

    @Test("Waiting callers keep music, place and arrival, and go to agents in their order; numbers go on")
    func queued() throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        let first = town.call(for: 1_000)
        let second = town.call(for: 1_000)
        let (music, alice) = (heard(town.queue), heard(town.caller))
        try restart(town, after: 2_000)
        #expect(heard(town.queue) == music && heard(town.caller) == alice, "the music goes on")
        #expect(town.bench.snapshot.calls.map(\.position) == [0, 1])
        #expect(town.bench.snapshot.totals.counters.restored == 2)
        #expect(town.bench.snapshot.calls.map { town.bench.now - $0.since } == [4_000, 3_000])

        town.anna.manner = .answer(after: 0)
        try town.logIn("anna")
        town.bench.run(for: 100)
        #expect(town.caller.dialogs[first]?.remoteSDP?.sessionName == "anna")
        #expect(town.caller.dialogs[second]?.remoteSDP?.sessionName == "queue")
        town.caller.hangUp(second)
        town.caller.hangUp(first)
        #expect(town.leftoversAtTheEnd() == [])
        #expect(town.bench.records.filter { $0.offerNumber == 0 }.map(\.wait).sorted() == [3_100, 4_000])
    }

    @Test("An unanswered caller can still be answered, and his INVITE, coming again, makes no second call")
    func unanswered() throws {
        let town = Town(agents: [], loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        town.queue.manner = .ring
        let call = town.call(for: 1_000)
        #expect(town.caller.dialogs[call]?.isUp == false)
        town.queue.manner = .answer(after: 0)
        try restart(town)
        #expect(town.queue.log.contains("cancel"), "what was being called is let go")
        #expect(town.caller.dialogs[call]?.isUp == true)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "queue")
        #expect(town.bench.snapshot.calls.count == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller's INVITE that comes again while nobody is there, and after, makes no second call")
    func retransmission() throws {
        let town = Town(agents: [], loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        town.queue.manner = .ring
        let call = town.call(for: 1_000)
        let invite = try #require(town.caller.sent.first)
        try restart(town)
        town.caller.send(invite)
        town.bench.run(for: 1_000)
        #expect(town.bench.snapshot.calls.count == 1)
        town.caller.cancel(call)
        town.bench.run()
        #expect(town.caller.dialogs[call]?.finalStatus == 487)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller whose 200 got lost with the core gets it again")
    func lostAnswer() throws {
        let town = Town(agents: [], loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        town.bench.loses = { message, toCore in !toCore && message.status == 200 && message.cseq.method == .invite }
        let call = town.call(for: 100)
        #expect(town.caller.dialogs[call]?.isUp == false)
        try restart(town)
        town.bench.loses = { _, _ in false }
        town.bench.run(for: 2_000)
        #expect(town.caller.dialogs[call]?.isUp == true)
        town.bench.run(for: 40_000)
        #expect(town.bench.snapshot.calls.count == 1, "his ACK has come")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An ACK that got lost goes again when the phone repeats its 200, also after a restart")
    func lostACK() throws {
        let town = Town()
        town.bench.loses = { message, toCore in !toCore && message.isRequest && message.method == .ack }
        let call = town.call(for: 5_000)
        #expect(town.anna.log == ["invite sdp=alice"])
        try restart(town, after: 10_000)
        town.bench.loses = { _, _ in false }
        let invite = try #require(town.anna.received.first { $0.method == .invite })
        let callID = invite.text(of: invite.callID)
        for _ in 0..<2 {
            town.anna.answer(invite, 200, callID, body: town.anna.sdp())
            town.bench.run()
        }
        #expect(town.anna.log == ["invite sdp=alice", "ack", "ack"])
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("While an agent's phone rings: it is let go, and rings again at once; the caller's music goes on")
    func ringing() throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        let call = town.call(for: 1_000)
        town.anna.manner = .ring
        try town.logIn("anna")
        #expect(town.anna.log == ["invite"])
        let music = heard(town.queue)
        try restart(town)
        town.bench.run(for: 1_500)
        #expect(town.anna.log.filter { $0 == "cancel" }.count == 1)
        #expect(town.anna.log.filter { $0 == "invite" }.count == 2)
        #expect(heard(town.queue) == music)
        #expect(town.bench.call?.state == .toagent)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("In the middle of a hand-over: the agent is let go, the caller gets music and is offered again")
    func joining() throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        let call = town.call(for: 1_000)
        town.anna.manner = .answer(after: 0)
        town.caller.ignoresReinvite = true
        try town.logIn("anna")
        #expect(town.caller.log.last == "invite sdp=anna")
        town.caller.ignoresReinvite = false
        try restart(town)
        #expect(town.anna.log.contains("bye"))
        // The new core sends the INVITE again that the caller has said nothing to.
        town.bench.run(for: 3_000)
        #expect(town.bench.exchange.checkInvariants() == [])
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "anna")
        #expect(town.bench.agent("anna")?.state == .incall)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An agent finishes his wrap-up, and keeps his place among the free ones")
    func agents() throws {
        let town = Town(agents: ["anna", "ben"])
        town.anna.manner = .answer(after: 0)
        town.ben.manner = .answer(after: 0)
        let first = town.call(for: 1_000)
        #expect(town.bench.agent("anna")?.state == .incall)
        town.caller.hangUp(first)
        town.bench.run(for: 2_000)
        #expect(town.bench.agent("anna")?.state == .wrapup)
        try restart(town, after: 1_000)
        #expect(town.bench.agent("anna")?.state == .wrapup)
        town.bench.run(for: 1_900)
        #expect(town.bench.agent("anna")?.state == .wrapup)
        town.bench.run(for: 200)
        #expect(town.bench.agent("anna")?.state == .free)
        try restart(town, seed: 3)
        // Ben has been free for longer.
        let second = town.call(for: 100)
        #expect(town.bench.call?.agentID == "ben")
        town.caller.hangUp(second)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A peer who is gone is found by his silence, and the call gets its record")
    func dead() throws {
        let town = Town()
        _ = town.call(for: 10_000)
        let phone = town.caller.endpoint
        town.bench.isDead = { $0 == phone }
        try restart(town, after: 1_000)
        town.bench.run(for: 120_000)
        #expect(town.record(0)?.endedBy == .system)
        #expect(town.record(0)?.callType == .answered)
        #expect(town.anna.log.last == "bye")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("It dies again and again")
    func again() throws {
        let town = Town()
        let call = town.call(for: 10_000)
        for seed in UInt64(2)...6 {
            try restart(town, after: 500, seed: seed)
            town.bench.run(for: 70_000)
            #expect(town.caller.dialogs[call]?.isOver == false)
        }
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
        let record = try #require(town.record(0))
        #expect(record.talk == 360_500)
    }

    @Test("After a pass everything that is alive has been kept anew, and nothing else")
    func pass() throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        _ = town.call(for: 1_000)
        _ = town.call(for: 1_000)
        let before = town.bench.keepings
        town.bench.exchange.beginKeepingAll()
        let isDone = town.bench.exchange.keepMore(atMost: 1, now: town.bench.now)
        #expect(!isDone)
        let third = town.call(for: 1_000)
        let between = town.bench.keepings
        #expect(between > before + 1)
        while !town.bench.exchange.keepMore(atMost: 1, now: town.bench.now) {}
        town.bench.run()
        #expect(town.bench.keepings == between + 1, "the third has been kept since the pass began")
        #expect(town.bench.keptCalls.count == 3)
        town.caller.hangUp(third)
        for call in town.caller.order { town.caller.hangUp(call) }
        #expect(town.leftoversAtTheEnd() == [])
    }
}
