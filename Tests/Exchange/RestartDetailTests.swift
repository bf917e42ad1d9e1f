import CallCenter
import Exchange
import SIP
import Testing

/// What the simulator found when it let cores die at random moments (`Tests/Simulation`).
@Suite("A core that dies at an awkward moment")
struct RestartDetailTests {
    private func restart(_ town: Town, after pause: Milliseconds = 0, seed: UInt64 = 2) throws {
        let (restored, lost) = try town.bench.restart(after: pause, seed: seed)
        #expect(lost == 0)
        #expect(restored == town.bench.snapshot.calls.count)
        #expect(town.bench.exchange.checkInvariants() == [])
        town.bench.run()
    }

    @Test("However often it dies, agents keep their places among the free ones")
    func freeAgents() throws {
        let town = Town(agents: ["anna", "ben"])
        town.anna.manner = .answer(after: 0)
        town.ben.manner = .answer(after: 0)
        town.caller.hangUp(town.call(for: 1_000))
        town.bench.run(for: 6_000)
        #expect(town.bench.agent("anna")?.state == .free)
        for seed in UInt64(2)...4 { try restart(town, after: 500, seed: seed) }
        // Ben has been free for longer.
        let call = town.call(for: 100)
        #expect(town.bench.call?.agentID == "ben")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An agent whose wrap-up ends while nobody is there has been free since then")
    func wrapupOverMeanwhile() throws {
        let town = Town(agents: ["anna", "ben"])
        town.anna.manner = .answer(after: 0)
        town.ben.manner = .answer(after: 0)
        try town.logIn("ben", false)
        town.caller.hangUp(town.call(for: 1_000))
        town.bench.run(for: 2_000)
        try town.logIn("ben")
        try restart(town, after: 10_000)
        #expect(town.bench.agent("anna")?.state == .free)
        let call = town.call(for: 100)
        #expect(town.bench.call?.agentID == "ben")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller whom his agent has handed on and left reaches the target all the same")
    func handedOn() throws {
        let town = Town()
        let call = town.call(for: 10_000)
        town.desk.manner = .ring
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 100)
        town.anna.hangUp(town.anna.lastCallID)
        town.bench.run()
        #expect(town.bench.call?.state == .transferred)
        town.desk.manner = .answer(after: 0)
        try restart(town, after: 500)
        town.bench.run(for: 1_000)
        #expect(town.desk.log.contains("cancel"))
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "desk")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
        #expect(town.bench.records.count == 1)
    }

