import CallCenter
import SIP

/// One side of a call has just been told where somebody is who did not come, or is gone: a relayed re-INVITE, or one that was to
/// join a leg, has been taken back, and the 2xx to it has crossed that. The two that are there are joined anew: an offer of the
/// other side's goes to the caller as in a hand-over (CALLS.md section 2; RFC 3725 flow I).
extension Exchange {
    mutating func peerIsLost(_ leg: LegID, in call: Call) {
        if leg == call.caller { return callerIsLost(in: call) }
        call.withdrawn = nil
        guard leg == call.connected else { return }
        if leg == call.talk?.leg || (leg == call.media?.leg && call.join == nil) {
            rejoin(leg, of: call)
        } else if leg == call.media?.leg {
            // Somebody else is being joined to the caller. If that fails, there will be other music.
            dropMedia(of: call)
        } else if leg == call.previousMedia?.leg {
            dropPreviousMedia(of: call)
        }
    }

    private mutating func callerIsLost(in call: Call) {
        // Something else is on its way to him.
        guard call.join == nil else { return }
        if let talk = call.talk { return rejoin(talk.leg, of: call) }
        if let media = call.media, media.isUp {
            guard media.purpose == .hold else { return rejoin(media.leg, of: call) }
            dropMedia(of: call)
        }
        restoreMusic(call)
    }

    /// Asks a leg for an offer.
    mutating func rejoin(_ leg: LegID, of call: Call) {
        let reinvite = agent.reinvite(leg, relaying: nil, retriesOnGlare: true, now: now)
        call.rejoin = reinvite.map { Call.OwnReinvite(leg: leg, id: $0) }
    }

    /// The 2xx to that. False if it answers another re-INVITE.
    mutating func rejoined(
        _ description: SessionDescription?,
        answering reinvite: ReinviteID,
        from leg: LegID,
        of call: Call
    ) -> Bool {
        guard call.rejoin == Call.OwnReinvite(leg: leg, id: reinvite) else { return false }
        call.rejoin = nil
        if let description {
            join(leg, offer: description, isAgent: leg == call.talk?.leg, of: call)
        } else {
            agent.acknowledge(leg, relaying: nil, now: now)
            rejoinFailed(leg, of: call, status: 488)
        }
        return true
    }

    /// The caller has nobody any more whom he could hear.
    mutating func rejoinFailed(_ leg: LegID, of call: Call, status: Int) {
        call.rejoin = nil
        if let talk = call.talk {
            finish(call, talk: talk, by: .system)
        } else if leg == call.media?.leg {
            loseMedia(of: call, status: status)
        }
    }
}

extension Call {
    /// Re-INVITEs are under way that change who hears whom.
    var isBeingJoined: Bool { join != nil || rejoin != nil || withdrawn != nil }
}
