/// Requests inside a dialog, re-INVITEs above all (RFC 3261 sections 12.2 and 14).
extension UserAgent {
    /// The leg of a dialog that a request belongs to: by the slot in its To tag, then everything else must be right too.
    func leg(for message: Message) -> Leg? {
        guard let tag = message.to.tag, let token = Token(parsing: message.bytes[tag]),
            let leg = legs[SlabHandle(index: token.slot, generation: token.generation)],
            leg.dialog.localTag == token,
            leg.dialog.callID.elementsEqual(message.bytes[message.callID]),
            leg.dialog.remoteTag.elementsEqual(message.from.tag.map { message.bytes[$0] } ?? [])
        else { return nil }
        return leg
    }

    mutating func receive(inDialog message: Message, _ transaction: ServerTransactionID, from source: Endpoint) {
        guard let leg = leg(for: message) else {
            respond(to: message, transaction, from: source, status: 481)
            return
        }
        if let objection = objection(to: message), objection != 400 {
            respond(to: message, transaction, from: source, status: objection)
            return
        }
        // A request older than one that we have seen (RFC 3261 section 12.2.2).
        if let last = leg.dialog.remoteCSeq, message.cseq.number <= last {
            respond(to: message, transaction, from: source, status: 500, retryAfter: 1)
            return
        }
        leg.dialog.remoteCSeq = message.cseq.number
        leg.dialog.heardFrom = source
        switch message.method {
        case .bye: receive(bye: message, transaction, of: leg, from: source)
        case .invite: receive(reinvite: message, transaction, of: leg, from: source)
        default: respond(to: message, transaction, from: source, status: 200)
        }
    }

    private mutating func receive(
        reinvite message: Message,
        _ transaction: ServerTransactionID,
        of leg: Leg,
        from source: Endpoint
    ) {
        guard leg.phase == .established, !leg.isAbandoned else {
            respond(to: message, transaction, from: source, status: 481)
            return
        }
        // RFC 3261 section 14.2: ours is under way, or theirs has not been answered, or not acknowledged.
        if leg.outgoing != nil || leg.ackDue != nil {
            respond(to: message, transaction, from: source, status: 491)
            return
        }
        guard leg.incoming == nil, leg.accepted == nil else {
            respond(to: message, transaction, from: source, status: 500, retryAfter: Int(random.next() % 10))
            return
        }
        guard case .success(let offer) = message.sessionDescription else {
            respond(to: message, transaction, from: source, status: 400)
            return
        }
        leg.source = source
        leg.dialog.refreshTarget(from: message)
        let incoming = Leg.IncomingInvite(transaction: transaction, request: message, offer: offer)
        leg.incoming = incoming
        transactions.adopt(transaction, owner: leg.id.owner)
        // A re-INVITE that changes nothing only asks whether we are alive (CALLS.md section 2, refresh or change).
        if let body = acceptsWithoutChange(incoming, of: leg) {
            accept(leg, incoming, body: body)
            return
        }
        if let offer { leg.continuity.received(offer) }
        emit(.offered(leg.id, offer))
    }

    // MARK: Ours

    /// Sends a re-INVITE with the other side's description, or without SDP.
    ///
    /// - Parameter retriesOnGlare: wait while another INVITE is in progress, and come again after a 491; otherwise both are told
    ///   as `modificationRefused` with status 491.
    package mutating func reinvite(
        _ id: LegID,
        relaying description: SessionDescription?,
        retriesOnGlare: Bool,
        now: Milliseconds
    ) {
        self.now = now
        guard let leg = legs[id.handle] else { return }
        guard leg.phase == .established, !leg.isAbandoned else {
            emit(.modificationRefused(id, status: 481))
            return
        }
        if retriesOnGlare {
            leg.queued = Leg.QueuedReinvite(offer: description)
            proceed(leg)
        } else if leg.isBusy || leg.queued != nil {
            emit(.modificationRefused(id, status: 491))
        } else {
            sendReinvite(on: leg, Leg.QueuedReinvite(offer: description), retries: false)
        }
    }

    /// Takes back a re-INVITE that waits for its turn; one that is under way does not come again after a 491. false: it has been
    /// sent already, or there is none.
    package mutating func withdrawReinvite(of id: LegID) -> Bool {
        guard let leg = legs[id.handle] else { return false }
        leg.outgoing?.retry = nil
        guard leg.queued != nil else { return false }
        leg.queued = nil
        if let timer = leg.glareTimer { wheel.cancel(timer) }
        leg.glareTimer = nil
        return true
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

    private mutating func sendReinvite(on leg: Leg, _ reinvite: Leg.QueuedReinvite, retries: Bool) {
        guard let destination = leg.dialog.nextHop,
            let (transaction, branch) = transactions.reserveClient(owner: leg.id.owner)
        else {
            emit(.modificationRefused(leg.id, status: 503))
            return
        }
        let body = reinvite.offer.map { leg.continuity.offer(relaying: $0) }
        leg.dialog.localCSeq += 1
        leg.outgoing = Leg.OutgoingInvite(
            transaction: transaction,
            cseq: leg.dialog.localCSeq,
            hasOffer: body != nil,
            retry: retries ? reinvite : nil
        )
        let request = leg.dialog.request(
            .invite,
            cseq: leg.dialog.localCSeq,
            branch: branch,
            product: configuration.product,
            body: body
        )
        start(transaction, .invite, request, to: destination, of: leg)
    }

    /// The 2xx to a re-INVITE of ours.
    mutating func modified(by response: Message, outgoing: Leg.OutgoingInvite, of leg: Leg) {
        leg.outgoing = nil
        leg.dialog.refreshTarget(from: response)
        let description = try? response.sessionDescription.get()
        if let description { leg.continuity.received(description) }
        let isOver = leg.phase == .ending || leg.isAbandoned
        if outgoing.hasOffer || isOver {
            let refusal = outgoing.hasOffer ? nil : description.map { leg.continuity.refusal(of: $0) }
            sendACK(outgoing.cseq, body: refusal, of: leg)
        } else {
            leg.ackDue = Leg.AckDue(cseq: outgoing.cseq, offer: description)
        }
        if isOver {
            releaseIfDone(leg)
        } else {
            emit(.modified(leg.id, description))
            proceed(leg)
        }
    }

    /// Our INVITE or re-INVITE has failed: by its final response, or since none came.
    mutating func inviteFailed(_ transaction: ClientTransactionID, status: Int, of leg: Leg) {
        guard let outgoing = leg.outgoing, outgoing.transaction == transaction else { return }
        leg.outgoing = nil
        if leg.phase == .inviting {
            if !leg.isAbandoned { emit(.refused(leg.id, status: status)) }
            leg.phase = .ending
            releaseIfDone(leg)
            return
        }
        guard leg.phase == .established, !leg.isAbandoned else {
            releaseIfDone(leg)
            return
        }
        switch status {
        case 408, 481:
            // The peer is gone, and the dialog with him (RFC 3261 section 12.2.1.2).
            lose(leg)
        case 491 where outgoing.retry != nil:
            pauseAfterGlare(leg, outgoing.retry)
        default:
            emit(.modificationRefused(leg.id, status: status))
            proceed(leg)
        }
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
