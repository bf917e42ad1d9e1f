/// What a call may do instead of waiting: hear that waiting may be in vain, or go elsewhere (CALLS.md section 3,
/// dissuading and overflow).
extension Center {
    /// The message that dissuades is over, or could not be had, and the call goes on: it returns to its own place.
    package mutating func dissuaded(_ call: CallRef, now: Milliseconds, out: inout [CenterEffect]) {
        guard let index = calls.index(of: call), case .dissuading = calls[index].phase else { return }
        // What came due while he heard it has been said: twice in a row would be once too often.
        if let due = holdTime(ofCall: index), due <= now { calls[index].dissuasions.insert(.onHold) }
        distribute(call: index, now: now, out: &out)
    }

    /// A call that waits or is being dissuaded, or an offer that is taken back from its agent, goes elsewhere: it is in no
    /// queue any more, and its wait goes on until `transferred`, `callerLeft` or `callFailed`. An agent whose phone rang
    /// awaits `agentCleared`.
    package mutating func leave(_ call: CallRef, now: Milliseconds, out: inout [CenterEffect]) {
        guard let index = calls.index(of: call) else { return }
        let phase = calls[index].phase
        switch phase {
        case .queued: leaveQueue(call: index)
        case .welcome, .dissuading, .offered: break
        case .leaving, .talking, .transferred: return
        }
        enter(.leaving, call: index)
        calls[index].pauses = []
        guard case .offered(let offer) = phase else { return }
        let length = offer.isPickedUp ? wrapupTime(agent: offer.agent, flow: calls[index].flow) : 0
        startWrapup(agent: offer.agent, length: length, keepsPlace: !offer.isPickedUp, now: now, out: &out)
    }

    /// The caller is connected to somebody who is no agent. An unanswered call is counted as failed for `cause`; of an
    /// answered one the agent goes to wrap-up and awaits `agentCleared`. The call stays on the list until `callerLeft`,
    /// `callFailed` or `transferEnded`, which count nothing any more.
    package mutating func transferred(
        _ call: CallRef,
        cause: FailureCause = .overflow,
        now: Milliseconds,
        out: inout [CenterEffect]
    ) {
        guard let index = calls.index(of: call) else { return }
        switch calls[index].phase {
        case .talking(let agent, let since):
            countTalk(call: index, agent: agent, since: since, now: now)
            enter(.transferred, call: index)
            startWrapup(
                agent: agent,
                length: wrapupTime(agent: agent, flow: calls[index].flow),
                now: now,
                out: &out
            )
        case .transferred:
            return
        case .welcome, .queued, .dissuading, .offered:
            leave(call, now: now, out: &out)
            failOver(call: index, cause: cause, now: now)
        case .leaving:
            failOver(call: index, cause: cause, now: now)
        }
    }

    /// A transferred call is over.
    package mutating func transferEnded(_ call: CallRef) {
        guard let index = calls.index(of: call), calls[index].phase == .transferred else { return }
        release(call: index)
    }

    /// Whether a call that waits is to go elsewhere since nobody who could take it is logged in.
    package func isAbandoned(_ call: CallRef) -> Bool {
        guard let index = calls.index(of: call), calls[index].phase == .queued else { return false }
        return overflows(flow: calls[index].flow)
    }

    /// Whether a call for the flow is taken although nobody is logged in: its own rule for that case comes before
    /// `reject_on_no_agents`.
    package func takesCalls(_ flow: FlowRef) -> Bool {
        flows.index(of: flow).map { !flows[$0].isRemoved && takesCalls(flow: $0) } ?? false
    }
}

// MARK: - Inside

extension Center {
    @inline(__always)
    func takesCalls(flow: Int) -> Bool {
        !policy.rejectOnNoAgents || skills[flows[flow].skill].logged > 0 || overflows(flow: flow)
    }

