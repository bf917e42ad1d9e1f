import CallCenter
import Exchange
import SIP
import Testing

/// Deadlines of CALLS.md that are nobody else's.
@Suite("Deadlines of a call")
struct DeadlineTests {
    @Test("An unanswered caller who is queued hears so every 60 s")
    func queuedReminder() {
        let town = Town(loggedIn: false) {
            $0.policy.rejectOnNoAgents = false
            $0.mediaAnswerTimeout = 60_000
        }
        town.queue.manner = .ring
        let call = town.call(for: 59_999)
        #expect(town.caller.log.count { $0 == "182 invite" } == 1)
        town.bench.run(for: 1)
        #expect(town.caller.log.count { $0 == "182 invite" } == 2)
        town.bench.run(for: 60_000)
        #expect(town.caller.log.count { $0 == "182 invite" } == 3)
        town.caller.cancel(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Music that cannot be had is called again after 1 s, and after twice as long each time, 30 s at most")
    func holdBackOff() {
        let town = Town(hasWelcome: true, loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        town.queue.manner = .refuse(503)
        let call = town.call(for: 3_000)
        var calls = [town.queue.order.count]
        for pause: Milliseconds in [1, 2, 4, 8, 16, 30, 30] {
            town.bench.run(for: pause * 1_000 - 1)
            calls.append(town.queue.order.count)
            town.bench.run(for: 1)
            calls.append(town.queue.order.count)
        }
        #expect(calls == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8])
        #expect(town.bench.call?.state == .queued)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("media_answer_timeout: music that does not answer is given up, and called again")
    func silentMusic() {
        let town = Town(hasWelcome: true, loggedIn: false) {
            $0.policy.rejectOnNoAgents = false
            $0.mediaAnswerTimeout = 5_000
        }
        town.queue.manner = .ring
        let call = town.call(for: 3_000 + 4_999)
        #expect(town.queue.log == ["invite"])
        town.bench.run(for: 1)
        #expect(town.queue.log == ["invite", "cancel", "ack"])
        town.bench.run(for: 1_000)
        #expect(town.queue.order.count == 2)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("welcome_max ends a message that dissuades, too")
    func endlessDissuading() {
        let town = Town(loggedIn: false) {
            $0.policy.rejectOnNoAgents = false
            $0.welcomeMax = 20_000
        } flow: { flow, phones in
            flow.dissuading = .init(
                message: phones.dissuading,
                hangsUp: false,
                onHoldThreshold: 10_000,
                queueSizeThreshold: nil
            )
        }
        town.dissuading.manner = .answer(after: 0)
        let call = town.call(for: 10_000 + 19_999)
        #expect(town.bench.call?.state == .dissuading1)
        town.bench.run(for: 1)
        #expect(town.dissuading.log.last == "bye")
        #expect(town.bench.call?.state == .queued)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("max_wait of the flow goes before that of the configuration")
    func maxWaitOfTheFlow() {
        let town = Town(loggedIn: false) {
            $0.policy.rejectOnNoAgents = false
            $0.maxWait = 60_000
        } flow: { flow, _ in
            flow.maxWait = 20_000
        }
        town.call(for: 19_999)
        #expect(town.bench.call?.state == .queued)
        town.bench.run(for: 1)
        #expect(town.record(0)?.cause == "max_wait")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("max_call_duration counts from the caller's answer, whoever answered him")
    func maxDurationFromTheAnswer() throws {
        let town = Town(loggedIn: false) {
            $0.policy.rejectOnNoAgents = false
            $0.maxCallDuration = 60_000
        }
        town.queue.manner = .answer(after: 1_000)
        town.call(for: 50_000)
        try town.logIn("anna")
        town.bench.run(for: 10_999)
        #expect(town.bench.snapshot.totals.talking == 1)
        town.bench.run(for: 1)
        #expect(town.bench.call == nil)
        #expect(town.record(0)?.endedBy == .system)
        #expect(town.record(0)?.talk == 9_000)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("hand_over_timeout: a caller who says nothing to the offer of a REFER's target keeps his agent")
    func transferHandOver() throws {
        let town = Town { $0.handOverTimeout = 5_000 }
        let call = town.call(for: 3_000)
        town.desk.manner = .answer(after: 0)
        town.caller.ignoresReinvite = true
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 4_999)
        #expect(town.desk.log == ["invite"])
        town.bench.run(for: 1)
        #expect(town.desk.log == ["invite", "ack sdp=-", "bye"])
        #expect(town.anna.notified.last?.hasPrefix("SIP/2.0 408") == true)
        #expect(town.bench.snapshot.totals.talking == 1)
        town.caller.ignoresReinvite = false
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("agent_ring_timeout: a REFER's target who does not answer a caller whose agent has gone leaves nothing")
    func targetWithoutAgent() {
        let town = Town { $0.agentRingTimeout = 10_000 }
        let call = town.call(for: 3_000)
        town.desk.manner = .ring
        town.anna.refer(town.anna.lastCallID, to: town.desk.uri)
        town.bench.run(for: 1_000)
        town.anna.hangUp(town.anna.lastCallID)
        town.bench.run(for: 9_999)
        #expect(town.bench.call?.state == .transferred)
        town.bench.run(for: 1)
        #expect(town.desk.log == ["invite", "cancel", "ack"])
        #expect(town.caller.dialogs[call]?.isOver == true)
        #expect(town.bench.call == nil)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("sip.keepalive: both ends of a talk are asked for signs of life when they have been silent for so long")
    func keepAlive() {
        let town = Town { $0.keepAlive = 60_000 }
        let call = town.call(for: 2_000)
        #expect(town.bench.snapshot.totals.talking == 1)
        town.bench.run(for: 57_000)
        #expect(!(town.caller.log + town.anna.log).contains("options"))
        town.bench.run(for: 4_000)
        #expect(town.caller.log.count { $0 == "options" } == 1)
        #expect(town.anna.log.count { $0 == "options" } == 1)
        town.bench.run(for: 120_000)
        #expect(town.caller.log.count { $0 == "options" } == 3)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A freed agent whose phone says nothing to its BYE is offerable after a second")
    func clearing() {
        let town = Town { $0.policy.wrapupTime = 0 }
        town.reload()
        let call = town.call(for: 3_000)
        town.bench.isDead = { $0.port == town.anna.endpoint.port }
        town.caller.hangUp(call)
        town.bench.run(for: 999)
        #expect(town.bench.agent("anna")?.state != .free)
        town.bench.run(for: 5_001)
        #expect(town.bench.agent("anna")?.state == .free)
        town.bench.isDead = { _ in false }
        #expect(town.leftoversAtTheEnd() == [])
    }
}
