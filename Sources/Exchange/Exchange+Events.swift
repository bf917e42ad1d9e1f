import CallCenter
import SIP

/// Whose a leg's event is, and what all calls need.
extension Exchange {
    mutating func handle(_ event: LegEvent, owner: UInt64) {
        if case .invited(let leg, let invitation) = event {
            arrive(leg, invitation)
            return
        }
        if case .released(let leg) = event {
            cleared(leg)
            return
        }
        if let id = Bridge.id(owner: owner) {
            if let bridge = bridges[id] {
                handleBridge(event, bridge)
            } else if case .requested(_, let request) = event {
                agent.answer(request, status: 481, now: now)
            }
            return
        }
        guard let call = calls[CallID(owner: owner)] else {
            if case .requested(_, let request) = event { agent.answer(request, status: 481, now: now) }
            return
        }
        touched.append(call.id)
        let leg = event.leg
        if case .requested(_, let request) = event {
            pass(request, from: leg, of: call)
        } else if leg == call.caller {
            handleCaller(event, of: call)
        } else if leg == call.media?.leg {
            handleMedia(event, of: call)
        } else if leg == call.previousMedia?.leg {
            handlePreviousMedia(event, of: call)
        } else if leg == call.briefing?.leg {
            handleBriefing(event, of: call)
        } else if leg == call.offer?.leg {
            handleOffered(event, of: call)
        } else if leg == call.talk?.leg {
            handleTalking(event, of: call)
        } else if leg == call.transfer?.leg {
            handleTransfer(event, of: call)
        } else if leg == call.replacing?.leg {
            handleReplacing(event, of: call)
        }
    }

    // MARK: Calls

    mutating func arm(_ timer: CallTimer, of call: Call, in delay: Milliseconds) {
        call.timers.arm(timer, of: call.id, at: now + delay, on: &agent.wheel)
    }

    mutating func disarm(_ timer: CallTimer, of call: Call) {
        call.timers.disarm(timer, on: &agent.wheel)
    }

    mutating func note(_ notice: Notice) { effects.notices.append(notice) }

    mutating func noteState(of call: Call) {
        note(
            .callState(
                number: call.facts.number,
                call.state,
                flowID: call.flow.id,
                agentID: call.agentID
            )
        )
    }
}
