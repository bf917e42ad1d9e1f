import CallCenter
import SIP

/// The offer of a call to an agent, until he has it or does not want it (CALLS.md section 1, step 6).
extension Exchange {
    /// The distribution has reserved an agent: his phone is called.
    mutating func offer(_ call: Call, to agentRef: AgentRef) {
        guard case .queued = call.stage else {
            found("call \(call.facts.number) was offered in state \(call.state.rawValue)")
            center.offerFailed(call.ref, cause: .failed, now: now, out: &distribution)
            center.agentCleared(agentRef, now: now, out: &distribution)
            return
        }
        // Hold media that has not answered an unanswered caller yet makes way: he hears the agent's phone ring.
        if !call.isAnswered { dropMedia(of: call) }
        disarm(.queuedReminder, of: call)
        disarm(.unansweredLimit, of: call)
        call.offersMade += 1
        let description = firstOffer(for: call)
        guard let definition = center.definition(of: agentRef),
            let leg = inviteAgent(definition, for: call, offering: description)
        else {
            refuse(call, agentRef, center.definition(of: agentRef)?.id ?? "", cause: .unreachable, status: 0)
            clearLater(agentRef, at: now + FixedTimes.agentClearing)
            return
        }
        call.stage = .offering(
            Call.Offer(
                agent: agentRef,
                agentID: definition.id,
                leg: leg,
                number: call.offersMade,
                started: now,
                offered: call.isAnswered ? description : nil
            )
        )
        arm(.agentRing, of: call, in: configuration.agentRingTimeout)
        agent.keepAlive(leg, now: now)
        noteState(of: call)
        guard call.isAnswered else { return }
        // Nobody shall pick up for a caller who is gone.
        agent.probe(call.caller, ifSilentFor: FixedTimes.silenceBeforeOffer, now: now)
        if !call.hasEnded { ensureHold(call) }
    }

    mutating func handleOffered(_ event: LegEvent, of call: Call) {
        guard let offer = call.offer else { return }
        switch event {
        case .progress(_, let status, let description):
            relayProgress(
                status,
                call.flow.messageFlowID == nil ? description : nil,
                from: offer.leg,
                of: call
            )
        case .answered(_, let description):
            disarm(.agentRing, of: call)
            disarm(.cancelLinger, of: call)
            guard let description else {
                loseOffer(of: call, cause: .media, status: 488)
                return
            }
            if call.flow.messageFlowID == nil {
                pickedUp(description, offer: offer, of: call)
            } else {
                brief(description, offer: offer, of: call)
            }
        case .refused(_, let status):
            if status == 421, offersAgain(offer, of: call) { return }
            let cause = offer.progress == .cancelling ? .noAnswer : RefusalCause(sipStatus: status)
            loseOffer(of: call, cause: cause, status: status)
        case .hungUp, .gone:
            // After his 200 and before he was joined: his phone gave up.
            loseOffer(of: call, cause: .failed, status: 0)
        case .offered(let leg, _):
            agent.refuse(leg, status: 491, now: now)
        case .modified(_, let reinvite, let description):
            briefedAgentAnswered(description, to: reinvite, of: call)
        case .modificationRefused(_, let reinvite, let status):
            briefedAgentRefused(reinvite, status: status, of: call)
        case .invited, .cancelled, .acknowledged, .offerCancelled, .requested, .released:
            break
        }
    }

    /// His 200: an unanswered caller gets it, an answered one gets his offer in a re-INVITE.
    private mutating func pickedUp(_ description: SessionDescription, offer: Call.Offer, of call: Call) {
        center.agentPickedUp(call.ref, now: now)
        guard case .unanswered(let callersOffer) = call.callerSide else {
            var offer = offer
            offer.progress = .pickedUp(at: now)
            call.stage = .offering(offer)
            arm(.handOver, of: call, in: configuration.handOverTimeout)
            if offer.offered != nil { agent.acknowledge(offer.leg, relaying: nil, now: now) }
            join(offer.leg, offer: description, isAgent: true, of: call)
            return
        }
        guard !isUnlike(description, callersOffer) else { return loseOffer(of: call, cause: .media, status: 488) }
        answerCaller(of: call, with: description, from: offer.leg, offer: callersOffer)
        talk(call, offer: offer, pickup: now - offer.started)
    }

    /// His time to answer is over: CANCEL, and elsewhere when his phone has confirmed it.
    mutating func ringTimedOut(_ call: Call) {
        guard var offer = call.offer, offer.progress == .ringing else { return }
        offer.progress = .cancelling
        call.stage = .offering(offer)
        agent.cancel(offer.leg, now: now)
        arm(.cancelLinger, of: call, in: FixedTimes.cancelLinger)
    }

    /// The agent is out: a record of the refusal, his wrap-up, and the call goes back to its own place.
    ///
    /// - Parameter recordedAs: the cause in the record, where it is none of an agent's.
    mutating func loseOffer(of call: Call, cause: RefusalCause, status: Int, recordedAs reason: String? = nil) {
        guard let offer = call.offer else { return }
        takeBack(offer, of: call)
        record(refusalOf: call, offer: offer, cause: reason ?? cause.rawValue, status: status)
        refuse(call, offer.agent, offer.agentID, cause: cause, status: status)
        // Without wrap-up and pause, an agent who refuses at once and the calls that wait would find each other again and
        // again, as fast as the network is.
        clear(offer.agent, after: offer.leg, notBefore: offer.started + FixedTimes.agentClearing)
    }

    private mutating func refuse(
        _ call: Call,
        _ agentRef: AgentRef,
        _ agentID: String,
        cause: RefusalCause,
        status: Int
    ) {
        if call.offer == nil {
            let offer = Call.Offer(
                agent: agentRef,
                agentID: agentID,
                leg: call.caller,
                number: call.offersMade,
                started: now
            )
            record(refusalOf: call, offer: offer, cause: cause.rawValue, status: status)
        }
        call.refusals += 1
        call.stage = .queued
        call.isWaiting = false
        note(
            .refused(
                number: call.facts.number,
                flowID: call.flow.id,
                agentID: agentID,
                cause,
                sipStatus: status
            )
        )
        center.offerFailed(call.ref, cause: cause, now: now, out: &distribution)
    }
}

extension RefusalCause {
    /// What a final response of an agent's phone says of its owner.
    init(sipStatus: Int) {
        switch sipStatus {
        case 486, 600: self = .busy
        case 403, 603, 607, 608: self = .declined
        case 300...399: self = .redirected
        case 404, 408, 410, 430, 480, 484, 502...504, 604: self = .unreachable
        case 415, 488, 606: self = .media
        default: self = .failed
        }
    }
}
