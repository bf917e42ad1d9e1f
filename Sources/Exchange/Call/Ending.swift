import CallCenter
import SIP

/// Every way in which a call ends (CALLS.md section 1, step 8).
extension Exchange {
    /// The caller has cancelled or hung up, or (`.system`) is lost: we found that out and ended the call.
    mutating func callerLeft(_ call: Call, by who: CallDetailRecord.EndedBy = .caller, reason: [UInt8]? = nil) {
        if let talk = call.talk {
            finish(call, talk: talk, by: who, reason: reason)
            return
        }
        if case .transferred = call.stage { return endTransferred(call, by: who, reason: reason) }
        let status = who == .system ? 408 : call.isAnswered ? 0 : 487
        record(endOf: call, type: .unanswered, cause: "abandoned", status: status, facts: .abandoned, by: who)
        close(call, reason: reason) { center, now, out in center.callerLeft(call.ref, now: now, out: &out) }
    }

    /// The conversation is over. The Reason of who ended it goes on to the other side (RFC 3326).
    mutating func finish(
        _ call: Call,
        talk: Call.Talk,
        by who: CallDetailRecord.EndedBy,
        reason: [UInt8]? = nil
    ) {
        record(endOf: call, type: .answered, cause: "answered", status: 200, facts: .answered, by: who)
        close(call, reason: reason) { center, now, out in center.talkEnded(call.ref, now: now, out: &out) }
    }

    /// We end a call that no agent has answered.
    mutating func fail(
        _ call: Call,
        cause: FailureCause,
        status: Int,
        by who: CallDetailRecord.EndedBy = .system
    ) {
        if case .transferred = call.stage { return endTransferred(call) }
        let isError = cause == .media || cause == .internal
        record(
            endOf: call,
            type: isError ? .error : .unanswered,
            cause: cause.rawValue,
            status: call.isAnswered ? 0 : status,
            facts: [],
            by: who
        )
        close(call, status: status) { center, now, out in
            center.callFailed(call.ref, cause: cause, now: now, out: &out)
        }
    }

    /// Lets go of every leg and of the agent, and forgets the call.
    mutating func close(
        _ call: Call,
        status: Int = 480,
        reason: [UInt8]? = nil,
        tellCenter: (inout Center, Milliseconds, inout [CenterEffect]) -> Void
    ) {
        let agentRef = call.offer?.agent ?? call.talk?.agent
        let agentLeg = call.offer?.leg ?? call.talk?.leg
        call.timers.disarmAll(on: &agent.wheel)
        let further = [call.previousMedia?.leg, call.briefing?.leg, call.transfer?.leg, call.replacing?.leg]
        for leg in [call.media?.leg] + further + [agentLeg, call.caller] {
            if let leg { agent.hangUp(leg, status: status, reason: reason, now: now) }
        }
        tellCenter(&center, call.overSince ?? now, &distribution)
        if let agentRef, let agentLeg { clear(agentRef, after: agentLeg) }
        call.stage = .ended
        calls.remove(call.id)
        forgetKept(call)
    }

    /// A timer of the call has run out.
    mutating func expired(_ timer: CallTimer, of call: Call) {
        switch timer {
        case .mediaAnswer: loseMedia(of: call, status: 408)
        case .welcomeMax: loseMedia(of: call, status: 408)
        case .holdRetry:
            switch call.stage {
            case .queued: ensureHold(call)
            case .offering: if call.isAnswered { ensureHold(call) }
            case .welcome, .dissuading, .talking, .leaving, .transferred, .ended: break
            }
        case .queuedReminder:
            guard case .queued = call.stage, !call.isAnswered else { return }
            agent.progress(call.caller, status: 182, now: now)
            arm(.queuedReminder, of: call, in: FixedTimes.queuedReminder)
        case .unansweredLimit: fail(call, cause: .media, status: 480)
        case .agentRing: ringTimedOut(call)
        case .cancelLinger: loseOffer(of: call, cause: .noAnswer, status: 408)
        case .briefing: endBriefing(of: call)
        case .handOver: handOverTimedOut(call)
        case .transfer: transferFailed(call, status: 408)
        case .maxWait:
            if let offer = call.offer, offer.pickedUpAt != nil, (call.lastOffer ?? offer.number) == offer.number {
                // The agent has the receiver in his hand: the hand-over has a deadline of its own. Should it fail, he was the last.
                call.lastOffer = offer.number
                arm(.maxWait, of: call, in: configuration.handOverTimeout)
            } else {
                waitIsOver(of: call)
            }
        case .maxDuration:
            if let talk = call.talk {
                finish(call, talk: talk, by: .system)
            } else {
                fail(call, cause: .maxWait, status: 480)
            }
        }
    }
}
