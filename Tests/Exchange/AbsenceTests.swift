import CallCenter
import Exchange
import SIP
import Testing

/// A time without any process that is so long that calls are over by the end of it.
@Suite("A core that comes back late")
struct AbsenceTests {
    private static let hour: Milliseconds = 3_600_000

    /// A caller with a session timer of half an hour.
    private func callWithSession(_ town: Town, for time: Milliseconds) {
        let extra = ["Supported: timer", "Session-Expires: 1800"]
        _ = town.caller.invite("support", sdp: town.caller.sdp(), extra: extra)
        town.bench.run(for: time)
    }

    @Test(
        "Who talked has hung up when the session had its time: both are told, the record ends there, the agent is free"
    )
    func talking() throws {
        let town = Town()
        callWithSession(town, for: 12_000)
        #expect(town.bench.call?.state == .toagent)
        let (restored, lost) = try town.bench.restart(after: 13 * Self.hour)
        #expect((restored, lost) == (0, 1))
        town.bench.run()
        #expect(town.bench.exchange.checkInvariants() == [])
        #expect(town.caller.log.last == "bye" && town.anna.log.last == "bye")
        let record = try #require(town.record(0))
        #expect(record.callType == .answered)
        #expect(record.endedBy == .system)
        // Ten seconds before the core died, and the session interval of the phones.
        #expect(record.talk == 10_000 + 1_800_000)
        #expect(town.bench.agent("anna")?.state == .free, "his wrap-up was over long ago")
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Who waited is gone: no agent is called for him")
    func waiting() throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        callWithSession(town, for: 1_000)
        _ = try town.bench.restart(after: 2 * Self.hour)
        town.bench.run()
        try town.logIn("anna")
        town.bench.run(for: 5_000)
        #expect(town.anna.log == [])
        let record = try #require(town.record(0))
        #expect(record.callType == .unanswered && record.cause == "abandoned" && record.endedBy == .system)
        #expect(record.wait == 1_801_000)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A caller without answer has been given up after some minutes; one who came a moment ago has not")
    func unanswered() throws {
        for (pause, goesOn) in [(60_000, true), (200_000, false)] as [(Milliseconds, Bool)] {
            let town = Town(agents: [], loggedIn: false) { $0.policy.rejectOnNoAgents = false }
            town.queue.manner = .ring
            let call = town.call(for: 1_000)
            town.queue.manner = .answer(after: 0)
            _ = try town.bench.restart(after: pause)
            town.bench.run()
            #expect(town.bench.snapshot.calls.count == (goesOn ? 1 : 0))
            #expect(town.caller.dialogs[call]?.isUp == goesOn)
            if goesOn { town.caller.hangUp(call) }
            #expect(town.leftoversAtTheEnd() == [])
        }
    }

    @Test(
        "Without session timers a talk goes on until its longest time is over, and a wait until its own",
        arguments: [true, false]
    )
    func withoutSession(isTalk: Bool) throws {
        let town = Town(loggedIn: isTalk) {
            $0.sessionExpires = 0
            $0.policy.rejectOnNoAgents = false
        }
        let call = town.call(for: 12_000)
        _ = try town.bench.restart(after: Self.hour / 2)
        town.bench.run()
        #expect(town.caller.dialogs[call]?.isOver == false)
        _ = try town.bench.restart(after: isTalk ? 12 * Self.hour : Self.hour, seed: 3)
        town.bench.run()
        #expect(town.caller.dialogs[call]?.isOver == true)
        let record = try #require(town.record(0))
        if isTalk {
            #expect(record.callType == .answered)
            #expect(record.talk <= 12 * Self.hour)
        } else {
            #expect(record.cause == "max_wait")
            try town.logIn("anna")
            #expect(town.anna.log == [])
        }
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A wait whose time ran out while nobody was there overflows, and no agent is called first")
    func overflow() throws {
        let town = Town(agents: ["anna"], loggedIn: true) {
            $0.policy.internalDispatching = false
        } flow: { flow, phones in
            flow.maxWait = 60_000
            flow.overflowURI = phones.voicemail
        }
        let call = town.call(for: 1_000)
        _ = try town.bench.restart(after: 90_000)
        town.bench.exchange.setDispatching(true, now: town.bench.now)
        town.bench.run(for: 1_000)
        #expect(town.anna.log == [])
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "voicemail")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }
}
