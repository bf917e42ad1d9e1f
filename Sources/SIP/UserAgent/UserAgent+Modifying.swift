/// Requests inside a dialog, re-INVITEs above all (RFC 3261 sections 12.2 and 14).
extension UserAgent {
    /// The leg of a dialog that a request belongs to: by the slot in its To tag, then everything else must be right too.
    func leg(for message: Message) -> Leg? {
        guard let tag = message.to.tag, let token = Token(parsing: message.bytes[tag]),
            let leg = legs[SlabHandle(index: token.slot, generation: token.generation)],
            leg.dialog.localTag == token || (leg.phase == .invited && leg.earlierTags.contains(token)),
            leg.dialog.callID.elementsEqual(message.bytes[message.callID]),
            leg.dialog.remoteTag.elementsEqual(message.from.tag.map { message.bytes[$0] } ?? [])
        else { return nil }
        return leg
    }

    mutating func receive(inDialog message: Message, _ transaction: ServerTransactionID, from source: Endpoint) {
        guard let leg = leg(for: message) else {
            if receive(early: message, transaction, from: source) { return }
            respond(to: message, transaction, from: source, status: 481)
            return
        }
        if let objection = objection(to: message), objection != 400 {
            respond(to: message, transaction, from: source, status: objection)
            return
        }
        // A request older than one that we have seen (RFC 3261 section 12.2.2).
        guard leg.takesNumber(of: message) else {
            respond(to: message, transaction, from: source, status: 500, retryAfter: 1)
            return
        }
        if message.method == .bye, let tag = message.to.tag, leg.forgetEarlier(tag, of: message) {
            // To the peer that is a dialog of its own, as a fork would be: the others go on (RFC 3261 section 15).
            respond(to: message, transaction, from: source, status: 200)
            return
        }
        changedOwners.append(leg.owner)
        leg.dialog.heardFrom = source
        leg.lastHeard = now
        leg.noteAllow(of: message)
        switch message.method {
        case .bye: receive(bye: message, transaction, of: leg, from: source)
        case .invite: receive(reinvite: message, transaction, of: leg, from: source)
        case .update: receive(update: message, transaction, of: leg, from: source)
        case .info, .message, .refer, .notify: receive(passing: message, transaction, of: leg, from: source)
        case .prack: receive(prack: message, transaction, of: leg, from: source)
        default: respond(to: message, transaction, from: source, status: 200)
        }
    }

    private mutating func receive(
        reinvite message: Message,
        _ transaction: ServerTransactionID,
        of leg: Leg,
        from source: Endpoint
    ) {
        if leg.phase == .invited, !leg.isAbandoned {
            // The INVITE before it has no final response yet (RFC 3261 section 14.2).
            respond(to: message, transaction, from: source, status: 500, retryAfter: shortWhile())
            return
        }
        guard leg.phase == .established, !leg.isAbandoned else {
            respond(to: message, transaction, from: source, status: 481)
            return
        }
        // RFC 3261 section 14.2: ours is under way; our offer has had no answer (RFC 5407 section 3.1.5); theirs is in hand.
        if leg.outgoing != nil || leg.ackDue != nil || leg.accepted?.hasOffer == true {
            respond(to: message, transaction, from: source, status: 491)
            return
        }
        guard leg.incoming == nil else {
            respond(to: message, transaction, from: source, status: 500, retryAfter: shortWhile())
            return
        }
        guard case .success(let offer) = message.sessionDescription else {
            respond(to: message, transaction, from: source, status: 400)
            return
        }
        leg.source = source
        let incoming = Leg.IncomingInvite(transaction: transaction, request: message, offer: offer)
        leg.incoming = incoming
        leg.refused = nil
        transactions.adopt(transaction, owner: leg.id.owner)
        // Whoever sends this has our 2xx, even if his ACK was lost (RFC 5407 section 3.1.4).
        if let accepted = leg.accepted { acknowledged(leg, accepted, nil) }
        // A re-INVITE that changes nothing only asks whether we are alive (CALLS.md section 2, refresh or change).
        if let offer, let body = answerToRefresh(offer, of: leg) {
            accept(leg, incoming, body: body)
            return
        }
        emit(.offered(leg.id, offer))
    }

    // MARK: Ours

