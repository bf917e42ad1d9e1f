/// What agents do: log-in, wrap-up, becoming free.
extension Center {
    /// Logs an agent in or off. A log-in sets "free since" to now; a log-off during a call or wrap-up lets it finish.
    /// Nothing happens if he is so already.
    package mutating func setLogin(
        agentID: String,
        loggedIn: Bool,
        now: Milliseconds,
        out: inout [CenterEffect]
    ) throws(UnknownAgentError) {
        guard let agent = agentIndex[agentID], !agents[agent].isRemoved else { throw UnknownAgentError(id: agentID) }
        setLogin(agent: agent, loggedIn: loggedIn, now: now, out: &out)
        distribute(agent: agent, now: now, out: &out)
    }

    /// The leg to the agent's phone is gone (final response to its CANCEL or BYE), or has had its second: to be told
    /// once after each `offerFailed`, `callerLeft`, `callFailed` or `talkEnded` of a call that he had.
    package mutating func agentCleared(_ agent: AgentRef, now: Milliseconds, out: inout [CenterEffect]) {
        guard let index = agents.index(of: agent), case .wrapup(var wrapup) = agents[index].activity else { return }
        wrapup.clearingSince = nil
        agents[index].activity = .wrapup(wrapup)
        if wrapup.isOver || agents[index].isRemoved { becomeFree(agent: index, now: now, out: &out) }
    }

    /// Takes back a timer of `CenterEffect.wake`, at its time or later. Stale ones do nothing.
    package mutating func fire(_ timer: CenterTimer, now: Milliseconds, out: inout [CenterEffect]) {
        switch timer {
        case .wrapup(let agent, let episode):
            guard let index = agents.index(of: agent), agents[index].episode == episode else { return }
            endWrapup(agent: index, now: now, out: &out)
        case .reoffer(let call, let agent, let refusal):
            guard let index = calls.index(of: call),
                let pause = calls[index].pauses.firstIndex(where: { $0.refusal == refusal })
            else { return }
            calls[index].pauses.remove(at: pause)
            guard let agent = agents.index(of: agent) else { return }
            distribute(agent: agent, now: now, out: &out)
        case .dissuading(let call):
            holdTimeIsUp(call, now: now, out: &out)
        }
    }
}

// MARK: - Inside

extension Center {
    /// As `setLogin(agentID:…)`, but leaves the matching to the caller.
    mutating func setLogin(agent: Int, loggedIn: Bool, now: Milliseconds, out: inout [CenterEffect]) {
        guard agents[agent].isLoggedIn != loggedIn else { return }
        leaveIdle(agent: agent)
        for skill in agents[agent].skills { skills[skill].logged += loggedIn ? 1 : -1 }
        if !loggedIn { overflowAbandonedFlows(skills: agents[agent].skills, out: &out) }
        agents[agent].unanswered = 0
        if loggedIn { startBeingFree(agent: agent, now: now) }
        change(agent: agent, now: now, out: &out) { $0.isLoggedIn = loggedIn }
        if loggedIn, agents[agent].activity == .free {
            agents[agent].since = now
            enterIdle(agent: agent)
        }
    }

    /// The agent's call is over for him; `length` 0 only waits for his leg to go.
    mutating func startWrapup(
        agent: Int,
        length: Milliseconds,
        keepsPlace: Bool = false,
        now: Milliseconds,
        out: inout [CenterEffect]
    ) {
        let ends = now.adding(length)
        let wrapup = AgentEntry.Wrapup(ends: ends, clearingSince: now, isOver: length <= 0, keepsPlace: keepsPlace)
        agents[agent].episode &+= 1
        change(agent: agent, now: now, out: &out) { $0.activity = .wrapup(wrapup) }
        if !wrapup.isOver {
            out.append(.wake(at: ends, .wrapup(agents.reference(to: agent), episode: agents[agent].episode)))
        }
    }

    mutating func endWrapup(agent: Int, now: Milliseconds, out: inout [CenterEffect]) {
        guard case .wrapup(var wrapup) = agents[agent].activity, !wrapup.isOver else { return }
        wrapup.isOver = true
        agents[agent].activity = .wrapup(wrapup)
        if wrapup.clearingSince == nil { becomeFree(agent: agent, now: now, out: &out) }
    }

    /// From wrap-up to free, and in the same turn to the best waiting call. A removed agent is let go.
    mutating func becomeFree(agent: Int, now: Milliseconds, out: inout [CenterEffect]) {
        guard case .wrapup(let wrapup) = agents[agent].activity else { return }
        if !wrapup.keepsPlace { startBeingFree(agent: agent, now: now) }
        change(agent: agent, now: now, out: &out) { $0.activity = .free }
        agents[agent].since = agents[agent].freeSince
        if agents[agent].isRemoved { return release(agent: agent) }
        guard agents[agent].isLoggedIn else { return }
        // In this order: while calls wait he would have to leave the queues of his skills as soon as he has entered them.
        if !takeBestCall(agent: agent, now: now, out: &out) { enterIdle(agent: agent) }
    }

    /// One more offer that rang in vain; after too many in a row the agent is logged off.
    mutating func countUnanswered(agent: Int, now: Milliseconds, out: inout [CenterEffect]) {
        agents[agent].unanswered += 1
        guard policy.maxNoAnswer > 0, agents[agent].unanswered >= policy.maxNoAnswer, agents[agent].isLoggedIn else {
            return
        }
        agents[agent].statistics.noAnswerLogoffs += 1
        out.append(.agentLoggedOffForNoAnswer(agentID: agents[agent].definition.id))
        setLogin(agent: agent, loggedIn: false, now: now, out: &out)
    }

    /// Applies `body` and reports the change if there is one to see.
    mutating func change(
        agent: Int,
        now: Milliseconds,
        out: inout [CenterEffect],
        _ body: (inout AgentEntry) -> Void
    ) {
        let (before, wasLoggedIn) = (agents[agent].state, agents[agent].isLoggedIn)
        body(&agents[agent])
        let (after, isLoggedIn) = (agents[agent].state, agents[agent].isLoggedIn)
        guard before != after || wasLoggedIn != isLoggedIn else { return }
        if before != after { agents[agent].since = now }
        var change = AgentChange(
            agentID: agents[agent].definition.id,
            from: AgentChange.Presence(before, isLoggedIn: wasLoggedIn),
            to: AgentChange.Presence(after, isLoggedIn: isLoggedIn),
            state: after,
            isLoggedIn: isLoggedIn
        )
        switch agents[agent].activity {
        case .free: break
        case .incall(let call): change.flowID = flows[calls[call].flow].definition.id
        case .wrapup(let wrapup): change.wrapupEnds = wrapup.ends
        }
        out.append(.agentChanged(change))
    }

    private mutating func startBeingFree(agent: Int, now: Milliseconds) {
        lastFreeOrder += 1
        agents[agent].freeOrder = lastFreeOrder
        agents[agent].freeSince = now
    }
}
