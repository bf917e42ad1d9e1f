import CallCenter
import SIP

/// Joining an answered caller to a leg that has made an offer (CALLS.md section 2, hand-over; RFC 3725 flow I).
extension Exchange {
    /// The leg's offer goes to the caller as soon as no other INVITE is in progress on his leg.
    mutating func join(_ leg: LegID, offer: SessionDescription, isAgent: Bool, of call: Call) {
        if call.join?.isAgent == true || (!isAgent && call.offer?.isJoining == true) {
            // Music that comes too late: the agent is being joined.
            dropMedia(of: call)
            return
        }
        if let joining = call.join {
            if joining.leg == call.previousMedia?.leg { dropPreviousMedia(of: call) } else { dropMedia(of: call) }
        }
        // The two sides are about to change: whoever was to take the place of one of them may ask again.
        refuseReplacing(of: call)
        guard !isUnlike(offer, agent.remoteDescription(of: call.caller)) else {
            call.join = Call.Join(leg: leg, isAgent: isAgent, reinvite: nil)
            return joinFailed(of: call, status: 488)
        }
        let reinvite = agent.reinvite(call.caller, relaying: offer, retriesOnGlare: true, now: now)
        call.join = Call.Join(leg: leg, isAgent: isAgent, reinvite: reinvite)
    }

    /// The caller's 2xx to a re-INVITE of ours: the answer to a joining leg's offer, or to a relayed one.
    mutating func callerModified(
        _ description: SessionDescription?,
        answering reinvite: ReinviteID,
        of call: Call
    ) {
        guard let join = call.join, join.reinvite == reinvite else {
            let isRelayed = call.relay.map { $0.to == call.caller && $0.reinvite == reinvite } ?? false
            relayAnswer(description, to: reinvite, from: call.caller, of: call)
            if !isRelayed { peerIsLost(call.caller, in: call) }
            return
        }
        guard let description, !isUnlike(description, agent.remoteDescription(of: join.leg)) else {
            joinFailed(of: call, status: 488)
            // He believes that he has been joined.
            if description != nil, !call.hasEnded { peerIsLost(call.caller, in: call) }
            return
        }
        call.join = nil
        call.connected = join.leg
        agent.acknowledge(join.leg, relaying: description, now: now)
        if join.leg == call.transfer?.leg { return transferJoined(call, answer: description) }
        guard join.isAgent, let offer = call.offer, let pickedUp = offer.pickedUpAt else {
            guard call.media?.leg == join.leg else { return }
            let offered = call.media?.offered
            call.media?.isUp = true
            call.media?.offered = nil
            call.holdFailures = 0
            align(join.leg, offered: offered, to: description)
            mediaIsUp(of: call)
            return
        }
        disarm(.handOver, of: call)
        dropMedia(of: call)
        talk(call, offer: offer, pickup: pickedUp - offer.started)
        align(offer.leg, offered: offer.offered, to: description)
    }

    mutating func callerRefusedModification(_ reinvite: ReinviteID, status: Int, of call: Call) {
        if let join = call.join, join.reinvite == reinvite {
            joinFailed(of: call, status: status)
        } else {
            relayRefusal(status, of: reinvite, from: call.caller, of: call)
        }
    }

    /// The caller did not take the leg's offer; what he had before still holds.
    private mutating func joinFailed(of call: Call, status: Int) {
        guard let join = call.join else { return }
        call.join = nil
        if join.leg == call.transfer?.leg {
            transferFailed(call, status: status)
        } else if let talk = call.talk {
            // He has neither the one nor the other any more.
            finish(call, talk: talk, by: .system)
        } else if join.isAgent {
            loseOffer(of: call, cause: .media, status: status)
        } else {
            loseMedia(of: call, status: status)
        }
    }

    /// The agent has answered and the caller could not be joined to him in time.
    mutating func handOverTimedOut(_ call: Call) {
        guard call.offer?.isJoining == true else { return }
        loseOffer(of: call, cause: .media, status: 408)
    }

    mutating func restoreMusic(_ call: Call) {
        switch call.stage {
        case .queued, .offering: ensureHold(call)
        case .welcome, .dissuading, .talking, .leaving, .transferred, .ended: break
        }
    }
}