    /// Sends a re-INVITE with the other side's description, or without SDP.
    ///
    /// - Parameter retriesOnGlare: wait while another INVITE is in progress, and come again after a 491; otherwise both are told
    ///   as `modificationRefused` with status 491. One that waits takes the place of another that waits.
    /// - Parameter maxForwards: how many hops it may take.
    /// - Parameter prefersUpdate: send an UPDATE instead, if the peer takes it and there is a description.
    /// - Returns: what `modified` or `modificationRefused` will call it; nil if the leg is gone, and nothing will be told.
    package mutating func reinvite(
        _ id: LegID,
        relaying description: SessionDescription?,
        retriesOnGlare: Bool,
        prefersUpdate: Bool = false,
        maxForwards: UInt8 = 70,
        now: Milliseconds
    ) -> ReinviteID? {
        self.now = now
        guard let leg = legs[id.handle] else { return nil }
        leg.reinvites &+= 1
        let reinvite = Leg.QueuedReinvite(
            id: ReinviteID(number: leg.reinvites),
            offer: description,
            prefersUpdate: prefersUpdate,
            maxForwards: maxForwards
        )
        if leg.isAbandoned || (leg.phase != .established && leg.waitingAcceptance == nil) {
            emit(.modificationRefused(id, reinvite.id, status: 481))
        } else if retriesOnGlare {
            leg.queued = reinvite
            leg.queued?.isPausing = leg.glareTimer != nil
            proceed(leg)
        } else if leg.isBusy || leg.queued != nil {
            emit(.modificationRefused(id, reinvite.id, status: 491))
        } else {
            sendReinvite(on: leg, reinvite, retries: false)
        }
        return reinvite.id
    }

    /// Takes a re-INVITE back: one that waits for its turn is dropped and nothing is told of it; one that is under way is
    /// cancelled as soon as that is allowed, does not come again after a 491, and its outcome is told as ever.
    package mutating func withdrawReinvite(_ reinvite: ReinviteID, of id: LegID, now: Milliseconds) {
        self.now = now
        guard let leg = legs[id.handle] else { return }
        // A pause after a 491 goes on: it counts for whatever comes next.
        if leg.queued?.id == reinvite { leg.queued = nil }
        guard leg.outgoing?.reinvite?.id == reinvite else { return }
        leg.outgoing?.reinvite?.retries = false
        cancelOutgoing(of: leg)
    }

    /// An INVITE of the leg is over: what waited for that may go.
    mutating func proceed(_ leg: Leg) {
        guard leg.phase == .established, !leg.isBusy, !leg.isAbandoned, let queued = leg.queued, !queued.isPausing
        else {
            return
        }
        leg.queued = nil
        sendReinvite(on: leg, queued, retries: true)
    }

    /// - Parameter body: what to send instead of the description of `reinvite`.
    mutating func sendReinvite(
        on leg: Leg,
        _ reinvite: Leg.QueuedReinvite,
        body: [UInt8]? = nil,
        retries: Bool
    ) {
        guard let destination = leg.dialog.nextHop,
            let (transaction, branch) = transactions.reserveClient(owner: leg.id.owner)
        else {
            if reinvite.id != .refresh { emit(.modificationRefused(leg.id, reinvite.id, status: 503)) }
            return
        }
        let body = body ?? reinvite.offer.map { leg.continuity.offer(relaying: $0) }
        leg.dialog.localCSeq += 1
        leg.outgoing = Leg.OutgoingInvite(
            transaction: transaction,
            cseq: leg.dialog.localCSeq,
            method: reinvite.prefersUpdate && leg.peerAllowsUpdate && body != nil ? .update : .invite,
            body: body,
            reinvite: Leg.Reinvite(
                id: reinvite.id,
                deadline: arm(.reinvite, of: leg, at: now + transactions.timers.lifetime),
                request: reinvite,
                retries: retries
            )
        )
        sendInvite(of: leg, transaction, branch: branch, to: destination)
    }

