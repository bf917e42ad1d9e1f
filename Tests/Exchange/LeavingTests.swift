import CallCenter
import Exchange
import SIP
import Testing

/// The caller leaves: every other leg is ended, one record is written, nobody is left behind (CALLS.md section 1).
@Suite("The caller leaves")
struct LeavingTests {
    enum Moment: CaseIterable, CustomTestStringConvertible {
        case unansweredWelcome, unansweredMusic, unansweredRinging
        case welcome, music, ringing, pickedUp, talking

        var testDescription: String { "\(self)" }
    }

    @Test("In every state, by CANCEL or BYE", arguments: Moment.allCases)
    func leaves(at moment: Moment) throws {
        let welcomes: Set<Moment> = [.unansweredWelcome, .welcome]
        let agentless: Set<Moment> = [.unansweredMusic, .music, .ringing, .pickedUp]
        let town = Town(hasWelcome: welcomes.contains(moment), loggedIn: !agentless.contains(moment)) {
            $0.policy.rejectOnNoAgents = false
        }
        if moment == .unansweredWelcome { town.welcome.manner = .ring }
        if moment == .unansweredMusic { town.queue.manner = .ring }
        if moment == .unansweredRinging { town.anna.manner = .ring }
        let call = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 1_000)
        switch moment {
        case .unansweredWelcome, .unansweredMusic, .unansweredRinging:
            town.caller.cancel(call)
        case .welcome, .music:
            town.caller.hangUp(call)
        case .ringing:
            try town.logIn("anna")
            town.bench.run(for: 1_000)
            town.caller.hangUp(call)
        case .pickedUp:
            try town.logIn("anna")
            town.caller.ignoresReinvite = true
            town.bench.run(for: 3_000)
            town.caller.hangUp(call)
        case .talking:
            town.bench.run(for: 3_000)
            town.caller.hangUp(call)
        }
        town.bench.run()
        #expect(town.bench.call == nil)
        let record = try #require(town.record(0))
        #expect(town.bench.records.count == 1)
        if moment == .talking {
            #expect(record.callType == .answered)
        } else {
            #expect(record.callType == .unanswered)
            #expect(record.cause == "abandoned")
            #expect(record.facts.contains(.abandoned))
            #expect(town.bench.snapshot.totals.counters.abandoned == 1)
        }
        switch moment {
        case .unansweredWelcome, .unansweredMusic, .unansweredRinging:
            #expect(town.caller.log.suffix(2).sorted() == ["200 cancel", "487 invite"])
        default:
            #expect(town.caller.log.last == "200 bye")
        }
        // An agent who only heard it ring is free again at once; one who had picked up rests.
        let state = town.bench.agent("anna")?.state
        #expect(state == ([.pickedUp, .talking].contains(moment) ? .wrapup : .free))
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An agent whose phone only rang keeps his place before those who became free later")
    func keepsFreeSince() {
        let town = Town(agents: ["anna", "ben"])
        town.anna.manner = .ring
        let first = town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run(for: 1_000)
        town.caller.cancel(first)
        town.bench.run(for: 2_000)
        town.caller.invite("support", sdp: town.caller.sdp())
        town.bench.run()
        #expect(town.anna.order.count == 2)
        #expect(town.ben.order.isEmpty)
    }
}
