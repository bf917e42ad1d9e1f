import CallCenter
import SIP

/// Where callers go when nobody comes: into another flow, or to a SIP URI (CALLS.md section 3, overflow).
extension Exchange {
    /// How many flows one call may go through; each at most once, so that flows that name each other end it.
    private static let mostFlows = 8

    /// `max_wait` is over.
    mutating func waitIsOver(of call: Call) {
        if call.flow.overflowURI != nil {
            overflow(call)
        } else {
            fail(call, cause: .maxWait, status: 480)
        }
    }

    /// The call leaves its flow. An agent whose phone rings for it is let go.
    mutating func overflow(_ call: Call) {
        guard let target = call.flow.overflowURI else { return }
        note(.callOverflows(number: call.facts.number, flowID: call.flow.id, to: target))
        disarm(.maxWait, of: call)
        stopWaiting(call)
        let offer = call.offer
        if let offer {
            takeBack(offer, of: call)
            call.stage = .queued
        }
        center.leave(call.ref, now: now, out: &distribution)
        if let offer { clear(offer.agent, after: offer.leg) }
        if FlowDefinition.isAddress(target) {
            call.stage = .leaving(to: target)
            setMediaAside(of: call)
            callMedia(.overflow, for: call)
        } else {
            enter(flow: target, call)
        }
    }

    /// The agent's phone is not to answer any more; what the distribution makes of it is up to the caller.
    mutating func takeBack(_ offer: Call.Offer, of call: Call) {
        disarm(.agentRing, of: call)
        disarm(.cancelLinger, of: call)
        disarm(.handOver, of: call)
        dropBriefing(of: call)
        forget(offer.leg, of: call)
        agent.hangUp(offer.leg, status: 480, now: now)
    }

    // MARK: Another flow

    /// The call is recorded in the flow that it leaves and begins anew in the other, as a call of its own. Its wait still counts
    /// from its INVITE.
    private mutating func enter(flow target: String, _ call: Call) {
        let before = call.flow
        guard target != before.id, !call.flowsBefore.contains(target), call.flowsBefore.count < Self.mostFlows,
            let flow = center.flow(named: target), center.takesCalls(flow),
            let definition = center.sharedDefinition(of: flow)
        else {
            fail(call, cause: .overflow, status: 480)
            return
        }
        record(
            endOf: call,
            type: .unanswered,
            cause: FailureCause.overflow.rawValue,
            status: 0,
            facts: [],
            by: .system,
            transferredTo: target
        )
        center.callFailed(call.ref, cause: .overflow, now: now, out: &distribution)
        call.flowsBefore.append(before.id)
        call.offersMade = 0
        enter(flow, definition, facts: call.facts.renewed(uuid: mintUUID(), number: nextNumber()), call)
    }

    /// The same call in another flow, with its number and UUID.
    mutating func enter(_ flow: FlowRef, _ definition: Shared<FlowDefinition>, facts: CallFacts, _ call: Call) {
        let ref = try? center.admit(
            flow: flow,
            number: facts.number,
            owner: call.id.owner,
            callerUser: configuration.callerMask.hide(facts.callerUser),
            callerDisplayName: configuration.callerMask.hide(facts.callerDisplayName),
            now: facts.received
        )
        guard let ref else {
            found("call \(call.facts.number) found no room in flow \(definition.id), having just made some")
            close(call) { _, _, _ in }
            return
        }
        begin(call, ref, definition, facts: facts)
    }

    private mutating func begin(_ call: Call, _ ref: CallRef, _ definition: Shared<FlowDefinition>, facts: CallFacts) {
        let before = call.flow
        // Flow and number may be as they were, if an agent has sent it back to where it came from.
        call.kept = nil
        call.facts = facts
        call.ref = ref
        call.flow = definition
        call.refusals = 0
        call.lastOffer = nil
        call.callIDs = ([call.caller] + [call.media?.leg].compactMap(\.self)).map { agent.callID(of: $0) }
        noteArrival(of: call)
        arm(.maxWait, of: call, in: definition.maxWait ?? configuration.maxWait)
        if definition.messageWelcome != nil {
            call.stage = .welcome
            noteState(of: call)
            setMediaAside(of: call)
            callMedia(.welcome, for: call)
        } else {
            if definition.messageQueue != before.messageQueue || call.media?.purpose != .hold {
                setMediaAside(of: call)
            }
            distribute(call)
        }
    }

    // MARK: Somebody who is no agent

    /// He has answered and been joined to the caller: for the flow the call is over, for the caller it goes on.
    mutating func transferred(_ call: Call, to target: String) {
        call.stage = .transferred
        record(
            endOf: call,
            type: .unanswered,
            cause: FailureCause.overflow.rawValue,
            status: 200,
            facts: [],
            by: .system,
            transferredTo: target,
            isOver: false
        )
        center.transferred(call.ref, cause: .overflow, now: now, out: &distribution)
        noteState(of: call)
    }

    /// He did not answer.
    mutating func overflowFailed(of call: Call, status: Int) {
        switch call.stage {
        case .leaving: fail(call, cause: .overflow, status: statusForOthers(status >= 300 ? status : 480))
        case .transferred: endTransferred(call)
        case .welcome, .queued, .dissuading, .offering, .talking, .ended: break
        }
    }

    /// He has hung up.
    mutating func overflowEnded(of call: Call) {
        overflowFailed(of: call, status: 480)
    }

    /// Its record has been written when it was connected.
    mutating func endTransferred(
        _ call: Call,
        by who: CallDetailRecord.EndedBy = .system,
        reason: [UInt8]? = nil
    ) {
        note(
            .callEnded(
                number: call.facts.number,
                flowID: call.flow.id,
                agentID: nil,
                cause: "transferred",
                by: who
            )
        )
        close(call, reason: reason) { center, _, _ in center.transferEnded(call.ref) }
    }
}

extension Call {
    /// Whom the call goes to outside.
    var overflowTarget: String? {
        if case .leaving(let target) = stage { target } else { handedOnTo }
    }
}
