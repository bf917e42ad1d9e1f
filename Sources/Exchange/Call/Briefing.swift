import CallCenter
import SIP

/// `message_flow_id`: the agent hears which queue the call comes from before he is joined to the caller, who keeps the music or,
/// unanswered yet, hears it ring (CALLS.md section 1, step 6; state `preagent`).
///
///     INVITE without SDP ──► agent's offer ──► INVITE to the message ──► its answer in the agent's ACK
///     the message's BYE ──► re-INVITE to the agent for what the caller is to hear, and as ever from there
extension Exchange {
    /// The agent's phone is called: with what the caller offers, or without SDP if he is to hear something else first.
    mutating func inviteAgent(
        _ definition: AgentDefinition,
        for call: Call,
        offering offer: SessionDescription?
    ) -> LegID? {
        let added = addedHeaders(for: call, agent: definition)
        branchOut(call)
        return invite(definition.location, for: call, offering: offer, adding: added)
    }

    /// His 200, with his offer.
    mutating func brief(_ description: SessionDescription, offer: Call.Offer, of call: Call) {
        var offer = offer
        offer.progress = .briefed(since: now)
        call.stage = .offering(offer)
        center.agentBriefed(call.ref, now: now)
        noteState(of: call)
        let leg = call.flow.messageFlowID.flatMap { invite($0, for: call, offering: description) }
        call.briefing = Call.Briefing(leg: leg, unanswered: description)
        guard leg != nil else { return briefingFailed(of: call, status: 0) }
        arm(.briefing, of: call, in: configuration.mediaAnswerTimeout)
    }

    mutating func handleBriefing(_ event: LegEvent, of call: Call) {
        switch event {
        case .answered(let leg, let description):
            guard let offer = call.offer, let agents = call.briefing?.unanswered else { return }
            guard let description, !isUnlike(description, agents) else { return briefingFailed(of: call, status: 488) }
            call.briefing?.unanswered = nil
            agent.acknowledge(leg, relaying: nil, now: now)
            agent.acknowledge(offer.leg, relaying: description, now: now)
            arm(.briefing, of: call, in: configuration.welcomeMax)
        case .refused(_, let status):
            call.briefing?.leg = nil
            briefingFailed(of: call, status: status)
        case .hungUp, .gone:
            call.briefing?.leg = nil
            endBriefing(of: call)
        case .offered(let leg, _):
            agent.refuse(leg, status: 491, now: now)
        case .invited, .cancelled, .acknowledged, .progress, .offerCancelled, .modified, .modificationRefused,
            .requested, .released:
            break
        }
    }

    private mutating func briefingFailed(of call: Call, status: Int) {
        counters.mediaFailures += 1
        note(.mediaFailed(number: call.facts.number, uri: call.flow.messageFlowID ?? "", sipStatus: status))
        endBriefing(of: call)
    }

    /// The message is over, has had its time, or could not be had: the agent and the caller are joined.
    mutating func endBriefing(of call: Call) {
        disarm(.briefing, of: call)
        guard var offer = call.offer, case .briefed(let since) = offer.progress else { return }
        let pending = call.briefing?.unanswered
        if let leg = call.briefing?.leg { agent.hangUp(leg, status: 480, now: now) }
        call.briefing = nil
        offer.progress = .pickedUp(at: since)
        call.stage = .offering(offer)
        arm(.handOver, of: call, in: configuration.handOverTimeout)
        let wanted: SessionDescription?
        switch call.callerSide {
        case .answered:
            if let pending { return join(offer.leg, offer: pending, isAgent: true, of: call) }
            wanted = nil
        case .unanswered(let callersOffer):
            // His offer cannot be matched with the caller's: it is refused, and he gets the caller's.
            if pending != nil { agent.acknowledge(offer.leg, relaying: nil, now: now) }
            wanted = callersOffer
        }
        let reinvite = agent.reinvite(offer.leg, relaying: wanted, retriesOnGlare: true, now: now)
        call.briefing = Call.Briefing(reinvite: reinvite)
    }

    /// The agent's 2xx to the re-INVITE: the answer to the caller's offer, or his own offer.
    mutating func briefedAgentAnswered(_ description: SessionDescription?, to reinvite: ReinviteID, of call: Call) {
        guard let offer = call.offer, case .pickedUp(let at) = offer.progress, call.briefing?.reinvite == reinvite
        else {
            if let leg = call.offer?.leg { agent.acknowledge(leg, relaying: nil, now: now) }
            return
        }
        call.briefing = nil
        guard let description else { return loseOffer(of: call, cause: .media, status: 488) }
        guard case .unanswered(let callersOffer) = call.callerSide else {
            join(offer.leg, offer: description, isAgent: true, of: call)
            return
        }
        guard !isUnlike(description, callersOffer) else { return loseOffer(of: call, cause: .media, status: 488) }
        disarm(.handOver, of: call)
        answerCaller(of: call, with: description, from: offer.leg, offer: callersOffer)
        talk(call, offer: offer, pickup: at - offer.started)
    }

    mutating func briefedAgentRefused(_ reinvite: ReinviteID, status: Int, of call: Call) {
        guard call.briefing?.reinvite == reinvite else { return }
        loseOffer(of: call, cause: .media, status: status)
    }

    mutating func dropBriefing(of call: Call) {
        disarm(.briefing, of: call)
        if let leg = call.briefing?.leg { agent.hangUp(leg, status: 480, now: now) }
        call.briefing = nil
    }
}