    /// Nobody is logged in, and the flow sends its callers elsewhere then.
    @inline(__always)
    func overflows(flow: Int) -> Bool {
        skills[flows[flow].skill].logged == 0 && flows[flow].definition.onNoAgents == .overflow
            && flows[flow].definition.overflowURI != nil
    }

    /// An agent has logged off: where he was the last one, waiting callers go elsewhere if their flow says so, the most urgent
    /// first. Whoever gets the effect asks `isAbandoned` first: another agent may have come in the same turn.
    mutating func overflowAbandonedFlows(skills abandoned: some Sequence<Int>, out: inout [CenterEffect]) {
        let unserved = abandoned.filter { skills.isOccupied($0) && skills[$0].logged == 0 }
        for call in waitingCalls(for: unserved) where overflows(flow: calls[call].flow) {
            out.append(.overflow(call: calls.reference(to: call), owner: calls[call].owner))
        }
    }

    /// Whether the call is to hear now that waiting may be in vain; each reason counts once. Starts the timer of the
    /// reason that is yet to come.
    mutating func isDissuaded(
        call index: Int,
        isArriving: Bool,
        now: Milliseconds,
        out: inout [CenterEffect]
    ) -> Bool {
        guard let dissuading = flows[calls[index].flow].definition.dissuading else { return false }
        if isArriving, isCrowded(flow: calls[index].flow, dissuading) {
            calls[index].dissuasions.insert(.onArrival)
            return true
        }
        guard let due = holdTime(ofCall: index), !calls[index].dissuasions.contains(.onHold) else { return false }
        if due <= now {
            calls[index].dissuasions.insert(.onHold)
            return true
        }
        if !calls[index].hasHoldTimer {
            calls[index].hasHoldTimer = true
            out.append(.wake(at: due, .dissuading(calls.reference(to: index))))
        }
        return false
    }

    /// When the call has been on hold for as long as its flow lets callers wait without a word; nil: never.
    private func holdTime(ofCall index: Int) -> Milliseconds? {
        flows[calls[index].flow].definition.dissuading?.onHoldThreshold.map { calls[index].arrived.adding($0) }
    }

    /// So many wait, or so long, that somebody who comes now had better know.
    private func isCrowded(flow: Int, _ dissuading: FlowDefinition.Dissuading) -> Bool {
        let waiting = queues.count(flows[flow].waiting)
        if let threshold = dissuading.queueSizeThreshold, waiting >= threshold { return true }
        guard let threshold = dissuading.estimatedWaitThreshold else { return false }
        return (estimatedWait(flow: flow, position: waiting) ?? 0) > threshold
    }

    /// The call must be in no queue.
    mutating func dissuade(call index: Int, out: inout [CenterEffect]) {
        let isFinal = flows[calls[index].flow].definition.dissuading?.hangsUp ?? false
        enter(.dissuading(isFinal: isFinal), call: index)
        out.append(.dissuade(call: calls.reference(to: index), owner: calls[index].owner, isFinal: isFinal))
    }

    /// The timer of the time on hold. A call that rings at an agent hears the message if it comes back.
    mutating func holdTimeIsUp(_ call: CallRef, now: Milliseconds, out: inout [CenterEffect]) {
        guard let index = calls.index(of: call) else { return }
        switch calls[index].phase {
        case .queued:
            // A reload may have taken the threshold away, or put it later.
            calls[index].hasHoldTimer = false
            guard isDissuaded(call: index, isArriving: false, now: now, out: &out) else { return }
            leaveQueue(call: index)
            dissuade(call: index, out: &out)
        case .dissuading:
            // He hears it already: twice in a row would be once too often.
            calls[index].dissuasions.insert(.onHold)
        case .welcome, .leaving, .offered, .talking, .transferred:
            break
        }
    }

    private mutating func failOver(call index: Int, cause: FailureCause, now: Milliseconds) {
        let flow = calls[index].flow
        flows[flow].statistics.calls.failed[cause.ordinal] += 1
        flows[flow].statistics.waitTimes.record(now - calls[index].since)
        enter(.transferred, call: index)
    }
}
