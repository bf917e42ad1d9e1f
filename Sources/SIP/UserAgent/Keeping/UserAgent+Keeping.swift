/// What of legs must outlive the process (DESIGN.md section 2, restart).
extension UserAgent {
    /// Owners of legs that may have changed since this was last asked.
    package mutating func takeChangedOwners(into owners: inout [UInt64]) {
        guard !changedOwners.isEmpty else { return }
        owners.append(contentsOf: changedOwners)
        changedOwners.removeAll(keepingCapacity: true)
    }

    /// Whether anything is to be sent that has not been drained.
    package var hasDatagrams: Bool { !datagrams.isEmpty }

    /// nil if the leg is gone.
    package func mark(of id: LegID) -> LegMark? { legs[id.handle].map { LegMark($0) } }

    /// Whether there is anything to be kept of it.
    package func isKept(_ id: LegID) -> Bool {
        guard let leg = legs[id.handle] else { return false }
        return !leg.isAbandoned && leg.phase != .ending
    }

    /// nil if the leg is gone or being ended: then only its BYE's retransmissions would be lost.
    package func kept(_ id: LegID) -> KeptLeg? {
        guard let leg = legs[id.handle], !leg.isAbandoned else { return nil }
        let phase: KeptLeg.Phase
        switch leg.phase {
        case .inviting: phase = .inviting
        case .invited: phase = .invited
        case .established: phase = .established
        case .ending: return nil
        }
        let dialog = leg.dialog
        var kept = KeptLeg(
            id: id,
            phase: phase,
            ownsCallID: leg.ownsCallID,
            callID: dialog.callID,
            localTag: dialog.localTag,
            remoteTag: dialog.remoteTag,
            localAddress: dialog.localAddress,
            remoteAddress: dialog.remoteAddress,
            remoteTarget: dialog.remoteTarget.bytes,
            localCSeq: dialog.localCSeq,
            listener: dialog.listener,
            source: leg.source,
            sdp: leg.continuity.kept
        )
        kept.isWatched = leg.isWatched
        kept.peerAllowsUpdate = leg.peerAllowsUpdate
        kept.madeFirstOffer = leg.madeFirstOffer
        kept.isSecure = dialog.isSecure
        kept.leavesChangeOpen = leg.leavesChangeOpen
        kept.maxForwards = leg.maxForwards
        kept.earlierTags = leg.phase == .invited ? leg.earlierTags : []
        kept.routeSet = dialog.routeSet
        kept.remoteCSeq = dialog.remoteCSeq
        kept.firstCSeq = leg.firstCSeq
        kept.reinvites = leg.reinvites
        kept.heardFrom = dialog.heardFrom
        kept.identity = leg.identity
        kept.session = leg.session.map { KeptLeg.Session(interval: $0.interval, isOurs: $0.isOurs) }
        kept.smallestSession = leg.smallestSession
        if let incoming = leg.incoming {
            kept.incoming = KeptLeg.Incoming(
                request: incoming.request.bytes,
                accepted: nil,
                hasOffer: false,
                nextRSeq: leg.nextRSeq
            )
        } else if let accepted = leg.accepted {
            kept.incoming = KeptLeg.Incoming(
                request: accepted.request.bytes,
                accepted: accepted.response,
                hasOffer: accepted.hasOffer,
                nextRSeq: nil
            )
        } else if let refused = leg.refused {
            kept.incoming = KeptLeg.Incoming(
                request: refused.request.bytes,
                accepted: nil,
                hasOffer: false,
                nextRSeq: nil
            )
        }
        if let outgoing = leg.outgoing, let invite = transactions.openInvite(outgoing.transaction) {
            kept.outgoing = KeptLeg.Outgoing(
                invite: invite,
                cseq: outgoing.cseq,
                reinvite: outgoing.reinvite.map(\.id.number)
            )
        }
        kept.ackDue = leg.ackDue.map { KeptLeg.AckDue(cseq: $0.cseq, offer: $0.offer?.bytes) }
        // As long as the peer may repeat his 2xx (RFC 3261 section 13.3.1.4).
        if let ack = leg.sentACKs.last, ack.moment >= now - 64 * transactions.timers.t1 {
            kept.freshACK = KeptLeg.FreshACK(
                cseq: ack.cseq,
                request: ack.request.bytes,
                destination: ack.request.destination,
                listener: ack.request.listener
            )
        }
        guard kept.hasNames else { return kept }
        return kept.spellingNames(configuration.peerNames.name)
    }

    /// A request of the leg that has this transaction is about to leave.
    mutating func noteChange(of transaction: ClientTransactionID) {
        guard let owner = transactions.owner(of: transaction), let leg = legs[LegID(owner: owner).handle] else {
            return
        }
        changedOwners.append(leg.owner)
    }
}

extension Leg {
    /// See `KeptLeg.leavesChangeOpen`.
    var leavesChangeOpen: Bool {
        if $queued { return true }
        guard $outgoing, outgoing?.method == .update, let reinvite = outgoing?.reinvite?.id else { return false }
        return reinvite != .refresh
    }
}
