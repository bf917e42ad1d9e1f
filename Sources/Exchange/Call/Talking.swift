import CallCenter
import SIP

/// While two sides are connected: their re-INVITEs pass, and what one refuses the other hears (CALLS.md section 1, step 7).
extension Exchange {
    /// The moment that counts as the answer (CALLS.md section 4).
    mutating func talk(_ call: Call, offer: Call.Offer, pickup: Milliseconds) {
        disarm(.maxWait, of: call)
        disarm(.holdRetry, of: call)
        call.stage = .talking(
            Call.Talk(
                agent: offer.agent,
                agentID: offer.agentID,
                leg: offer.leg,
                answered: now,
                pickup: pickup,
                number: offer.number
            )
        )
        center.agentAnswered(call.ref, now: now)
        note(.callAnswered(number: call.facts.number, flowID: call.flow.id, agentID: offer.agentID))
    }

    mutating func handleTalking(_ event: LegEvent, of call: Call) {
        guard let talk = call.talk else { return }
        switch event {
        case .offered(let leg, let description):
            relayOffer(description, from: leg, to: call.connected == leg ? call.caller : nil, of: call)
        case .offerCancelled(let leg):
            relayCancellation(from: leg, of: call)
        case .modified(let leg, let reinvite, let description):
            relayAnswer(description, to: reinvite, from: leg, of: call)
        case .modificationRefused(let leg, let reinvite, let status):
            relayRefusal(status, of: reinvite, from: leg, of: call)
        case .acknowledged(let leg, let description):
            relayAcknowledgement(description, from: leg, of: call)
        case .hungUp(_, let reason):
            if let transfer = call.transfer { return agentLeft(call, behind: transfer, by: .agent) }
            finish(call, talk: talk, by: .agent, reason: reason)
        case .gone:
            if let transfer = call.transfer { return agentLeft(call, behind: transfer, by: .system) }
            finish(call, talk: talk, by: .system)
        case .invited, .cancelled, .progress, .answered, .refused, .requested, .released:
            break
        }
    }

    mutating func handleCaller(_ event: LegEvent, of call: Call) {
        switch event {
        case .acknowledged(let leg, let description):
            if let joined = call.awaitsCallersAnswer {
                call.awaitsCallersAnswer = nil
                let isUsable = description.map { !isUnlike($0, agent.remoteDescription(of: joined)) } ?? false
                agent.acknowledge(joined, relaying: isUsable ? description : nil, now: now)
                if !isUsable { endWithoutAnswer(call) }
            } else {
                relayAcknowledgement(description, from: leg, of: call)
            }
        case .offered(let leg, let description):
            let peer = call.join == nil && call.offer?.isJoining != true ? call.connected : nil
            relayOffer(description, from: leg, to: peer, of: call)
        case .offerCancelled(let leg):
            relayCancellation(from: leg, of: call)
        case .modified(_, let reinvite, let description):
            callerModified(description, answering: reinvite, of: call)
        case .modificationRefused(_, let reinvite, let status):
            callerRefusedModification(reinvite, status: status, of: call)
        case .cancelled(_, let reason), .hungUp(_, let reason):
            callerLeft(call, reason: reason)
        case .gone:
            // He does not answer any more, or never confirmed that we answered.
            callerLeft(call, by: .system)
        case .invited, .progress, .answered, .refused, .requested, .released:
            break
        }
    }

    /// A caller who owed us the answer to an offer has sent an ACK without one that can be used: there is no session (RFC 3261
    /// section 13.2.1).
    private mutating func endWithoutAnswer(_ call: Call) {
        if let talk = call.talk {
            finish(call, talk: talk, by: .system)
        } else {
            fail(call, cause: .media, status: 488)
        }
    }

    // MARK: Relayed re-INVITEs

    /// A re-INVITE of one side goes to the other; with nobody there, or a hand-over under way, it is to come again later.
    mutating func relayOffer(_ description: SessionDescription?, from: LegID, to: LegID?, of call: Call) {
        guard let to, call.relay == nil, call.join == nil else {
            return refuseRelayed(from: from, status: 491, of: call)
        }
        guard !agent.isUpdate(offerOf: from) || call.scenario.relayed.contains(.update) else {
            return refuseRelayed(from: from, status: 488, of: call)
        }
        let reinvite = agent.reinvite(
            to,
            relaying: description,
            retriesOnGlare: false,
            prefersUpdate: agent.isUpdate(offerOf: from),
            maxForwards: agent.hopsLeft(ofOfferFrom: from),
            now: now
        )
        call.relay = Call.Relay(
            from: from,
            to: to,
            reinvite: reinvite,
            awaitsAnswerInACK: false,
            hasOffer: description != nil
        )
    }

    mutating func relayAnswer(
        _ description: SessionDescription?,
        to reinvite: ReinviteID,
        from leg: LegID,
        of call: Call
    ) {
        guard let relay = call.relay, relay.to == leg, relay.reinvite == reinvite else {
            if rejoined(description, answering: reinvite, from: leg, of: call) { return }
            // Who asked for it is gone; an offer of the peer's must have an answer all the same.
            agent.acknowledge(leg, relaying: nil, now: now)
            if call.withdrawn == Call.OwnReinvite(leg: leg, id: reinvite) { peerIsLost(leg, in: call) }
            return
        }
        guard let description, !isUnlike(description, agent.remoteOffer(of: relay.from)) else {
            call.relay = nil
            agent.acknowledge(leg, relaying: nil, now: now)
            let warning: SessionWarning = description == nil ? .miscellaneous : .incompatibleTransport
            refuseRelayed(from: relay.from, status: 488, warning: warning, of: call)
            if description != nil { peerIsLost(leg, in: call) }
            return
        }
        agent.accept(relay.from, relaying: description, now: now)
        if relay.hasOffer {
            call.relay = nil
        } else {
            call.relay?.awaitsAnswerInACK = true
        }
        if let replacing = call.replacing, replacing.leg == relay.from { replaced(replacing, in: call) }
    }

    mutating func relayRefusal(_ status: Int, of reinvite: ReinviteID, from leg: LegID, of call: Call) {
        guard let relay = call.relay, relay.to == leg, relay.reinvite == reinvite else {
            if call.withdrawn == Call.OwnReinvite(leg: leg, id: reinvite) { call.withdrawn = nil }
            if call.rejoin == Call.OwnReinvite(leg: leg, id: reinvite) { rejoinFailed(leg, of: call, status: status) }
            return
        }
        call.relay = nil
        refuseRelayed(from: relay.from, status: statusForOthers(status), of: call)
    }

    /// One side takes its re-INVITE back. It is over when the other side's answer to the CANCEL, or a 2xx that crosses it, has
    /// come: both sides then agree on what holds.
    mutating func relayCancellation(from leg: LegID, of call: Call) {
        guard let relay = call.relay, relay.from == leg, let reinvite = relay.reinvite else { return }
        agent.withdrawReinvite(reinvite, of: relay.to, now: now)
    }

    mutating func relayAcknowledgement(_ description: SessionDescription?, from leg: LegID, of call: Call) {
        guard let relay = call.relay, relay.from == leg, relay.awaitsAnswerInACK else { return }
        call.relay = nil
        agent.acknowledge(relay.to, relaying: description, now: now)
    }
}
