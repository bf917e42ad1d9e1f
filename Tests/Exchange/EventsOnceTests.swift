import CallCenter
import Exchange
import SIP
import Testing

/// What is published of agents and calls: every change, once, in order (the agent report event of the reference manual).
@Suite("Events come once each")
struct EventsOnceTests {
    private func changes(_ town: Town) -> [String] {
        town.bench.notices.compactMap { notice in
            guard case .agentChanged(let change) = notice else { return nil }
            return "\(change.agentID) \(change.to.rawValue)"
        }
    }

    private func calls(_ town: Town) -> [String] {
        town.bench.notices.compactMap { notice in
            switch notice {
            case .callArrived: "arrived"
            case .callState(_, let state, _, let agent): state.rawValue + (agent.map { " \($0)" } ?? "")
            case .callAnswered(_, _, let agent): "answered by \(agent)"
            case .refused(_, _, let agent, let cause, _): "refused by \(agent): \(cause.rawValue)"
            case .callEnded(_, _, _, let cause, _): "ended: \(cause)"
            default: nil
            }
        }
    }

    @Test("A call that an agent takes: offline, free, incall, wrapup, free")
    func answered() throws {
        let town = Town(hasWelcome: true)
        let call = town.call(for: 10_000)
        town.caller.hangUp(call)
        town.bench.run(for: 10_000)
        try town.logIn("anna", false)
        try town.logIn("anna", false)
        #expect(changes(town) == ["anna free", "anna incall", "anna wrapup", "anna free", "anna offline"])
        #expect(calls(town) == ["arrived", "welcome", "toagent anna", "answered by anna", "ended: answered"])
        #expect(town.leftoversAtTheEnd() == [])
    }

    @Test("A call that is refused, hears the message that dissuades, and is briefed of")
    func allStates() throws {
        let town = Town { _ in
        } flow: { flow, phones in
            flow.messageFlowID = phones.briefing
            flow.dissuading = .init(message: phones.dissuading, onHoldThreshold: 2_000)
        }
        town.anna.manner = .refuse(486)
        let call = town.call(for: 10_000)
        town.anna.manner = .answer(after: 0)
        // His wrap-up is 5 s, and the pause as long.
        town.bench.run(for: 30_000)
        town.caller.hangUp(call)
        town.bench.run(for: 10_000)
        // Three refusals, then the conversation.
        let round = ["anna incall", "anna wrapup", "anna free"]
        #expect(changes(town) == ["anna free"] + Array(repeating: round, count: 4).joined())
        let told = calls(town)
        #expect(told.filter { $0 == "dissuading1" }.count == 1)
        #expect(told.filter { $0 == "preagent anna" }.count == 1)
        #expect(told.filter { $0 == "answered by anna" }.count == 1)
        #expect(told.filter { $0.hasPrefix("ended") } == ["ended: answered"])
        for (one, other) in zip(told, told.dropFirst()) { #expect(one != other) }
        #expect(town.leftoversAtTheEnd() == [])
    }
}
