import CallCenter
import Exchange
import SIP
import Testing

/// Nothing may feed itself within one moment: the loop that owns all calls would stand still.
@Suite("No turn without an end")
struct NoEndlessTurnTests {
    @Test("Without wrap-up and pause, an agent who refuses at once is offered a call at most once a second")
    func refusals() {
        let town = Town { configuration in
            configuration.policy.reofferDelay = 0
            configuration.policy.maxNoAnswer = 0
        }
        town.bench.provision(
            [town.flow],
            [
                AgentDefinition(
                    id: "anna",
                    location: town.anna.uri,
                    isLoggedIn: true,
                    skills: ["help"],
                    wrapupTime: 0
                )
            ]
        )
        town.anna.manner = .refuse(486)
        for _ in 0..<3 { town.call() }
        town.bench.run(for: 10_000)
        #expect((10...12).contains(town.anna.order.count))
        for call in town.caller.order { town.caller.hangUp(call) }
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Nor is one who cannot be called at all")
    func unreachable() {
        let town = Town { $0.policy.reofferDelay = 0 }
        town.bench.provision(
            [town.flow],
            [
                AgentDefinition(
                    id: "anna",
                    location: "sip:anna@nowhere.invalid",
                    isLoggedIn: true,
                    skills: ["help"],
                    wrapupTime: 0
                )
            ]
        )
        town.call(for: 10_000)
        #expect((10...12).contains(town.bench.records.filter { $0.callType == .refused }.count))
        town.caller.hangUp(town.caller.lastCallID)
        town.bench.run()
        #expect(town.bench.snapshot.calls.isEmpty)
    }

    @Test("A turn that takes too many steps is cut short, counted, and its work done a millisecond later")
    func cutsShort() {
        let town = Town()
        town.bench.exchange.turnLimit = -1_000
        let call = town.call(for: 2_100)
        #expect(town.bench.snapshot.totals.repairs > 0)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "anna")
        town.caller.hangUp(call)
        town.bench.run(for: 120_000)
        #expect(town.bench.snapshot.calls.isEmpty)
        #expect(town.bench.exchange.timersRunning == 0)
    }
}