    @Test("A re-INVITE without SDP whose ACK the core does not live to see is acknowledged on the other side")
    func relayedWithoutOffer() throws {
        let town = Town()
        let call = town.call(for: 10_000)
        town.bench.loses = { message, toCore in toCore && message.isRequest && message.method == .ack }
        town.anna.reinvite(town.anna.lastCallID, sdp: nil)
        town.bench.run()
        #expect(town.caller.log.last == "invite")
        town.bench.loses = { _, _ in false }
        try restart(town, after: 500)
        town.bench.run(for: 2_000)
        #expect(town.caller.log.contains("ack sdp=anna"))
        #expect(town.bench.snapshot.totals.talking == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("That a caller waits is not told again since the core is another one")
    func toldOnce() throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        let call = town.call(for: 1_000)
        let isQueued: (Notice) -> Bool = { if case .callState(_, .queued, _, _) = $0 { true } else { false } }
        #expect(town.bench.notices.count(where: isQueued) == 1)
        try restart(town)
        town.reload()
        #expect(town.bench.notices.count(where: isQueued) == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A wrap-up that was ended by command is over for the next core as well")
    func cutWrapup() throws {
        let town = Town()
        let call = town.call(for: 10_000)
        let phone = town.anna.endpoint
        town.bench.isDead = { $0 == phone }
        town.caller.hangUp(call)
        town.bench.run()
        try town.bench.exchange.endWrapup(agentID: "anna", now: town.bench.now)
        town.bench.run()
        #expect(town.bench.agent("anna")?.state == .wrapup, "the leg to her phone is not gone yet")
        try restart(town, after: 10)
        #expect(town.bench.agent("anna")?.state == .free)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller whom his agent has sent back into his own flow has waited since then, for the next core as well")
    func sentBack() throws {
        let town = Town(agents: ["anna", "ben"])
        let call = town.call(for: 10_000)
        town.anna.refer(town.anna.lastCallID, to: "sip:support@127.0.0.1:5060")
        town.bench.run(for: 5_000)
        #expect(town.bench.call?.agentID == "ben")
        try restart(town, after: 500)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
        #expect(town.bench.records.count == 2)
        #expect(try #require(town.bench.records.last).wait < 5_000)
    }

    @Test(
        "What a call waits by is kept as the last reload has it, also if its flow was gone meanwhile",
        arguments: [false, true]
    )
    func reloaded(wasGone: Bool) throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        let call = town.call(for: 1_000)
        if wasGone { town.bench.provision([], []) }
        var flow = town.flow
        flow.priority = 7
        town.bench.provision([flow], [])
        let kept = try #require(town.bench.keptCalls.values.first)
        #expect(try KeptCall(entries: kept).priority == 7)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Whoever has refused a caller is not called for him again before reoffer_delay, by the next core either")
    func pausedPair() throws {
        let town = Town(agents: ["anna", "ben"]) { configuration in
            configuration.policy.reofferDelay = 20_000
            configuration.policy.wrapupTime = 0
        }
        try town.logIn("ben", false)
        town.anna.manner = .refuse(486)
        let call = town.call(for: 1_000)
        let calls: (Phone) -> Int = { phone in phone.log.count { $0.hasPrefix("invite") } }
        #expect(calls(town.anna) == 1)
        let refused = town.bench.now - 1_000
        for seed in UInt64(2)...3 { try restart(town, after: 3_000, seed: seed) }
        town.bench.run(for: refused + 20_000 - town.bench.now - 1)
        #expect(town.bench.agent("anna")?.state == .free)
        #expect(calls(town.anna) == 1)
        #expect(town.bench.call?.state == .queued)
        town.anna.manner = .answer(after: 0)
        town.bench.run(for: 2_000)
        #expect(calls(town.anna) == 2)
        #expect(town.bench.snapshot.totals.talking == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("The pause of one agent keeps no other from the call, and goes with its agent")
    func othersAreNotPaused() throws {
        let town = Town(agents: ["anna", "ben"]) { $0.policy.reofferDelay = 20_000 }
        try town.logIn("ben", false)
        town.anna.manner = .refuse(486)
        town.ben.manner = .answer(after: 0)
        let call = town.call(for: 1_000)
        try restart(town, after: 500)
        try town.logIn("ben")
        town.bench.run(for: 500)
        #expect(town.bench.call?.agentID == "ben")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test(
        "Whose wait was over while nobody was there has ended then, unless something else ended him before",
        arguments: [0, 3_600, 90]
    )
    func waitOver(session: Int) throws {
        let town = Town(loggedIn: false) {
            $0.sessionExpires = 0
            $0.policy.rejectOnNoAgents = false
        } flow: { flow, _ in
            flow.maxWait = 60_000
        }
        let extra = session > 0 ? ["Supported: timer", "Session-Expires: \(session)"] : []
        _ = town.caller.invite("support", sdp: town.caller.sdp(), extra: extra)
        town.bench.run(for: 1_000)
        let (restored, lost) = try town.bench.restart(after: 500_000)
        #expect((restored, lost) == (0, 1))
        town.bench.run(for: 1_000)
        #expect(town.bench.exchange.checkInvariants() == [])
        let record = try #require(town.record(0))
        #expect(record.wait == 60_000)
        #expect(record.cause == "max_wait")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A call whose wait was over while nobody was there enters its next flow behind those that wait in it")
    func overflowedMeanwhile() throws {
        let town = Town {
            $0.policy.rejectOnNoAgents = false
        } flow: { flow, _ in
            flow.maxWait = 4_000
            flow.overflowURI = "second"
        }
        town.reload(others: [FlowDefinition(id: "second", skill: "help", messageQueue: town.queue.uri)])
        town.anna.manner = .answer(after: 0)
        town.caller.hangUp(town.call(for: 1_000))
        let first = town.call(for: 500)
        let second = town.caller.invite("second", sdp: town.caller.sdp())
        town.bench.run(for: 500)
        // Anna's wrap-up ends meanwhile, and so does the wait of the first.
        try restart(town, after: 6_000)
        town.bench.run(for: 1_000)
        #expect(town.caller.dialogs[second]?.remoteSDP?.sessionName == "anna")
        #expect(town.caller.dialogs[first]?.remoteSDP?.sessionName == "queue")
        for call in [first, second] { town.caller.hangUp(call) }
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("What an event has told of is kept at once, even if no message has: the next core does not tell it again")
    func toldByEvent() throws {
        let town = Town(loggedIn: false) {
            $0.policy.rejectOnNoAgents = false
        } flow: { flow, _ in
            flow.maxWait = 2_000
            flow.overflowURI = "sip:desk@desk.invalid"
        }
        town.bench.isNameServerSilent = true
        let call = town.call(for: 2_000)
        let isOverflow: (Notice) -> Bool = { if case .callOverflows = $0 { true } else { false } }
        #expect(town.bench.notices.count(where: isOverflow) == 1)
        try restart(town, after: 100)
        #expect(town.bench.notices.count(where: isOverflow) == 1)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An agent who logs in anew while he talks has been free since then, for the next core as well")
    func loggedInMeanwhile() throws {
        let town = Town()
        let call = town.call(for: 3_000)
        #expect(town.bench.snapshot.totals.talking == 1)
        for isLoggedIn in [false, true] {
            try town.logIn("anna", isLoggedIn)
            town.bench.run(for: 100)
        }
        let kept = try KeptAgent(encoded: try #require(town.bench.keptAgents["anna"]))
        #expect(kept.freeSince == town.bench.now - 100 + town.bench.exchange.wallOffset)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A pass over everything that is kept misses nobody when an agent goes meanwhile")
    func passOverAgents() throws {
        let town = Town(agents: ["anna", "ben"])
        town.anna.manner = .answer(after: 0)
        let call = town.call(for: 1_000)
        let ben = AgentDefinition(id: "ben", location: town.ben.uri, isLoggedIn: true, skills: ["help"])
        town.bench.provision([town.flow], [ben])
        town.bench.exchange.beginKeepingAll()
        let isDone = town.bench.exchange.keepMore(atMost: 1, now: town.bench.now)
        #expect(!isDone)
        town.caller.hangUp(call)
        town.bench.run(for: 1_000)
        #expect(town.bench.agent("anna") == nil)
        while !town.bench.exchange.keepMore(atMost: 1, now: town.bench.now) {}
        let isBen: (Keeping) -> Bool = { if case .agent(let agent) = $0 { agent.id == "ben" } else { false } }
        #expect(town.bench.exchange.effects.kept.contains(where: isBen))
        #expect(town.leftoversAtTheEnd() == [])
    }
}
