/// The life of a call, event by event.
extension Center {
    /// Takes a new call in: it is counted as received and stands in `welcome` until `enqueue`.
    ///
    /// - Parameters:
    ///   - number: the call's number, `cid` in its records.
    ///   - owner: what the Exchange knows the call by; comes back in effects.
    ///   - callerUser: user part of the caller's URI, for lists.
    /// - Throws: why the call cannot be taken; nothing is counted then.
    package mutating func admit(
        flow: FlowRef,
        number: Int32,
        owner: UInt64,
        callerUser: String,
        callerDisplayName: String,
        now: Milliseconds
    ) throws(AdmissionError) -> CallRef {
        guard let flowIndex = flows.index(of: flow), !flows[flowIndex].isRemoved else { throw .noSuchFlow }
        guard takesCalls(flow: flowIndex) else { throw .noAgents }
        guard calls.count < policy.maxCalls else { throw .full }
        let index = insert(
            CallEntry(
                flow: flowIndex,
                number: number,
                owner: owner,
                callerUser: callerUser,
                callerDisplayName: callerDisplayName,
                since: now
            )
        )
        flows[flowIndex].statistics.calls.received += 1
        flows[flowIndex].onHold += 1
        return calls.reference(to: index)
    }

    /// The welcome is over, or there was none: the call enters the queue. `out` gets `.offer` if an agent is free for
    /// it, else `.wait`.
    package mutating func enqueue(_ call: CallRef, now: Milliseconds, out: inout [CenterEffect]) {
        guard let index = calls.index(of: call), calls[index].phase == .welcome else { return }
        lastArrival += 1
        calls[index].arrival = lastArrival
        calls[index].arrived = now
        distribute(call: index, isArriving: true, now: now, out: &out)
    }

    /// The agent's 200 has come; whether the call is answered shows when he and the caller are joined.
    package mutating func agentPickedUp(_ call: CallRef, now: Milliseconds) {
        guard let index = calls.index(of: call), case .offered(var offer) = calls[index].phase, !offer.isPickedUp else {
            return
        }
        offer.isPickedUp = true
        calls[index].phase = .offered(offer)
        agents[offer.agent].unanswered = 0
        flows[calls[index].flow].statistics.ringTimes.record(now - offer.since)
    }

    /// The agent, who has picked up, hears which queue the call comes from before he is joined to the caller, who waits
    /// on (state `preagent`).
    package mutating func agentBriefed(_ call: CallRef, now: Milliseconds) {
        agentPickedUp(call, now: now)
        guard let index = calls.index(of: call), case .offered(var offer) = calls[index].phase else { return }
        offer.isBriefed = true
        enter(.offered(offer), call: index)
    }

    /// The moment of "Answered" (CALLS.md section 4): the wait is over, talk time starts. Implies `agentPickedUp`.
    package mutating func agentAnswered(_ call: CallRef, now: Milliseconds) {
        agentPickedUp(call, now: now)
        guard let index = calls.index(of: call), case .offered(let offer) = calls[index].phase else { return }
        let flow = calls[index].flow
        let wait = now - calls[index].since
        let limit = flows[flow].definition.serviceLevelThreshold ?? policy.serviceLevelThreshold
        enter(.talking(agent: offer.agent, since: now), call: index)
        calls[index].pauses = []
        agents[offer.agent].statistics.answered += 1
        flows[flow].statistics.calls.answered += 1
        flows[flow].statistics.waitTimes.record(wait)
        if wait <= limit { flows[flow].statistics.answeredInTime += 1 }
    }

    /// The agent has not taken the call, which is still there: he goes to wrap-up and awaits `agentCleared`; the call
    /// returns to its own place in (priority, arrival) and is offered to another agent who is free, or waits (`.offer`
    /// or `.wait`).
    ///
    /// To be called when the agent's leg cannot answer any more (final response, or two seconds after the CANCEL).
    package mutating func offerFailed(
        _ call: CallRef,
        cause: RefusalCause,
        now: Milliseconds,
        out: inout [CenterEffect]
    ) {
        guard let index = calls.index(of: call), case .offered(let offer) = calls[index].phase else { return }
        let flow = calls[index].flow
        enter(.queued, call: index)
        calls[index].refusals &+= 1
        agents[offer.agent].statistics.refusals[cause.ordinal] += 1
        pause(call: index, agent: offer.agent, now: now, out: &out)
        startWrapup(agent: offer.agent, length: wrapupTime(agent: offer.agent, flow: flow), now: now, out: &out)
        if cause == .noAnswer { countUnanswered(agent: offer.agent, now: now, out: &out) }
        distribute(call: index, now: now, out: &out)
    }

    /// The caller has hung up or cancelled. Before the answer the call is abandoned: an agent whose phone only rang
    /// keeps his place among the free ones, one who had picked up goes to wrap-up. After it, the talk has ended.
    package mutating func callerLeft(_ call: CallRef, now: Milliseconds, out: inout [CenterEffect]) {
        guard let index = calls.index(of: call) else { return }
        switch calls[index].phase {
        case .talking: return talkEnded(call, now: now, out: &out)
        case .transferred: return release(call: index)
        case .welcome, .queued, .dissuading, .leaving, .offered: break
        }
        flows[calls[index].flow].statistics.calls.abandoned += 1
        if let agent = calls[index].agent { agents[agent].statistics.abandoned += 1 }
        endUnanswered(call: index, now: now, out: &out)
    }

