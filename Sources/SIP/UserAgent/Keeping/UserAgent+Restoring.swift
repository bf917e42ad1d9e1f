/// Going on with the legs of an earlier process (DESIGN.md section 2, restart).
extension UserAgent {
    /// How far CSeqs jump ahead: what was kept may lack the newest requests.
    private static var cseqSkip: UInt32 { 100 }
    /// Within this the sessions that are ours to refresh are refreshed, a few at a time, if they last so long.
    private static var firstRefreshes: Milliseconds { 60_000 }

    /// Takes over legs of an earlier process, each under the identity that it had. Only before anything else happens. Tell legs
    /// from those that are nowhere any more by `isAlive`.
    package mutating func restore(_ kept: [(leg: KeptLeg, owner: UInt64)], now: Milliseconds) {
        self.now = now
        let made = kept.compactMap { kept, owner in
            var kept = kept
            kept.numberNames(configuration.peerNames.number)
            takeListeners(of: &kept)
            return makeLeg(kept, owner: owner).map { (kept: kept, leg: $0) }
        }
        legs.restore(made.map { ($0.leg.id.handle, $0.leg) })
        let taken = made.filter { legs[$0.leg.id.handle] === $0.leg }
        restoreOutgoing(taken)
        for (kept, leg) in taken {
            restoreIncoming(kept, of: leg)
            guard leg.phase == .established || leg.incoming != nil || leg.outgoing != nil else {
                // Nothing could ever come of it.
                legs.remove(leg.id.handle)
                continue
            }
            if let identity = leg.identity {
                invitedLegs[identity] = leg.id
                if leg.phase == .established { awaitCopies(of: leg) }
            }
            restoreACK(kept, of: leg)
            if leg.phase == .established {
                restoreWatch(of: leg)
                restoreSession(kept, of: leg)
            }
            if leg.phase != .inviting { locateDialog(of: leg) }
        }
    }

    /// The configuration may list its sockets in another order than the earlier process had them: where one cannot reach its peer any
    /// more, another is taken.
    private func takeListeners(of kept: inout KeptLeg) {
        func listener(_ id: ListenerID, for peer: Endpoint) -> ListenerID {
            configuration.listener(for: peer, preferring: id)?.0 ?? id
        }
        kept.listener = listener(kept.listener, for: kept.heardFrom ?? kept.source)
        if let ack = kept.freshACK { kept.freshACK?.listener = listener(ack.listener, for: ack.destination) }
        if let invite = kept.outgoing?.invite {
            kept.outgoing?.invite.listener = listener(invite.listener, for: invite.destination)
        }
    }

    /// nil if there is no socket any more that its peer could be reached through, or it makes no sense.
    private func makeLeg(_ kept: KeptLeg, owner: UInt64) -> Leg? {
        guard let target = try? URI(parsing: kept.remoteTarget),
            let (listener, local) = configuration.listener(
                for: kept.heardFrom ?? kept.source,
                preferring: kept.listener
            ),
            let continuity = SDPContinuity(resuming: kept.sdp, address: local.address)
        else { return nil }
        var dialog = Dialog(
            callID: kept.callID,
            localTag: kept.localTag,
            localAddress: kept.localAddress,
            remoteAddress: kept.remoteAddress,
            remoteTarget: target,
            localCSeq: kept.localCSeq &+ Self.cseqSkip,
            listener: listener,
            local: local
        )
        dialog.remoteTag = kept.remoteTag
        dialog.remoteCSeq = kept.remoteCSeq
        dialog.routeSet = kept.routeSet
        dialog.heardFrom = kept.heardFrom
        dialog.isSecure = kept.isSecure
        let phase: Leg.Phase
        switch kept.phase {
        case .inviting: phase = .inviting
        case .invited: phase = .invited
        case .established: phase = .established
        }
        let leg = Leg(
            id: kept.id,
            owner: owner,
            phase: phase,
            dialog: dialog,
            continuity: continuity,
            source: kept.source,
            ownsCallID: kept.ownsCallID
        )
        leg.identity = kept.identity
        leg.reinvites = kept.reinvites
        leg.madeFirstOffer = kept.madeFirstOffer
        leg.firstCSeq = kept.firstCSeq
        leg.maxForwards = kept.maxForwards
        leg.lastHeard = now
        leg.isWatched = kept.isWatched
        leg.peerAllowsUpdate = kept.peerAllowsUpdate
        leg.smallestSession = kept.smallestSession
        leg.earlierTags = kept.earlierTags
        leg.earlierCSeqs = kept.earlierTags.map { _ in nil }
        if let due = kept.ackDue {
            leg.ackDue = Leg.AckDue(
                cseq: due.cseq,
                offer: due.offer.flatMap { try? SessionDescription(parsing: $0) }
            )
        }
        return leg
    }

