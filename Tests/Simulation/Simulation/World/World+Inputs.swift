import CallCenter
import Exchange
import SIP

/// What comes to the core besides datagrams and time.
extension World {
    func provision(_ provisioning: Provisioning) {
        if isPostponed({ [self] in provision(provisioning) }) { return }
        note("reload: flows \(provisioning.flows.map(\.id)), agents \(provisioning.agents.map(\.id))")
        judge.shadow.provision(provisioning)
        let refused = Set(provisioning.refused.map(\.id)).subtracting(provisioning.agents.map(\.id))
        let kept = inForce.agents.filter { refused.contains($0.id) }
        inForce = Provisioning(flows: provisioning.flows, agents: provisioning.agents + kept)
        _ = exchange.provision(provisioning, now: now)
        collect(.reload)
    }

    func setLogin(_ agent: Int, _ isLoggedIn: Bool) {
        if isPostponed({ [self] in setLogin(agent, isLoggedIn) }) { return }
        note("a\(agent) is logged \(isLoggedIn ? "in" : "off")", about: ["a\(agent)"])
        // He may be gone by a reload.
        try? exchange.setLogin(agentID: "a\(agent)", loggedIn: isLoggedIn, now: now)
        collect(.login)
    }

    func configure(_ change: @escaping (inout ExchangeConfiguration) -> Void) {
        if isPostponed({ [self] in configure(change) }) { return }
        var configuration = exchange.configuration
        change(&configuration)
        note("another configuration")
        // What a command has switched stays so until the file says something else.
        let wasOn = judge.shadow.policy.internalDispatching
        let isChanged = configuration.policy.internalDispatching != exchange.configuration.policy.internalDispatching
        judge.shadow.policy = configuration.policy
        if !isChanged { judge.shadow.policy.internalDispatching = wasOn }
        exchange.apply(configuration, now: now)
        collect(.configuration)
    }

    /// Every call is ended, and new ones get 503.
    func shutDown() {
        if isPostponed({ [self] in shutDown() }) { return }
        note("the core shuts down")
        isShutDown = true
        exchange.shutDown(now: now)
        collect(.operation)
    }

    func resetStatistics() {
        if isPostponed({ [self] in resetStatistics() }) { return }
        exchange.resetStatistics(now: now)
        collect(.operation)
    }

    /// Mends what is broken, which is nothing.
    func lookAround() {
        if isPostponed({ [self] in lookAround() }) { return }
        exchange.repair(now: now)
        collect(.operation)
        expectAnswers()
    }

    // MARK: Commands

    /// Mostly a call that there is.
    func anyCall() -> Int {
        if random.happens(90), let number = random.pick(judge.shadow.alive) { return number }
        return random.number(0...judge.shadow.calls.count)
    }

    func setDispatching(_ isOn: Bool) {
        if isPostponed({ [self] in setDispatching(isOn) }) { return }
        note("internal dispatching is \(isOn ? "on" : "off")")
        judge.shadow.policy.internalDispatching = isOn
        exchange.setDispatching(isOn, now: now)
        collect(.operation)
    }

    func dispatch(_ call: Int, to agent: Int) {
        if isPostponed({ [self] in dispatch(call, to: agent) }) { return }
        let expected = judge.shadow.answer(toDispatch: call, agent)
        note("call \(call) is dispatched to a\(agent): \(expected)", about: labels(call, agent))
        if expected == .ok { judge.shadow.dispatched = (call, agent) }
        let answer = Shadow.Answer {
            () throws(SteeringError) in
            try exchange.dispatch(call: Int32(call), agentID: "a\(agent)", now: now)
        }
        if answer != expected {
            complain("dispatching call \(call) to a\(agent): \(answer)", about: labels(call, agent))
        }
        collect(.operation)
        if judge.shadow.dispatched != nil {
            complain("call \(call) was not offered to a\(agent)", about: labels(call, agent))
            judge.shadow.dispatched = nil
        }
    }

    func endCall(_ call: Int) {
        if isPostponed({ [self] in endCall(call) }) { return }
        let isThere = judge.shadow.alive.contains(call)
        note("call \(call) is ended", about: labels(call, -1))
        let answer = Shadow.Answer { () throws(SteeringError) in try exchange.endCall(Int32(call), now: now) }
        if answer != (isThere ? .ok : .unknown) { complain("ending call \(call): \(answer)", about: labels(call, -1)) }
        collect(.operation)
        if judge.shadow.alive.contains(call) { complain("call \(call) goes on", about: labels(call, -1)) }
    }

    func moveCall(_ call: Int, to place: Int) {
        if isPostponed({ [self] in moveCall(call, to: place) }) { return }
        note("call \(call) is moved to \(place)", about: labels(call, -1))
        let expected = judge.shadow.move(call, to: place)
        let got = try? exchange.moveCall(Int32(call), to: place, now: now)
        if got != expected { complain("call \(call) was moved to \(got ?? -1)", about: labels(call, -1)) }
        collect(.operation)
    }

    func endWrapup(_ agent: Int) {
        if isPostponed({ [self] in endWrapup(agent) }) { return }
        let isResting = judge.shadow.agents[agent].isKnown && judge.shadow.agents[agent].state == .wrapup
        note("the wrap-up of a\(agent) is ended", about: labels(-1, agent))
        if isResting { judge.shadow.cutWrapup(agent, now: now) }
        let answer = Shadow.Answer {
            () throws(SteeringError) in try exchange.endWrapup(agentID: "a\(agent)", now: now)
        }
        let isKnown = judge.shadow.agents[agent].isKnown
        if answer != (!isKnown ? .unknown : isResting ? .ok : .unsuitable) {
            complain("ending the wrap-up of a\(agent): \(answer)", about: labels(-1, agent))
        }
        collect(.operation)
    }

    func freeAgent(_ agent: Int) {
        if isPostponed({ [self] in freeAgent(agent) }) { return }
        let known = judge.shadow.agents[agent]
        note("a\(agent) is freed", about: labels(-1, agent))
        if known.isKnown {
            judge.shadow.freed = agent
            judge.shadow.cutWrapup(agent, now: now)
        }
        let hold = try? exchange.freeAgent("a\(agent)", now: now)
        if (hold != nil) != known.isKnown { complain("freeing a\(agent): \(known.isKnown)", about: labels(-1, agent)) }
        if let hold, (hold == .nothing) != (known.state == .free) {
            complain("a\(agent), who was \(known.state), was held by \(hold)", about: labels(-1, agent))
        }
        collect(.operation)
        judge.shadow.freed = nil
    }

    private func labels(_ call: Int, _ agent: Int) -> [String] {
        [judge.shadow.call(Int32(call))?.caller, agent >= 0 ? "a\(agent)" : nil].compactMap(\.self)
    }
}
