/// UPDATE (RFC 3311): of a peer, in early and confirmed dialogs, and the final response to one of ours that carries an offer.
extension UserAgent {
    mutating func receive(
        update message: Message,
        _ transaction: ServerTransactionID,
        of leg: Leg,
        from source: Endpoint
    ) {
        guard !leg.isAbandoned, leg.phase == .established || leg.phase == .invited else {
            respond(to: message, transaction, from: source, status: 481)
            return
        }
        guard case .success(let offer) = message.sessionDescription else {
            respond(to: message, transaction, from: source, status: 400)
            return
        }
        leg.source = source
        guard let offer else {
            // It only refreshes (CALLS.md section 2, refresh or change).
            accept(update: message, transaction, of: leg, body: nil)
            return
        }
        // RFC 3311 section 5.2: our offer has had no answer yet; theirs has not.
        if leg.outgoing != nil || leg.ackDue != nil || leg.accepted?.hasOffer == true {
            respond(to: message, transaction, from: source, status: 491)
            return
        }
        if leg.phase == .invited, leg.hasAnsweredReliably {
            // The offer of the INVITE has had its answer: nothing is in the way but that we cannot change it yet.
            let product = configuration.product
            respond(to: message, transaction, from: source, status: 488) { $0.warn(488, nil, of: product) }
            return
        }
        guard leg.phase == .established, leg.incoming == nil else {
            respond(to: message, transaction, from: source, status: 500, retryAfter: shortWhile())
            return
        }
        if let body = answerToRefresh(offer, of: leg) {
            accept(update: message, transaction, of: leg, body: body)
            return
        }
        leg.incoming = Leg.IncomingInvite(transaction: transaction, request: message, offer: offer)
        emit(.offered(leg.id, offer))
    }

    /// Answers an UPDATE with 200; nothing acknowledges that.
    mutating func accept(update message: Message, _ transaction: ServerTransactionID, of leg: Leg, body: [UInt8]?) {
        refreshTarget(of: leg, by: message)
        // Before the call is answered there is no session to be timed.
        let session = leg.phase == .established ? agreeOnSession(answering: message, of: leg) : nil
        let (dialog, product) = (leg.dialog, configuration.product)
        let response = makeResponse(
            to: message,
            source: leg.source,
            status: 200,
            toTag: dialog.localTag.bytes,
            body: body.map(MessageBody.sdp)
        ) { writer in
            dialog.writeContact(to: &writer)
            writer.field(.allow, Dialog.allow)
            writer.answer(session)
            writer.field(.server, product)
        }
        respond(transaction, status: 200, response: response)
    }

    /// How many hops what is sent on for the request in hand may take (RFC 7332).
    package func hopsLeft(ofOfferFrom id: LegID) -> UInt8 { legs[id.handle]?.incoming?.request.hopsLeft ?? 70 }

    /// Whether the offer in hand came by UPDATE.
    package func isUpdate(offerOf id: LegID) -> Bool { legs[id.handle]?.incoming?.request.method == .update }

    /// The final response to an UPDATE of ours that carries an offer.
    mutating func receive(
        updateResponse response: Message,
        status: Int,
        _ transaction: ClientTransactionID,
        of leg: Leg
    ) {
        guard status >= 200, let outgoing = leg.outgoing, outgoing.transaction == transaction else { return }
        if status < 300 {
            modified(by: response, outgoing: outgoing, of: leg)
        } else {
            inviteFailed(transaction, by: response, status: status, of: leg)
        }
    }

    /// Requests in an early dialog that an INVITE of ours has made: its offer has had no answer yet. False: it belongs to
    /// nothing.
    mutating func receive(early message: Message, _ transaction: ServerTransactionID, from source: Endpoint) -> Bool {
        guard let leg = earlyLeg(for: message) else { return false }
        if let objection = objection(to: message), objection != 400 {
            respond(to: message, transaction, from: source, status: objection)
            return true
        }
        let branch = message.from.tag.flatMap { tag in
            leg.early.firstIndex { $0.tag.elementsEqual(message.bytes[tag]) }
        }
        if let branch {
            // A request older than one that we have seen (RFC 3261 section 12.2.2).
            if let last = leg.early[branch].remoteCSeq, message.cseq.number <= last {
                respond(to: message, transaction, from: source, status: 500, retryAfter: 1)
                return true
            }
            leg.early[branch].remoteCSeq = message.cseq.number
        }
        switch message.method {
        case .bye: return receive(earlyBye: message, transaction, from: source)
        case .invite:
            // Ours has no final response yet (RFC 3261 section 14.2).
            respond(to: message, transaction, from: source, status: 491)
            return true
        case .update:
            receive(earlyUpdate: message, transaction, of: leg, branch: branch, from: source)
            return true
        case .info, .message, .refer, .notify:
            // Not yet: there is nobody whom it could be passed to.
            respond(to: message, transaction, from: source, status: 500, retryAfter: shortWhile())
            return true
        case .options:
            respond(to: message, transaction, from: source, status: 200)
            return true
        default: return false
        }
    }

    /// The leg that we begin, and whose early dialog a request belongs to.
    func earlyLeg(for message: Message) -> Leg? {
        guard let tag = message.to.tag, let token = Token(parsing: message.bytes[tag]),
            let leg = legs[SlabHandle(index: token.slot, generation: token.generation)],
            leg.phase == .inviting, leg.dialog.localTag == token,
            leg.dialog.callID.elementsEqual(message.bytes[message.callID])
        else { return nil }
        return leg
    }

    /// Without an offer it is taken. With one it has to wait as long as ours has no answer (RFC 3311 section 5.2); where that has come
    /// reliably, the session cannot be changed before the call is answered.
    private mutating func receive(
        earlyUpdate message: Message,
        _ transaction: ServerTransactionID,
        of leg: Leg,
        branch: Int?,
        from source: Endpoint
    ) {
        let (dialog, product) = (leg.dialog, configuration.product)
        if case .success(nil) = message.sessionDescription {
            respond(to: message, transaction, from: source, status: 200) { writer in
                dialog.writeContact(to: &writer)
                writer.field(.allow, Dialog.allow)
            }
        } else if branch.map({ leg.early[$0].answer != nil }) ?? false {
            respond(to: message, transaction, from: source, status: 488) { $0.warn(488, nil, of: product) }
        } else {
            respond(to: message, transaction, from: source, status: 491)
        }
    }
}

extension MessageWriter {
    /// What a 2xx says of the session timer (RFC 4028 section 9).
    mutating func answer(_ session: SessionTimer?) {
        guard let session else { return }
        session.write(to: &self, inRequest: false)
        if !session.isOurs { field(.require, "timer") }
    }
}