    /// The re-INVITE of ours that has no final response yet, if it asks for a change.
    package func openReinvite(of id: LegID) -> ReinviteID? {
        legs[id.handle]?.outgoing?.reinvite.flatMap { $0.id == .refresh ? nil : $0.id }
    }

    private mutating func restoreOutgoing(_ taken: [(kept: KeptLeg, leg: Leg)]) {
        let open = taken.compactMap { kept, leg -> (outgoing: KeptLeg.Outgoing, leg: Leg)? in
            guard var outgoing = kept.outgoing else { return nil }
            // Whom we were calling is let go: that is not to wait until he has said something, which he may have done already.
            if outgoing.reinvite == nil { outgoing.invite.isProceeding = true }
            return (outgoing, leg)
        }
        let restored = transactions.restore(
            open.map { (invite: $0.outgoing.invite, owner: $0.leg.id.owner) },
            now: now,
            wheel: &wheel
        )
        for ((outgoing, leg), transaction) in zip(open, restored) {
            guard let transaction else { continue }
            leg.outgoing = Leg.OutgoingInvite(
                transaction: transaction,
                cseq: outgoing.cseq,
                body: outgoing.invite.hasBody ? [] : nil,
                cancellation: outgoing.invite.isProceeding ? .possible : .none,
                reinvite: outgoing.reinvite.map { number in
                    let id = ReinviteID(number: number)
                    return Leg.Reinvite(
                        id: id,
                        deadline: arm(.reinvite, of: leg, at: now + transactions.timers.lifetime),
                        request: Leg.QueuedReinvite(id: id, offer: nil),
                        retries: false
                    )
                }
            )
        }
    }

    /// The peer's INVITE becomes a transaction again: its retransmissions find that, and it can be answered.
    private mutating func restoreIncoming(_ kept: KeptLeg, of leg: Leg) {
        guard let incoming = kept.incoming, case .message(let request) = Message.parse(incoming.request),
            let transaction = restoreTransaction(of: request, from: kept.source, on: kept.listener)
        else { return }
        transactions.adopt(transaction, owner: leg.id.owner)
        if let response = incoming.accepted {
            let interval = transactions.timers.t1
            leg.accepted = Leg.AcceptedInvite(
                transaction: transaction,
                cseq: request.cseq.number,
                response: response,
                hasOffer: incoming.hasOffer,
                giveUp: now + 64 * interval,
                interval: interval,
                timer: arm(.retransmit2xx, of: leg, at: now + interval),
                request: request,
                mayBeAcknowledged: true
            )
            respond(transaction, status: 200, response: response)
        } else if leg.phase == .invited {
            leg.nextRSeq = incoming.nextRSeq
            let offer = try? request.sessionDescription.get()
            leg.incoming = Leg.IncomingInvite(transaction: transaction, request: request, offer: offer)
            // When it came is not kept: it gets its whole time again.
            watchExpiry(of: leg, by: request)
        } else {
            // What it was to change has got lost on the way; it may come again.
            respond(to: request, transaction, from: kept.source, status: 491)
        }
    }

    private mutating func restoreTransaction(
        of request: Message,
        from source: Endpoint,
        on listener: ListenerID
    ) -> ServerTransactionID? {
        var told: [TransactionEvent] = []
        transactions.receive(request, from: source, on: listener, now: now, wheel: &wheel, out: &told)
        for case .request(_, let transaction, _, _) in told { return transaction }
        return nil
    }

    private mutating func restoreACK(_ kept: KeptLeg, of leg: Leg) {
        guard let ack = kept.freshACK else { return }
        let request = OutboundRequest(bytes: ack.request, destination: ack.destination, listener: ack.listener)
        keep(Leg.SentACK(cseq: ack.cseq, request: request, moment: now), of: leg)
        send(request.bytes, to: request.destination, from: request.listener)
    }

    /// As if the peers had last been heard of at different times: not all are to be asked in the same moment.
    private mutating func restoreWatch(of leg: Leg) {
        guard leg.isWatched, policy.keepAlive > 0 else { return }
        leg.lastHeard = now - Milliseconds(random.next() % UInt64(policy.keepAlive))
        leg.watchTimer = arm(.watch, of: leg, at: leg.lastHeard + policy.keepAlive)
    }

    /// When the session was last refreshed is not kept: ours are refreshed soon, the others get their whole interval again.
    private mutating func restoreSession(_ kept: KeptLeg, of leg: Leg) {
        guard let session = kept.session, session.interval >= SessionTimer.smallest else { return }
        let timer = SessionTimer(interval: session.interval, isOurs: session.isOurs)
        leg.session = timer
        leg.sessionEnd = now + timer.end
        let spread = Milliseconds(random.next() % UInt64(min(Self.firstRefreshes, timer.rest)))
        leg.sessionTimer = arm(.session, of: leg, at: now + (session.isOurs ? 1_000 + spread : timer.firstDeadline))
    }
}
