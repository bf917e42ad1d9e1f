import SIP

/// Re-INVITEs that were under way when the process ended. What was only being relayed is refused with 491 and comes again; what can
/// be known to its end goes on; where two sides may have been told of different things, they are joined anew, as after a re-INVITE
/// that was taken back (`Rejoining.swift`).
extension Exchange {
    /// A re-INVITE without SDP whose sender has had the other side's offer in his 2xx: the answer comes in his ACK. An offer that nobody
    /// will answer is refused.
    ///
    /// - Returns: whether one was refused.
    mutating func takeRelay(_ kept: KeptCall, into call: Call) -> Bool {
        guard call.awaitsCallersAnswer == nil, let other = kept.connectedLeg(of: call) else { return false }
        var hasRefused = false
        for (from, to) in [(kept.caller, other), (other, kept.caller)] {
            guard let due = to.ackDue else { continue }
            if from.incoming?.accepted != nil, from.incoming?.hasOffer == true {
                call.relay = Call.Relay(
                    from: from.id,
                    to: to.id,
                    reinvite: nil,
                    awaitsAnswerInACK: true,
                    hasOffer: false
                )
            } else {
                agent.acknowledge(to.id, relaying: nil, now: now)
                hasRefused = hasRefused || due.offer != nil
            }
        }
        return hasRefused
    }

    /// The outcome of a re-INVITE to whom the caller hears is awaited: it may change what he sends where. The caller's own needs no
    /// note: whatever he accepts that no one joins now has him joined anew.
    ///
    /// - Parameter mayDiffer: one side's media have been refused that the other counts on.
    mutating func takeChanges(_ kept: KeptCall, into call: Call, mayDiffer: Bool) {
        guard call.isAnswered, call.awaitsCallersAnswer == nil, call.relay == nil,
            let other = kept.connectedLeg(of: call), agent.isAlive(other.id)
        else { return }
        let open = agent.openReinvite(of: other.id).map { Call.OwnReinvite(leg: other.id, id: $0) }
        // Only two who talk: whoever waits is joined to music or to an agent soon.
        let isTold = call.talk != nil || call.isTransferred
        let isLost = other.leavesChangeOpen || (isTold && kept.caller.leavesChangeOpen)
        if kept.isRejoining, let open {
            call.rejoin = open
        } else if mayDiffer || kept.isRejoining || isLost {
            rejoin(other.id, of: call)
        } else {
            call.withdrawn = open
        }
    }
}

extension KeptCall {
    /// The leg that the caller hears.
    fileprivate func connectedLeg(of call: Call) -> KeptLeg? {
        legs.first { $0.leg.id == call.connected }?.leg
    }
}
