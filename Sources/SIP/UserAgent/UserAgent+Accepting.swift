/// What the user makes of an INVITE or re-INVITE of the peer's: progress, acceptance or refusal (RFC 3261 section 13.3).
extension UserAgent {
    /// Tells an unanswered caller how his call goes on: a provisional response.
    ///
    /// - Parameter description: the other side's answer so far to what he has offered; nil for none.
    package mutating func progress(
        _ id: LegID,
        status: Int,
        relaying description: SessionDescription? = nil,
        now: Milliseconds
    ) {
        self.now = now
        guard let leg = legs[id.handle], leg.phase == .invited, leg.waitingAcceptance == nil, 101...199 ~= status else {
            return
        }
        let offer = leg.incoming?.offer
        let body = description.flatMap { answer in offer.map { leg.continuity.answer(relaying: answer, to: $0) } }
        sendProvisional(UInt16(clamping: status), body: body, on: leg)
    }

    /// From now on, responses to the unanswered INVITE come from another branch, as it were: with a To tag of their own
    /// (CALLS.md section 2, successive first legs; RFC 3261 section 12.1).
    package mutating func renewTag(of id: LegID) {
        guard let leg = legs[id.handle], leg.phase == .invited else { return }
        // PRACKs for what was sent before still come under the old one.
        if leg.earlierTags.count < Leg.maximumForks {
            leg.earlierTags.append(leg.dialog.localTag)
            leg.earlierCSeqs.append(leg.dialog.remoteCSeq)
        }
        // In the new dialog the peer counts from his INVITE on (RFC 3261 section 12.1.2).
        leg.dialog.remoteCSeq = leg.incoming?.request.cseq.number
        leg.dialog.localTag = Token(slot: id.index, generation: id.generation, nonce: random.next())
    }

    /// Answers the INVITE or re-INVITE in hand with 200. The description is the other side's: the answer to the peer's offer, or
    /// an offer if he made none.
    package mutating func accept(_ id: LegID, relaying description: SessionDescription, now: Milliseconds) {
        self.now = now
        guard let leg = legs[id.handle], let incoming = leg.incoming else { return }
        // Not earlier: an offer that is refused has changed nothing, and may come again as it was.
        if let offer = incoming.offer { leg.received(offer) }
        let body =
            incoming.offer.map { leg.continuity.answer(relaying: description, to: $0) }
            ?? leg.continuity.offer(relaying: description)
        accept(leg, incoming, body: body)
    }

    /// The answer to an offer that only repeats what holds already; nil if it does not.
    func answerToRefresh(_ offer: SessionDescription, of leg: Leg) -> [UInt8]? {
        leg.continuity.isRefresh(offer) ? leg.continuity.repeated() : nil
    }

    mutating func accept(_ leg: Leg, _ incoming: Leg.IncomingInvite, body: [UInt8]) {
        guard incoming.request.method == .invite else {
            leg.incoming = nil
            accept(update: incoming.request, incoming.transaction, of: leg, body: body)
            proceed(leg)
            return
        }
        if leg.phase == .invited, leg.provisional?.hasBody == true {
            // Not before the peer is known to have that (RFC 3262 section 3).
            leg.waitingAcceptance = body
            return
        }
        endProvisional(of: leg)
        endExpiry(of: leg)
        leg.waitingProvisional = nil
        leg.phase = .established
        refreshTarget(of: leg, by: incoming.request)
        let session = agreeOnSession(answering: incoming.request, of: leg)
        let response = respond(toInviteOf: leg, status: 200, body: body, session: session)
        leg.incoming = nil
        watch(leg)
        if leg.identity != nil { awaitCopies(of: leg) }
        let interval = transactions.timers.t1
        leg.accepted = Leg.AcceptedInvite(
            transaction: incoming.transaction,
            cseq: incoming.request.cseq.number,
            response: response,
            hasOffer: incoming.offer == nil,
            giveUp: now + 64 * transactions.timers.t1,
            interval: interval,
            timer: arm(.retransmit2xx, of: leg, at: now + interval),
            request: incoming.request
        )
    }

    /// The Contact of a request that is accepted counts from now on; what is refused has changed nothing (RFC 3261 section 12.2.2).
    mutating func refreshTarget(of leg: Leg, by request: Message) {
        leg.dialog.refreshTarget(from: request)
        locateDialog(of: leg)
    }

    /// Refuses the INVITE or re-INVITE in hand. With the initial one, the leg is over.
    ///
    /// - Parameters:
    ///   - contact: where the caller may try instead, for a redirection.
    ///   - warning: what is wrong with his description, for a 488.
    package mutating func refuse(
        _ id: LegID,
        status: Int,
        retryAfter: Int? = nil,
        contact: URI? = nil,
        warning: SessionWarning? = nil,
        now: Milliseconds
    ) {
        self.now = now
        guard let leg = legs[id.handle] else { return }
        refuseInvite(
            of: leg,
            status: UInt16(clamping: status),
            retryAfter: retryAfter,
            contact: contact,
            warning: warning
        )
        if leg.phase == .invited {
            leg.phase = .ending
            releaseIfDone(leg)
        } else {
            proceed(leg)
        }
    }

    mutating func refuseInvite(
        of leg: Leg,
        status: UInt16,
        retryAfter: Int? = nil,
        contact: URI? = nil,
        warning: SessionWarning? = nil
    ) {
        guard let incoming = leg.incoming else { return }
        endProvisional(of: leg)
        leg.waitingProvisional = nil
        respond(
            toInviteOf: leg,
            status: status,
            retryAfter: retryAfter,
            contact: contact,
            warning: warning,
            body: nil
        )
        leg.incoming = nil
        guard leg.phase == .established, incoming.request.method == .invite else { return }
        leg.refused = Leg.RefusedInvite(request: incoming.request, moment: now)
        awaitCopies(of: leg)
    }

    /// The 2xx is ours to repeat until the ACK comes (RFC 3261 section 13.3.1.4).
    mutating func retransmit2xx(of leg: Leg) {
        guard var accepted = leg.accepted else { return }
        guard now < accepted.giveUp else {
            if leg.phase == .ending {
                leg.accepted = nil
            } else if accepted.mayBeAcknowledged, !accepted.hasOffer {
                acknowledged(leg, accepted, nil)
            } else {
                leg.accepted = nil
                lose(leg)
            }
            return
        }
        respond(accepted.transaction, status: 200, response: accepted.response)
        accepted.interval = min(2 * accepted.interval, transactions.timers.t2)
        accepted.timer = arm(.retransmit2xx, of: leg, at: min(now + accepted.interval, accepted.giveUp))
        leg.accepted = accepted
    }

    mutating func receive(ack message: Message, from source: Endpoint) {
        guard let leg = leg(for: message), let accepted = leg.accepted, accepted.cseq == message.cseq.number else {
            return
        }
        leg.source = source
        leg.lastHeard = now
        var description: SessionDescription?
        if accepted.hasOffer {
            description = try? message.sessionDescription.get()
            if let description { leg.received(description) }
        }
        acknowledged(leg, accepted, description)
    }

    /// The peer has our 2xx.
    mutating func acknowledged(_ leg: Leg, _ accepted: Leg.AcceptedInvite, _ description: SessionDescription?) {
        wheel.cancel(accepted.timer)
        leg.accepted = nil
        changedOwners.append(leg.owner)
        if leg.isAbandoned {
            if leg.owesBye { sendBye(on: leg) }
            return
        }
        emit(.acknowledged(leg.id, description))
        proceed(leg)
    }
}
