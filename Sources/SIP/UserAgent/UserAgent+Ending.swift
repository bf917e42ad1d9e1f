/// The end of a leg, from either side (RFC 3261 sections 9 and 15).
extension UserAgent {
    /// Lets go of a leg in whatever state it is: refuses the peer's INVITE with `status`, takes ours back, or says BYE. Nothing
    /// is told of it afterwards but `released`.
    ///
    /// - Parameter reason: the value of a Reason header for BYE or CANCEL (RFC 3326).
    package mutating func hangUp(_ id: LegID, status: Int, reason: [UInt8]? = nil, now: Milliseconds) {
        self.now = now
        guard let leg = legs[id.handle], !leg.isAbandoned else { return }
        leg.isAbandoned = true
        leg.cancelReason = reason
        switch leg.phase {
        case .inviting:
            cancel(id, now: now)
        case .invited:
            refuseInvite(of: leg, status: UInt16(clamping: status))
            leg.phase = .ending
            releaseIfDone(leg)
        case .established:
            endEstablished(leg)
        case .ending:
            break
        }
    }

    /// ACK first where a 2xx awaits it, then BYE; after our own 2xx to the initial INVITE, not before its ACK has come (RFC 3261
    /// section 15). A re-INVITE's need not be waited for: it shows that the dialog is confirmed on both sides.
    mutating func endEstablished(_ leg: Leg) {
        refuseInvite(of: leg, status: 487)
        dropQueue(of: leg)
        if let due = leg.ackDue {
            sendACK(due.cseq, body: due.offer.map { leg.continuity.refusal(of: $0) }, of: leg)
        }
        if let accepted = leg.accepted, accepted.request.to.tag == nil {
            leg.owesBye = true
        } else {
            sendBye(on: leg)
        }
    }

    mutating func sendBye(on leg: Leg) {
        leg.owesBye = false
        leg.phase = .ending
        endSession(of: leg)
        endWatch(of: leg)
        // The BYE makes the peer refuse a re-INVITE that he is at.
        cancelOutgoing(of: leg)
        if leg.byeAttempts == 0 { limitOutgoing(of: leg) }
        guard let destination = leg.dialog.nextHop,
            let (transaction, branch) = transactions.reserveClient(owner: leg.id.owner)
        else {
            releaseIfDone(leg)
            return
        }
        leg.dialog.localCSeq += 1
        leg.bye = transaction
        let proofs = authorization(for: .bye, on: leg)
        let request = leg.dialog.request(
            .bye,
            cseq: leg.dialog.localCSeq,
            branch: branch,
            product: configuration.product,
            body: nil
        ) { writer in
            if let reason = leg.cancelReason { writer.field(.reason, reason) }
            for proof in proofs { proof.write(to: &writer) }
        }
        start(
            transaction,
            .bye,
            request,
            to: destination,
            from: leg.dialog.listener,
            facts: RequestFacts(sequence: leg.dialog.localCSeq, callID: leg.dialog.callID, hasBody: false),
            heardFrom: leg.dialog.heardFrom,
            elsewhere: leg.dialog.elsewhere
        )
    }

    mutating func byeDone(
        _ transaction: ClientTransactionID,
        by response: Message?,
        status: Int,
        of leg: Leg
    ) {
        guard leg.bye == transaction else { return }
        leg.bye = nil
        if learn(from: response, status: status, attempts: leg.byeAttempts, of: leg) {
            leg.byeAttempts += 1
            sendBye(on: leg)
            return
        }
        releaseIfDone(leg)
    }

    /// The peer is lost: the user is told, and the leg is ended as far as that needs the peer.
    mutating func lose(_ leg: Leg) {
        let wasAbandoned = leg.isAbandoned
        leg.isAbandoned = true
        refuseInvite(of: leg, status: 487)
        dropQueue(of: leg)
        sendBye(on: leg)
        if !wasAbandoned { emit(.gone(leg.id)) }
    }

    mutating func receive(
        bye message: Message,
        _ transaction: ServerTransactionID,
        of leg: Leg,
        from source: Endpoint
    ) {
        respond(to: message, transaction, from: source, status: 200)
        refuseInvite(of: leg, status: 487)
        dropQueue(of: leg)
        cancelOutgoing(of: leg)
        limitOutgoing(of: leg)
        if let due = leg.ackDue {
            sendACK(due.cseq, body: due.offer.map { leg.continuity.refusal(of: $0) }, of: leg)
        }
        if let accepted = leg.accepted {
            wheel.cancel(accepted.timer)
            leg.accepted = nil
        }
        let wasAbandoned = leg.isAbandoned
        leg.isAbandoned = true
        leg.phase = .ending
        if !wasAbandoned { emit(.hungUp(leg.id, reason: message.reason)) }
        releaseIfDone(leg)
    }

