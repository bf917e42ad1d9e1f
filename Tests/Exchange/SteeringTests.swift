import CallCenter
import Exchange
import SIP
import Testing

/// CALLS.md section 6: dispatching from outside, and what an operator puts right.
@Suite("Steering by command")
struct SteeringTests {
    @Test("With internal dispatching off a call waits although an agent is free, and a command brings them together")
    func dispatches() throws {
        let town = Town { $0.policy.internalDispatching = false }
        let call = town.call(for: 1_000)
        #expect(town.bench.call?.state == .queued)
        let number = try #require(town.bench.call?.number)
        try town.bench.exchange.dispatch(call: number, agentID: "anna", now: town.bench.now)
        town.bench.run(for: 2_000)
        #expect(town.caller.dialogs[call]?.remoteSDP?.sessionName == "anna")
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A dispatch while internal dispatching is on is refused")
    func refusesDispatch() throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        town.call(for: 1_000)
        #expect(throws: SteeringError.internalDispatching) {
            try town.bench.exchange.dispatch(call: 1, agentID: "anna", now: town.bench.now)
        }
    }

    @Test("What a command switched stays over a reload that says nothing new, and yields to one that does")
    func survivesReload() {
        let town = Town()
        town.bench.exchange.setDispatching(false, now: town.bench.now)
        var configuration = town.bench.exchange.configuration
        configuration.agentRingTimeout = 12_000
        town.bench.exchange.apply(configuration, now: town.bench.now)
        let isStillOff = !town.bench.exchange.isDispatchingInternally
        #expect(isStillOff)
        configuration.policy.internalDispatching = false
        town.bench.exchange.apply(configuration, now: town.bench.now)
        configuration.policy.internalDispatching = true
        town.bench.exchange.apply(configuration, now: town.bench.now)
        let isOnAgain = town.bench.exchange.isDispatchingInternally
        #expect(isOnAgain)
    }

    @Test("An agent who is freed while his phone rings gives the call back, and another one gets it")
    func freesRingingAgent() throws {
        let town = Town(agents: ["anna", "ben"])
        town.anna.manner = .ring
        let call = town.call(for: 1_000)
        let hold = try town.bench.exchange.freeAgent("anna", now: town.bench.now)
        #expect(hold != .nothing)
        town.bench.run(for: 1_000)
        #expect(town.bench.agent("anna")?.state == .free)
        #expect(town.bench.call?.agentID == "ben")
        #expect(town.record(1)?.cause == "operator")
        town.bench.run(for: 2_000)
        town.caller.hangUp(call)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An agent who is freed while he talks is free, without wrap-up, and the call has ended")
    func freesTalkingAgent() throws {
        let town = Town()
        town.call(for: 3_000)
        _ = try town.bench.exchange.freeAgent("anna", now: town.bench.now)
        town.bench.run()
        #expect(town.bench.agent("anna")?.state == .free)
        #expect(town.bench.call == nil)
        #expect(town.caller.log.last == "bye")
        #expect(town.record(0)?.callType == .answered)
        #expect(town.record(0)?.endedBy == .operator)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("An agent who is freed in his wrap-up is free; one who is free already stays so")
    func freesRestingAgent() throws {
        let town = Town()
        let call = town.call(for: 3_000)
        town.caller.hangUp(call)
        town.bench.run()
        #expect(town.bench.agent("anna")?.state == .wrapup)
        #expect(try town.bench.exchange.freeAgent("anna", now: town.bench.now) == .wrapup)
        #expect(town.bench.agent("anna")?.state == .free)
        #expect(try town.bench.exchange.freeAgent("anna", now: town.bench.now) == .nothing)
        #expect(throws: SteeringError.unknownAgent("nobody")) {
            _ = try town.bench.exchange.freeAgent("nobody", now: town.bench.now)
        }
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A call that is moved to the head of the queue is the next")
    func moves() throws {
        let town = Town(loggedIn: false) { $0.policy.rejectOnNoAgents = false }
        let first = town.call(for: 1_000)
        let second = town.call(for: 1_000)
        #expect(try town.bench.exchange.moveCall(2, to: 0, now: town.bench.now) == 0)
        try town.logIn("anna")
        town.bench.run(for: 2_000)
        #expect(town.caller.dialogs[second]?.remoteSDP?.sessionName == "anna")
        #expect(town.caller.dialogs[first]?.remoteSDP?.sessionName == "queue")
        town.caller.hangUp(second)
        town.caller.hangUp(first)
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("Commands on calls and agents that are not there are refused")
    func unknown() {
        let town = Town()
        #expect(throws: SteeringError.unknownCall(7)) { try town.bench.exchange.endCall(7, now: town.bench.now) }
        #expect(throws: SteeringError.unknownCall(7)) {
            _ = try town.bench.exchange.moveCall(7, to: 0, now: town.bench.now)
        }
        #expect(throws: SteeringError.unknownAgent("nobody")) {
            try town.bench.exchange.endWrapup(agentID: "nobody", now: town.bench.now)
        }
    }
}
