/// Requests of peers, and legs that they begin (RFC 3261 sections 8.2, 12.1.1 and 13.3).
extension UserAgent {
    mutating func receive(
        request message: Message,
        _ transaction: ServerTransactionID,
        from source: Endpoint,
        on listener: ListenerID
    ) {
        if message.to.tag != nil {
            receive(inDialog: message, transaction, from: source)
            return
        }
        if let objection = objection(to: message) {
            respond(to: message, transaction, from: source, status: objection)
            return
        }
        switch message.method {
        case .invite: invited(message, transaction, from: source, on: listener)
        case .options: respond(to: message, transaction, from: source, status: 200)
        default: respond(to: message, transaction, from: source, status: 481)
        }
    }

    /// The checks of RFC 3261 section 8.2, in its order; the status of the refusal, nil if there is nothing against the request.
    func objection(to message: Message) -> UInt16? {
        switch message.method {
        case .invite, .bye, .options, .cancel, .ack, .prack, .update: break
        // Outside of a dialog they are not for us.
        case .info, .message, .refer, .notify:
            guard message.to.tag != nil else { return 405 }
        case .other: return 501
        default: return 405
        }
        if let range = message.requestURI, let uri = try? message.uri(in: range) {
            if uri.scheme == .other { return 416 }
            // Header fields have no place in a Request-URI, and are not obeyed in one (RFC 3261 section 19.1.1).
            if !uri.headers.isEmpty { return 400 }
        }
        if message.maxForwards == 0, message.method != .options { return 483 }
        if message.has(.require), !message.unsupportedOptions.isEmpty { return 420 }
        if let encoding = message.first(.contentEncoding), !message.spells(encoding, "identity") { return 415 }
        if [.invite, .update].contains(message.method), policy.sessionExpires > 0, message.asksForTooShortSession {
            return 422
        }
        guard message.method == .invite else { return nil }
        if message.sessionBody() == .other { return 415 }
        if !message.acceptsSessionDescriptions { return 406 }
        guard message.dialogTarget != nil else { return 400 }
        return nil
    }

    private mutating func invited(
        _ message: Message,
        _ transaction: ServerTransactionID,
        from source: Endpoint,
        on listener: ListenerID
    ) {
        guard case .success(let offer) = message.sessionDescription else {
            respond(to: message, transaction, from: source, status: 400)
            return
        }
        guard !comesFromUs(message) || message.has(.replaces) else {
            // Our own INVITE has found its way back (RFC 3261 section 16.3, item 4).
            respond(to: message, transaction, from: source, status: 482)
            return
        }
        let identity = message.identity
        guard invitedLegs[identity] == nil else {
            // A proxy has forked the INVITE, and both ways lead here.
            respond(to: message, transaction, from: source, status: 482)
            return
        }
        guard let target = message.dialogTarget,
            let (listener, local) = configuration.listener(for: source, preferring: listener)
        else {
            respond(to: message, transaction, from: source, status: 500)
            return
        }
        let nonce = random.next()
        let sessionID = random.next() >> 2
        let leg = legs.insert { handle in
            let id = LegID(handle)
            var dialog = Dialog(
                callID: message.copy(of: message.callID),
                localTag: Token(slot: id.index, generation: id.generation, nonce: nonce),
                localAddress: message.addressWithoutTag(message.to),
                remoteAddress: message.addressWithoutTag(message.from),
                remoteTarget: target,
                localCSeq: 0,
                listener: listener,
                local: local
            )
            dialog.remoteTag = message.from.tag.map { message.copy(of: $0) } ?? []
            dialog.remoteCSeq = message.cseq.number
            dialog.routeSet = message.recordRoutes
            dialog.heardFrom = source
            let called = message.requestURI.flatMap { try? message.uri(in: $0) }
            dialog.isSecure = called?.scheme == .sips || dialog.nextURI.scheme == .sips
            return Leg(
                id: id,
                owner: .max,
                phase: .invited,
                dialog: dialog,
                continuity: SDPContinuity(sessionID: sessionID, address: local.address),
                source: source,
                ownsCallID: false
            )
        }
        guard let leg else {
            respond(to: message, transaction, from: source, status: 503)
            return
        }
        leg.incoming = Leg.IncomingInvite(transaction: transaction, request: message, offer: offer)
        leg.noteAllow(of: message)
        leg.lastHeard = now
        leg.identity = identity
        invitedLegs[identity] = leg.id
        transactions.adopt(transaction, owner: leg.id.owner)
        locateDialog(of: leg)
        emit(.invited(leg.id, message))
    }