    /// The 2xx to a re-INVITE of ours, or to an UPDATE with an offer.
    mutating func modified(by response: Message, outgoing: Leg.OutgoingInvite, of leg: Leg) {
        guard let reinvite = outgoing.reinvite else { return }
        wheel.cancel(reinvite.deadline)
        leg.outgoing = nil
        leg.dialog.refreshTarget(from: response)
        locateDialog(of: leg)
        let description = try? response.sessionDescription.get()
        if let description {
            leg.received(description)
        } else if outgoing.hasOffer, reinvite.id != .refresh {
            // A 2xx that answers nothing, against RFC 3264: the session is what it was before.
            leg.continuity.offerRefused()
        }
        let isOver = leg.phase == .ending || leg.isAbandoned
        if !isOver { agreeOnSession(by: response, of: leg) }
        leg.noteAllow(of: response)
        if outgoing.method == .update {
            // Nothing acknowledges its response.
        } else if outgoing.hasOffer || isOver {
            let refusal = outgoing.hasOffer ? nil : description.map { leg.continuity.refusal(of: $0) }
            sendACK(outgoing.cseq, body: refusal, of: leg)
        } else {
            leg.ackDue = Leg.AckDue(cseq: outgoing.cseq, offer: description)
        }
        if isOver {
            releaseIfDone(leg)
        } else {
            if reinvite.id != .refresh { emit(.modified(leg.id, reinvite.id, description)) }
            proceed(leg)
        }
    }

    /// Our INVITE or re-INVITE has failed: by its final response, or since none came.
    mutating func inviteFailed(
        _ transaction: ClientTransactionID,
        by response: Message?,
        status: Int,
        of leg: Leg
    ) {
        guard let outgoing = leg.outgoing, outgoing.transaction == transaction else { return }
        if status == 422, !leg.isAbandoned, raiseSession(to: response?.number(.minSE), of: leg),
            repeatOutgoing(outgoing, of: leg)
        {
            return
        }
        if !leg.isAbandoned, learn(from: response, status: status, attempts: outgoing.attempts, of: leg) {
            var again = outgoing
            again.attempts += 1
            if repeatOutgoing(again, of: leg) { return }
        }
        leg.outgoing = nil
        if outgoing.hasOffer, outgoing.reinvite?.id != .refresh { leg.continuity.offerRefused() }
        if let reinvite = outgoing.reinvite { wheel.cancel(reinvite.deadline) }
        if leg.phase == .inviting {
            if triesElsewhere(leg, after: outgoing, status: status) { return }
            if !leg.isAbandoned { emit(.refused(leg.id, status: status)) }
            leg.phase = .ending
            releaseIfDone(leg)
            return
        }
        guard leg.phase == .established, !leg.isAbandoned, let reinvite = outgoing.reinvite else {
            releaseIfDone(leg)
            return
        }
        switch status {
        case 408, 481:
            // The peer is gone, and the dialog with him (RFC 3261 section 12.2.1.2).
            lose(leg)
        case 405 where outgoing.method == .update, 501 where outgoing.method == .update:
            leg.peerAllowsUpdate = false
            sendReinvite(on: leg, reinvite.request, retries: reinvite.retries)
        case 491 where reinvite.retries:
            pauseAfterGlare(leg, reinvite.request)
        default:
            if reinvite.id != .refresh { emit(.modificationRefused(leg.id, reinvite.id, status: status)) }
            proceed(leg)
        }
    }

    /// A peer who has been at our re-INVITE for as long as any transaction may take is asked to leave it (RFC 3261 section 14.1
    /// sets no end): otherwise no other could follow.
    mutating func reinviteIsOverdue(of leg: Leg) {
        if leg.phase == .ending { giveUpReinvite(of: leg) } else { cancelOutgoing(of: leg) }
    }

    /// The refused re-INVITE comes again after a pause, unless a newer one has taken its place.
    private mutating func pauseAfterGlare(_ leg: Leg, _ refused: Leg.QueuedReinvite?) {
        leg.queued = leg.queued ?? refused
        leg.queued?.isPausing = true
        if let timer = leg.glareTimer { wheel.cancel(timer) }
        leg.glareTimer = arm(.glare, of: leg, at: now + glarePause(for: leg))
    }

    /// RFC 3261 section 14.1: 2.1 to 4 s for the side that made the Call-ID, else up to 2 s, in steps of 10 ms.
    private mutating func glarePause(for leg: Leg) -> Milliseconds {
        let step = random.next() % (leg.ownsCallID ? 191 : 201)
        return (leg.ownsCallID ? 2_100 : 0) + Milliseconds(step) * 10
    }

    mutating func glareIsOver(of leg: Leg) {
        leg.glareTimer = nil
        leg.queued?.isPausing = false
        proceed(leg)
    }
}
