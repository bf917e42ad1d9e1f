import Testing

@testable import CallCenter

/// CALLS.md section 6: dispatching by command, and the operator's repairs.
@Suite("Steering by command")
struct SteeringTests {
    private func desk(dispatching: Bool = false, agents: [AgentDefinition]) -> Desk {
        Desk(
            policy: Policy(wrapupTime: 10_000, rejectOnNoAgents: false, internalDispatching: dispatching),
            flows: [.flow("support", skill: "help"), .flow("sales", skill: "sell")],
            agents: agents
        )
    }

    private static let ann = AgentDefinition.agent("ann", ["help"], loggedIn: true)

    private func problem(_ body: () throws -> Void) -> SteeringError? {
        do {
            try body()
            return nil
        } catch {
            return error as? SteeringError
        }
    }

    private func dispatch(_ call: Int32, _ agent: String, _ desk: inout Desk) throws {
        try desk.event { center, now, out throws in
            try center.dispatch(call: call, agentID: agent, now: now, out: &out)
        }
    }

    @Test("with internal dispatching off nothing is matched, and a command offers a call to an agent")
    func dispatches() throws {
        var desk = desk(agents: [Self.ann])
        let (first, second) = (try desk.arrive(), try desk.arrive())
        #expect(desk.snapshot().agents.map(\.state) == [.free])
        try dispatch(second, "ann", &desk)
        #expect(desk.snapshot().calls.map(\.agentID) == [nil, "ann"])
        #expect(desk.snapshot().calls.map(\.number) == [first, second])
    }

    @Test("switched on again, everything that can be is matched, the most urgent first")
    func switchesOn() throws {
        var desk = desk(agents: [Self.ann])
        for _ in 0..<2 { _ = try desk.arrive() }
        desk.event { $0.setDispatching(true, now: $1, out: &$2) }
        #expect(desk.snapshot().calls.map(\.agentID) == ["ann", nil])
    }

    @Test("a dispatch that cannot be is refused by its reason, and nothing happens")
    func refusesDispatch() throws {
        var desk = desk(agents: [
            Self.ann, .agent("off", ["help"], loggedIn: false), .agent("sam", ["sell"], loggedIn: true),
        ])
        let call = try desk.arrive()
        let welcome = try desk.admit()
        #expect(problem { try dispatch(99, "ann", &desk) } == .unknownCall(99))
        #expect(problem { try dispatch(call, "nobody", &desk) } == .unknownAgent("nobody"))
        #expect(
            problem { try dispatch(call, "off", &desk) }
                == .unsuitable("off is logged off; expected an agent who is free")
        )
        #expect(problem { try dispatch(call, "sam", &desk) } == .unsuitable("sam lacks the skill help"))
        #expect(
            problem { try dispatch(welcome, "ann", &desk) }
                == .unsuitable("call \(welcome) does not wait in the queue: its state is welcome")
        )
        #expect(desk.snapshot().totals.counters.distributed == 0)
        desk.event { $0.setDispatching(true, now: $1, out: &$2) }
        #expect(problem { try dispatch(call, "ann", &desk) } == .internalDispatching)
    }

    @Test("a waiting call moves to any place of its flow; the others keep their order", arguments: 0..<5, 0..<5)
    func moves(from: Int, to: Int) throws {
        var desk = desk(dispatching: true, agents: [])
        var numbers: [Int32] = []
        for _ in 0..<5 { numbers.append(try desk.arrive()) }
        let moved = numbers[from]
        let place = try desk.event { center, _, _ throws in try center.move(call: moved, to: to) }
        #expect(place == to)
        numbers.remove(at: from)
        numbers.insert(moved, at: to)
        #expect(waiting(desk) == numbers)
        #expect(desk.snapshot().calls.sorted { $0.order < $1.order }.map(\.number) == numbers)
        // Agents get them in that order.
        desk.reload(flows: desk.flows, agents: [Self.ann])
        #expect(desk.snapshot().calls.first { $0.agentID == "ann" }?.number == numbers[0])
    }

    @Test("a place behind the end is the end; a call that does not wait cannot move")
    func movesWithinBounds() throws {
        var desk = desk(dispatching: true, agents: [])
        let (first, second) = (try desk.arrive(), try desk.arrive())
        #expect(try desk.event { center, _, _ throws in try center.move(call: first, to: 1_000) } == 1)
        #expect(waiting(desk) == [second, first])
        #expect(try desk.event { center, _, _ throws in try center.move(call: first, to: -5) } == 0)
        let welcome = try desk.admit()
        #expect(
            problem { try desk.event { center, _, _ throws in _ = try center.move(call: welcome, to: 0) } }
                == .unsuitable("call \(welcome) does not wait in the queue: its state is welcome")
        )
    }

    @Test("a wrap-up ended early makes the agent free at once, and its timer does nothing any more")
    func endsWrapup() throws {
        var desk = desk(dispatching: true, agents: [Self.ann])
        let call = try desk.arrive()
        #expect(problem { try endWrapup(&desk) } == .unsuitable("ann is in a call; there is no wrap-up to end"))
        try desk.answer(call)
        try desk.hangUp(call)
        let waiting = try desk.arrive()
        #expect(desk.snapshot().agents.map(\.state) == [.wrapup])
        try endWrapup(&desk)
        #expect(desk.snapshot().calls.map(\.agentID) == ["ann"])
        #expect(desk.snapshot().calls.map(\.number) == [waiting])
        desk.advance(by: 60_000)
        #expect(desk.snapshot().agents.map(\.state) == [.incall])
    }

    @Test("a wrap-up ended early still awaits the end of the agent's leg")
    func endsWrapupBeforeClearing() throws {
        var desk = desk(dispatching: true, agents: [Self.ann])
        desk.clearsAtOnce = false
        let call = try desk.arrive()
        try desk.answer(call)
        try desk.hangUp(call)
        try endWrapup(&desk)
        #expect(desk.snapshot().agents.map(\.state) == [.wrapup])
        let agent = try #require(desk.center.agent(named: "ann"))
        desk.event { $0.agentCleared(agent, now: $1, out: &$2) }
        #expect(desk.snapshot().agents.map(\.state) == [.free])
    }

    private func endWrapup(_ desk: inout Desk) throws {
        try desk.event { center, now, out throws in try center.endWrapup(agentID: "ann", now: now, out: &out) }
    }

    private func waiting(_ desk: Desk) -> [Int32] {
        let center = desk.center
        guard let flow = center.flowIndex["support"] else { return [] }
        return center.queues.items(center.flows[flow].waiting).map { center.calls[$0].number }
    }
}