    // MARK: Answering an INVITE

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
        guard let leg = legs[id.handle], leg.phase == .invited, 101...199 ~= status else { return }
        let offer = leg.incoming?.offer
        let body = description.flatMap { answer in offer.map { leg.continuity.answer(relaying: answer, to: $0) } }
        sendProvisional(UInt16(clamping: status), body: body, on: leg)
    }

    /// From now on, responses to the unanswered INVITE come from another branch, as it were: with a To tag of their own
    /// (CALLS.md section 2, successive first legs; RFC 3261 section 12.1).
    package mutating func renewTag(of id: LegID) {
        guard let leg = legs[id.handle], leg.phase == .invited else { return }
        // PRACKs for what was sent before still come under the old one.
        if leg.earlierTags.count < Leg.maximumForks { leg.earlierTags.append(leg.dialog.localTag) }
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
        endProvisional(of: leg)
        leg.waitingProvisional = nil
        leg.phase = .established
        let session = agreeOnSession(answering: incoming.request, of: leg)
        let response = respond(toInviteOf: leg, status: 200, body: body, session: session)
        leg.incoming = nil
        watch(leg)
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

    /// Refuses the INVITE or re-INVITE in hand. With the initial one, the leg is over.
    ///
    /// - Parameter contact: where the caller may try instead, for a redirection.
    package mutating func refuse(
        _ id: LegID,
        status: Int,
        retryAfter: Int? = nil,
        contact: URI? = nil,
        now: Milliseconds
    ) {
        self.now = now
        guard let leg = legs[id.handle] else { return }
        refuseInvite(of: leg, status: UInt16(clamping: status), retryAfter: retryAfter, contact: contact)
        if leg.phase == .invited {
            leg.phase = .ending
            releaseIfDone(leg)
        } else {
            proceed(leg)
        }
    }

    mutating func refuseInvite(of leg: Leg, status: UInt16, retryAfter: Int? = nil, contact: URI? = nil) {
        guard leg.incoming != nil else { return }
        endProvisional(of: leg)
        leg.waitingProvisional = nil
        respond(toInviteOf: leg, status: status, retryAfter: retryAfter, contact: contact, body: nil)
        leg.incoming = nil
    }

    /// The 2xx is ours to repeat until the ACK comes (RFC 3261 section 13.3.1.4).
    mutating func retransmit2xx(of leg: Leg) {
        guard var accepted = leg.accepted else { return }
        guard now < accepted.giveUp else {
            if accepted.mayBeAcknowledged, !accepted.hasOffer {
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

    // MARK: Responses

    @discardableResult
    mutating func respond(
        toInviteOf leg: Leg,
        status: UInt16,
        retryAfter: Int? = nil,
        contact: URI? = nil,
        body: [UInt8]?,
        reliably sequence: UInt32? = nil,
        session: SessionTimer? = nil
    ) -> [UInt8] {
        guard let incoming = leg.incoming else { return [] }
        let (dialog, product) = (leg.dialog, configuration.product)
        let response = makeResponse(
            to: incoming.request,
            source: leg.source,
            status: status,
            toTag: dialog.localTag.bytes,
            body: body.map(MessageBody.sdp)
        ) { writer in
            if status < 300 {
                dialog.writeContact(to: &writer)
                writer.field(.allow, Dialog.allow)
            }
            if let contact { writer.field(.contact, Array("<".utf8) + contact.bytes + Array(">".utf8)) }
            if status == 200 { writer.field(.supported, Dialog.supported) }
            if let sequence {
                writer.field(.require, "100rel")
                writer.field(.rseq, number: UInt64(sequence))
            }
            writer.answer(session)
            if let retryAfter { writer.field(.retryAfter, number: UInt64(clamping: retryAfter)) }
            writer.field(.server, product)
        }
        respond(incoming.transaction, status: status, response: response)
        return response
    }

    /// Answers a request that has no leg to speak for it.
    mutating func respond(
        to message: Message,
        _ transaction: ServerTransactionID,
        from source: Endpoint,
        status: UInt16,
        retryAfter: Int? = nil,
        toTag: [UInt8]? = nil,
        writing extra: (inout MessageWriter) -> Void = { _ in }
    ) {
        let tag = toTag ?? Token(slot: .max, generation: .max, nonce: random.next()).bytes
        let product = configuration.product
        let response = makeResponse(to: message, source: source, status: status, toTag: tag) { writer in
            extra(&writer)
            writer.explain(status, of: message, retryAfter: retryAfter)
            writer.field(.server, product)
        }
        respond(transaction, status: status, response: response)
    }

    mutating func respond(_ transaction: ServerTransactionID, status: UInt16, response: [UInt8]) {
        let now = now
        withTransactions { transactions, wheel, out in
            transactions.respond(
                transaction,
                status: status,
                response: response,
                now: now,
                wheel: &wheel,
                out: &out
            )
        }
    }
}

extension MessageWriter {
    /// The header fields that a refusal must have so that the peer can do better (RFC 3261 sections 8.2 and 21).
    mutating func explain(_ status: UInt16, of message: Message, retryAfter: Int?) {
        switch status {
        case 200 where message.method == .options:
            field(.allow, Dialog.allow)
            field(.supported, Dialog.supported)
            field(.accept, "application/sdp, multipart/mixed")
        case 405: field(.allow, Dialog.allow)
        case 406, 415: field(.accept, "application/sdp, multipart/mixed")
        case 420:
            for option in message.unsupportedOptions { field(.unsupported, of: message, option) }
        case 422: field(.minSE, number: UInt64(SessionTimer.smallest))
        case 503: field(.retryAfter, number: UInt64(clamping: retryAfter ?? 5))
        default:
            if let retryAfter { field(.retryAfter, number: UInt64(clamping: retryAfter)) }
        }
    }
}
