import CallCenter
import SIP

/// INVITE with Replaces from a source that is admitted: a new leg takes the place of one of a call (RFC 3891; CALLS.md section 2,
/// REFER). Whoever that one talks to gets a re-INVITE with what the new one offers; when he has taken it, the old one gets a BYE.
extension Exchange {
    mutating func replace(_ leg: LegID, _ invite: Message, _ outcome: ReplacesOutcome) {
        let status: Int
        switch outcome {
        case .malformed: status = 400
        case .unknown: status = 481
        case .notEarly: status = 486
        // A phone that rings does so for the agent whom the distribution has picked.
        case .over, .early: status = 603
        case .confirmed(let old):
            guard let owner = agent.owner(of: old), Bridge.id(owner: owner) == nil,
                let call = calls[CallID(owner: owner)], let peer = peer(of: old, in: call)
            else {
                status = 603
                break
            }
            guard call.relay == nil, call.replacing == nil, call.transfer == nil, !call.isBeingJoined,
                call.awaitsCallersAnswer == nil
            else {
                status = 491
                break
            }
            touched.append(call.id)
            agent.setOwner(call.id.owner, of: leg)
            call.replacing = Call.Replacing(leg: leg, replaced: old)
            relayOffer(agent.remoteOffer(of: leg), from: leg, to: peer, of: call)
            return
        }
        agent.refuse(leg, status: status, now: now)
    }

    /// Who is connected to a leg that may be replaced: the caller's, his agent's, or that of somebody he was handed on to.
    private func peer(of leg: LegID, in call: Call) -> LegID? {
        if leg == call.caller { return call.connected }
        guard leg == call.connected, leg == call.talk?.leg || (call.isTransferred && leg == call.media?.leg) else {
            return nil
        }
        return call.caller
    }

    mutating func handleReplacing(_ event: LegEvent, of call: Call) {
        switch event {
        case .cancelled(let leg, _), .hungUp(let leg, _), .gone(let leg):
            call.replacing = nil
            forget(leg, of: call)
        case .invited, .progress, .answered, .refused, .acknowledged, .offered, .offerCancelled, .modified,
            .modificationRefused, .requested, .released:
            break
        }
    }

    /// The other side has taken what the new leg offers, and that leg has its 200.
    mutating func replaced(_ replacing: Call.Replacing, in call: Call) {
        let (new, old) = (replacing.leg, replacing.replaced)
        call.replacing = nil
        call.callIDs.append(agent.callID(of: new))
        agent.keepAlive(new, now: now)
        if old == call.caller {
            call.caller = new
        } else {
            if let talk = call.talk {
                call.stage = .talking(talk.with(leg: new))
            } else {
                call.media = Call.MediaLeg(leg: new, purpose: .overflow, isUp: true)
            }
            call.connected = new
        }
        agent.hangUp(old, status: 480, now: now)
    }

    /// Its INVITE is to come again: what it asks for cannot be had now.
    mutating func refuseReplacing(of call: Call) {
        guard let replacing = call.replacing else { return }
        call.replacing = nil
        forget(replacing.leg, of: call)
        agent.refuse(replacing.leg, status: 491, now: now)
    }

    /// Refuses the INVITE, re-INVITE or UPDATE whose offer was on its way to the other side.
    mutating func refuseRelayed(from leg: LegID, status: Int, warning: SessionWarning? = nil, of call: Call) {
        if call.replacing?.leg == leg { call.replacing = nil }
        agent.refuse(leg, status: status, warning: warning, now: now)
    }
}