    /// The call ends without an answer and not by the caller's leaving. After the answer, the talk has ended.
    package mutating func callFailed(
        _ call: CallRef,
        cause: FailureCause,
        now: Milliseconds,
        out: inout [CenterEffect]
    ) {
        guard let index = calls.index(of: call) else { return }
        switch calls[index].phase {
        case .talking: return talkEnded(call, now: now, out: &out)
        case .transferred: return release(call: index)
        case .welcome, .queued, .dissuading, .leaving, .offered: break
        }
        flows[calls[index].flow].statistics.calls.failed[cause.ordinal] += 1
        endUnanswered(call: index, now: now, out: &out)
    }

    /// An answered call is over: its agent goes to wrap-up and awaits `agentCleared`.
    package mutating func talkEnded(_ call: CallRef, now: Milliseconds, out: inout [CenterEffect]) {
        guard let index = calls.index(of: call), case .talking(let agent, let since) = calls[index].phase else {
            return
        }
        let flow = calls[index].flow
        let length = wrapupTime(agent: agent, flow: flow)
        countTalk(call: index, agent: agent, since: since, now: now)
        release(call: index)
        startWrapup(agent: agent, length: length, now: now, out: &out)
    }

    /// One more talk of an agent is over.
    mutating func countTalk(call index: Int, agent: Int, since: Milliseconds, now: Milliseconds) {
        let length = max(0, now - since)
        flows[calls[index].flow].statistics.talkTimes.record(length)
        agents[agent].statistics.talkTime += UInt64(length)
        agents[agent].statistics.talks += 1
    }
}

// MARK: - Inside

extension Center {
    private mutating func endUnanswered(call index: Int, now: Milliseconds, out: inout [CenterEffect]) {
        let flow = calls[index].flow
        let phase = calls[index].phase
        flows[flow].statistics.waitTimes.record(now - calls[index].since)
        switch phase {
        case .welcome, .dissuading, .leaving, .talking, .transferred:
            release(call: index)
        case .queued:
            leaveQueue(call: index)
            release(call: index)
        case .offered(let offer):
            let length = offer.isPickedUp ? wrapupTime(agent: offer.agent, flow: flow) : 0
            release(call: index)
            startWrapup(agent: offer.agent, length: length, keepsPlace: !offer.isPickedUp, now: now, out: &out)
        }
    }

    /// Gives the newest call its slot. Those that have gone stay among `admissions` until they are most of them: a list through the
    /// calls would have one that goes look for its neighbours, which are in no cache.
    mutating func insert(_ call: CallEntry) -> Int {
        if admissions.count > 2 * calls.count + 1_024 { admissions = admissions.filter { calls.index(of: $0) != nil } }
        let index = calls.insert(call)
        admissions.append(calls.reference(to: index))
        return index
    }

    /// What the call does from now on; its flow's numbers follow. Queues are up to the caller.
    mutating func enter(_ phase: CallEntry.Phase, call index: Int) {
        let flow = calls[index].flow
        flows[flow].count(calls[index].phase.tally, by: -1)
        calls[index].phase = phase
        flows[flow].count(phase.tally, by: 1)
    }

    /// Forgets the call. It must have left the queue and, if it had an agent, he must be given something else to do.
    mutating func release(call index: Int) {
        let flow = calls[index].flow
        flows[flow].count(calls[index].phase.tally, by: -1)
        calls.remove(at: index)
        releaseFlowIfDone(flow)
    }

    /// Keeps the call from being offered to the agent again for `reoffer_delay`.
    private mutating func pause(call index: Int, agent: Int, now: Milliseconds, out: inout [CenterEffect]) {
        guard policy.reofferDelay > 0 else { return }
        pause(call: index, agent: agent, until: now.adding(policy.reofferDelay), out: &out)
    }

    /// The pair's pause, which is known by the number of the call's newest refusal.
    mutating func pause(call index: Int, agent: Int, until: Milliseconds, out: inout [CenterEffect]) {
        let (agent, refusal) = (agents.reference(to: agent), calls[index].refusals)
        calls[index].pauses.append(CallEntry.Pause(agent: agent, refusal: refusal, until: until))
        out.append(.wake(at: until, .reoffer(calls.reference(to: index), agent, refusal: refusal)))
    }

    /// The agent's own wrap-up time, else the global one, capped by the flow's.
    @inline(__always)
    func wrapupTime(agent: Int, flow: Int) -> Milliseconds {
        let own = agents[agent].definition.wrapupTime ?? policy.wrapupTime
        return max(0, min(own, flows[flow].definition.maxWrapup ?? own))
    }
}

extension Milliseconds {
    /// This moment plus a length of time from a database or a file, which may be absurd.
    func adding(_ length: Milliseconds) -> Milliseconds {
        let (sum, isOverflowing) = addingReportingOverflow(length)
        return isOverflowing ? .max : sum
    }
}
