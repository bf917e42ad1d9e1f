import Testing

@testable import CallCenter

/// A center, its clock, and somebody who does what the Exchange does: keeps the timers, clears agents, remembers who
/// has which call.
struct Desk {
    var center: Center
    private(set) var now: Milliseconds = 0
    /// Effects of the last event, or of everything that happened while time passed.
    private(set) var effects: [CenterEffect] = []
    private(set) var timers: [(at: Milliseconds, number: Int, timer: CenterTimer)] = []
    private var timerNumber = 0
    private var callNumber: Int32 = 0
    private(set) var refs: [Int32: CallRef] = [:]
    /// As the last reload had them.
    private(set) var flows: [FlowDefinition] = []
    /// Agents' legs vanish at once when their call is over. Off: the test says `clear`.
    var clearsAtOnce = true

    init(
        policy: Policy = Policy(),
        flows: [FlowDefinition] = [.flow("support")],
        agents: [AgentDefinition] = []
    ) {
        center = Center(policy: policy)
        reload(flows: flows, agents: agents)
    }

    // MARK: Events

    /// One event, after which the invariants must hold.
    @discardableResult
    mutating func event<Result>(
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (inout Center, Milliseconds, inout [CenterEffect]) throws -> Result
    ) rethrows -> Result {
        effects = []
        let result = try append(body)
        let broken = center.checkInvariants()
        #expect(broken == [], sourceLocation: sourceLocation)
        return result
    }

    private mutating func append<Result>(
        _ body: (inout Center, Milliseconds, inout [CenterEffect]) throws -> Result
    ) rethrows -> Result {
        var out: [CenterEffect] = []
        let result = try body(&center, now, &out)
        for case .wake(let at, let timer) in out {
            timerNumber += 1
            timers.append((at, timerNumber, timer))
        }
        effects += out
        return result
    }

    @discardableResult
    mutating func reload(
        flows: [FlowDefinition],
        agents: [AgentDefinition],
        refused: [Provisioning.RefusedRow] = []
    ) -> ProvisioningReport {
        self.flows = flows
        return event { $0.provision(Provisioning(flows: flows, agents: agents, refused: refused), now: $1, out: &$2) }
    }

    /// A call that has just been admitted.
    mutating func admit(_ flow: String = "support") throws -> Int32 {
        callNumber += 1
        let number = callNumber
        let ref = try event { center, now, _ throws in
            try center.admit(
                flow: #require(center.flow(named: flow)),
                number: number,
                owner: UInt64(number),
                callerUser: "caller\(number)",
                callerDisplayName: "Caller \(number)",
                now: now
            )
        }
        refs[number] = ref
        return number
    }

    /// A call without a welcome.
    mutating func arrive(_ flow: String = "support") throws -> Int32 {
        let number = try admit(flow)
        try enqueue(number)
        return number
    }

    mutating func enqueue(_ number: Int32) throws {
        let ref = try ref(number)
        event { $0.enqueue(ref, now: $1, out: &$2) }
    }

    mutating func pickUp(_ number: Int32) throws {
        let ref = try ref(number)
        event { center, now, _ in center.agentPickedUp(ref, now: now) }
    }

    mutating func answer(_ number: Int32) throws {
        let ref = try ref(number)
        event { center, now, _ in center.agentAnswered(ref, now: now) }
    }

    mutating func refuse(_ number: Int32, _ cause: RefusalCause = .busy) throws {
        try over(number) { $0.offerFailed($1, cause: cause, now: $2, out: &$3) }
    }

    mutating func leave(_ number: Int32) throws {
        try over(number) { $0.callerLeft($1, now: $2, out: &$3) }
    }

    mutating func fail(_ number: Int32, _ cause: FailureCause) throws {
        try over(number) { $0.callFailed($1, cause: cause, now: $2, out: &$3) }
    }

    mutating func hangUp(_ number: Int32) throws {
        try over(number) { $0.talkEnded($1, now: $2, out: &$3) }
    }

    mutating func clear(_ agent: AgentRef) {
        event { $0.agentCleared(agent, now: $1, out: &$2) }
    }

    mutating func login(_ id: String, _ loggedIn: Bool = true) throws {
        try event { try $0.setLogin(agentID: id, loggedIn: loggedIn, now: $1, out: &$2) }
    }

    mutating func apply(_ policy: Policy) {
        event { $0.apply(policy, now: $1, out: &$2) }
    }

    /// An event that may end an agent's part in the call.
    private mutating func over(
        _ number: Int32,
        _ body: (inout Center, CallRef, Milliseconds, inout [CenterEffect]) -> Void
    ) throws {
        let ref = try ref(number)
        let agent = center.calls.index(of: ref).flatMap { center.calls[$0].agent }.map(center.agents.reference)
        event { body(&$0, ref, $1, &$2) }
        guard clearsAtOnce, let agent else { return }
        let before = effects
        event { $0.agentCleared(agent, now: $1, out: &$2) }
        effects = before + effects
    }

    // MARK: Time

    /// Lets time pass, firing what falls due.
    mutating func advance(by time: Milliseconds, beforeEach body: (CenterTimer, Milliseconds) -> Void = { _, _ in }) {
        effects = []
        let end = now + time
        while let next = timers.indices.min(by: {
            (timers[$0].at, timers[$0].number) < (timers[$1].at, timers[$1].number)
        }),
            timers[next].at <= end
        {
            let (at, _, timer) = timers.remove(at: next)
            now = max(now, at)
            body(timer, now)
            append { $0.fire(timer, now: $1, out: &$2) }
            #expect(center.checkInvariants() == [])
        }
        now = end
    }

    // MARK: Looking

    func ref(_ number: Int32) throws -> CallRef {
        try #require(refs[number])
    }

    /// `1>ann`: call 1 is offered to ann; `2>`: call 2 waits.
    var placements: [String] {
        effects.compactMap { effect in
            switch effect {
            case .offer(_, let owner, let agent): "\(owner)>\(center.definition(of: agent)?.id ?? "?")"
            case .wait(_, let owner): "\(owner)>"
            default: nil
            }
        }
    }

    /// `ann free>incall`, in order.
    var changes: [String] {
        effects.compactMap { effect in
            guard case .agentChanged(let change) = effect else { return nil }
            return "\(change.agentID) \(change.from.rawValue)>\(change.to.rawValue)"
        }
    }

    mutating func snapshot() -> CenterSnapshot {
        center.snapshot(now: now)
    }

    mutating func flow(_ id: String = "support") throws -> CenterSnapshot.Flow {
        try #require(snapshot().flows.first { $0.id == id })
    }

    mutating func agent(_ id: String) throws -> CenterSnapshot.Agent {
        try #require(snapshot().agents.first { $0.id == id })
    }
}

extension FlowDefinition {
    static func flow(
        _ id: String,
        priority: Int = 10,
        skill: String = "help",
        maxWrapup: Milliseconds? = nil,
        threshold: Milliseconds? = nil
    ) -> FlowDefinition {
        FlowDefinition(
            id: id,
            priority: priority,
            skill: skill,
            maxWrapup: maxWrapup,
            messageQueue: "sip:queue@media",
            serviceLevelThreshold: threshold
        )
    }
}

extension AgentDefinition {
    static func agent(
        _ id: String,
        _ skills: [String] = ["help"],
        loggedIn: Bool = true,
        wrapup: Milliseconds? = nil
    ) -> AgentDefinition {
        AgentDefinition(
            id: id,
            location: "sip:\(id)@phones",
            isLoggedIn: loggedIn,
            skills: skills,
            wrapupTime: wrapup
        )
    }
}