    /// A BYE without a dialog: it may have overtaken the 2xx to an INVITE of ours, on a network that reorders. Who sent it must
    /// not be talked to for the rest of a call when that comes. False: it belongs to nothing.
    mutating func receive(
        earlyBye message: Message,
        _ transaction: ServerTransactionID,
        from source: Endpoint
    ) -> Bool {
        guard let leg = earlyLeg(for: message), let remoteTag = message.from.tag,
            leg.goneEarly.count < Leg.maximumForks
        else { return false }
        leg.goneEarly.append(Array(message.bytes[remoteTag]))
        respond(to: message, transaction, from: source, status: 200)
        return true
    }

    /// The 2xx whose BYE has come before it: it gets its ACK, and nobody has answered.
    mutating func endGoneEarly(_ leg: Leg) {
        if let due = leg.ackDue {
            sendACK(due.cseq, body: due.offer.map { leg.continuity.refusal(of: $0) }, of: leg)
        }
        if !leg.isAbandoned { emit(.refused(leg.id, status: 480)) }
        leg.isAbandoned = true
        leg.phase = .ending
        releaseIfDone(leg)
    }

    mutating func receive(
        cancel message: Message,
        _ transaction: ServerTransactionID,
        of cancelled: ServerTransactionID?,
        from source: Endpoint
    ) {
        let leg = cancelled.flatMap { transactions.owner(of: $0) }.flatMap { legs[LegID(owner: $0).handle] }
        let tag = leg?.dialog.localTag.bytes
        respond(to: message, transaction, from: source, status: cancelled == nil ? 481 : 200, toTag: tag)
        // Nothing but an INVITE can be taken back.
        guard let leg, leg.incoming?.transaction == cancelled, leg.incoming?.request.method == .invite else { return }
        guard leg.phase == .invited else {
            // It may be in other hands already: the user takes it back from there, or refuses it.
            if !leg.isAbandoned { emit(.offerCancelled(leg.id)) }
            return
        }
        takeBack(leg, reason: message.reason)
    }

    /// The peer's INVITE has had the time that its Expires gave it (RFC 3261 section 13.3.1).
    mutating func inviteExpired(_ leg: Leg) {
        leg.expiry = nil
        guard leg.phase == .invited, !leg.isAbandoned else { return }
        takeBack(leg, reason: nil)
    }

    /// Its sender wants the answer to his INVITE no more.
    private mutating func takeBack(_ leg: Leg, reason: [UInt8]?) {
        refuseInvite(of: leg, status: 487)
        leg.phase = .ending
        leg.isAbandoned = true
        emit(.cancelled(leg.id, reason: reason))
        releaseIfDone(leg)
    }

    /// Begins to count the time that an unanswered INVITE has by its Expires.
    mutating func watchExpiry(of leg: Leg, by invite: Message) {
        guard let seconds = invite.number(.expires) else { return }
        leg.expiry = arm(.expires, of: leg, at: now + Milliseconds(seconds) * 1_000)
    }

    mutating func endExpiry(of leg: Leg) {
        if let timer = leg.expiry { wheel.cancel(timer) }
        leg.expiry = nil
    }

    mutating func dropQueue(of leg: Leg) {
        leg.queued = nil
        if let timer = leg.glareTimer { wheel.cancel(timer) }
        leg.glareTimer = nil
    }

    /// Forgets a leg to which nothing is owed any more.
    mutating func releaseIfDone(_ leg: Leg) {
        guard leg.phase == .ending, leg.bye == nil, leg.outgoing == nil, legs.contains(leg.id.handle) else { return }
        if let accepted = leg.accepted { wheel.cancel(accepted.timer) }
        endSession(of: leg)
        endWatch(of: leg)
        endProvisional(of: leg)
        endExpiry(of: leg)
        dropQueue(of: leg)
        for request in leg.requests {
            if case .passing(let original) = request.purpose { passed(original, status: 480) }
        }
        leg.requests = []
        stopLocationTimer(of: leg)
        emit(.released(leg.id))
        forgetCopies(of: leg)
        legs.remove(leg.id.handle)
    }
}
