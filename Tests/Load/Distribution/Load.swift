import CallCenter
import Foundation

/// A centre in a steady state: so many agents, so many calls that wait, and events that keep both as they are.
struct Load {
    private static let skillCount = 1_000

    private var center: Center
    private var random: UInt64
    private let flows: [FlowRef]
    /// Calls that an agent has answered.
    private var talks: [(call: CallRef, agent: AgentRef)] = []
    private var waiting = 0
    private var out: [CenterEffect] = []
    private var now: Milliseconds = 0
    private var number: Int32 = 0

    struct MissingFlow: Error {}

    init(flows flowCount: Int = 10_000, agents: Int, skills: Int, waiting target: Int) throws {
        var center = Center(
            policy: Policy(wrapupTime: 0, rejectOnNoAgents: false, reofferDelay: 0, maxNoAnswer: 0, maxCalls: .max)
        )
        var random = UInt64(agents &+ skills &* 31 &+ target)
        let names = (0..<Self.skillCount).map { "skill\($0)" }
        var provisioning = Provisioning(
            flows: (0..<flowCount).map {
                FlowDefinition(
                    id: "flow\($0)",
                    priority: $0 % 7,
                    skill: names[$0 % Self.skillCount],
                    messageQueue: "sip:queue@192.0.2.1"
                )
            },
            agents: []
        )
        for agent in 0..<agents {
            var own: Set<Int> = []
            while own.count < skills { own.insert(Self.draw(&random, below: Self.skillCount)) }
            provisioning.agents.append(
                AgentDefinition(
                    id: "agent\(agent)",
                    location: "sip:agent\(agent)@192.0.2.2",
                    isLoggedIn: true,
                    skills: own.sorted().map { names[$0] }
                )
            )
        }
        var ignored: [CenterEffect] = []
        _ = center.provision(provisioning, now: 0, out: &ignored)
        self.flows = try provisioning.flows.map {
            guard let flow = center.flow(named: $0.id) else { throw MissingFlow() }
            return flow
        }
        self.center = center
        self.random = random
        // Without calls that wait, half of the agents are free.
        if target == 0 {
            while talks.count < agents / 2 { arrive() }
        } else {
            while waiting < target { arrive() }
        }
    }

    /// Microseconds an event. A cycle is four of them: a call arrives, one is answered, a talk ends, an agent's leg is gone (which
    /// frees him for the best waiting call, or puts him among the free ones).
    mutating func measure(cycles: Int) -> Double {
        run(cycles: cycles / 10)
        let begun = clock()
        run(cycles: cycles)
        // Of the processor: others use the machine, too.
        let seconds = Double(clock() - begun) / Double(CLOCKS_PER_SEC)
        return seconds * 1e6 / Double(4 * cycles)
    }

    /// Milliseconds of the processor that the call loop stands still for a snapshot: median of so many, with a few events in between.
    mutating func measureSnapshot(times: Int) -> Double {
        let costs = (0..<times).map { _ in
            run(cycles: 25)
            let begun = clock()
            let snapshot = center.snapshot(now: now)
            let cost = Double(clock() - begun) / Double(CLOCKS_PER_SEC) * 1e3
            // What it takes to let go of it is left to whoever has asked for it.
            withExtendedLifetime(snapshot) {}
            return cost
        }
        return costs.sorted()[times / 2]
    }

    mutating func run(cycles: Int) {
        for _ in 0..<cycles { cycle() }
    }

    private mutating func cycle() {
        now += 1
        arrive()
        guard !talks.isEmpty else { return }
        talks.swapAt(Self.draw(&random, below: talks.count), talks.count - 1)
        let (call, agent) = talks.removeLast()
        center.talkEnded(call, now: now, out: &out)
        center.agentCleared(agent, now: now, out: &out)
        carryOut()
    }

    private mutating func arrive() {
        number = number == .max ? 1 : number + 1
        let flow = flows[Self.draw(&random, below: flows.count)]
        let call = try? center.admit(
            flow: flow,
            number: number,
            owner: UInt64(number),
            callerUser: "caller",
            callerDisplayName: "",
            now: now
        )
        guard let call else { return }
        waiting += 1
        center.enqueue(call, now: now, out: &out)
        carryOut()
    }

    /// Every offer is answered.
    private mutating func carryOut() {
        for effect in out {
            guard case .offer(let call, _, let agent) = effect else { continue }
            waiting -= 1
            center.agentAnswered(call, now: now)
            talks.append((call, agent))
        }
        out.removeAll(keepingCapacity: true)
    }

    /// SplitMix64.
    private static func draw(_ state: inout UInt64, below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((value ^ value >> 31) % UInt64(bound))
    }
}
