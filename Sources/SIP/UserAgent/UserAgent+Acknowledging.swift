/// ACKs to 2xx of peers, and the dialogs that nobody wants: forks, and answers that come too late (RFC 3261 section 13.2.2.4).
extension UserAgent {
    /// Sends the ACK that a 2xx awaits. To a peer's offer it carries the answer: `description`, or a refusal of every media line
    /// if that is nil. (CALLS.md section 2, hand-over.)
    package mutating func acknowledge(_ id: LegID, relaying description: SessionDescription?, now: Milliseconds) {
        self.now = now
        guard let leg = legs[id.handle], let due = leg.ackDue else { return }
        let body = due.offer.map { offer in
            description.map { leg.continuity.answer(relaying: $0, to: offer) } ?? leg.continuity.refusal(of: offer)
        }
        sendACK(due.cseq, body: body, of: leg)
        proceed(leg)
    }

    mutating func sendACK(_ cseq: UInt32, body: [UInt8]?, of leg: Leg) {
        leg.ackDue = nil
        guard var destination = leg.dialog.nextHop else { return }
        // Nothing tells that an ACK is lost: it goes where the request before it got through.
        if let heardFrom = leg.dialog.heardFrom, heardFrom.transport == destination.transport,
            destination.transport.isStream, withoutStreams.contains(destination, now: now)
        {
            destination = heardFrom
        }
        let product = configuration.product
        let bytes = leg.dialog.request(
            .ack,
            cseq: cseq,
            branch: mintBranch(),
            product: product,
            body: body.map(MessageBody.sdp)
        ) { writer in
            for proof in leg.inviteProofs { proof.write(to: &writer) }
        }
        let request = sendACK(bytes, to: destination, from: leg.dialog.listener)
        keep(Leg.SentACK(cseq: cseq, request: request, moment: now), of: leg)
    }

    /// A proxy has forked our INVITE and another phone has answered too: it gets an ACK, then a BYE (RFC 3261 section 13.2.2.4).
    mutating func endFork(_ response: Message, tag: [UInt8], of leg: Leg) {
        guard leg.ownsCallID, response.cseq.number == leg.firstCSeq else { return }
        if let ended = leg.endedForks.first(where: { $0.tag == tag }) {
            resend(ended.ack)
            return
        }
        guard leg.endedForks.count < Leg.maximumForks else { return }
        var dialog = leg.dialog
        dialog.remoteTag = tag
        dialog.routeSet = response.recordRoutes.reversed()
        dialog.refreshTarget(from: response)
        let refusal = leg.madeFirstOffer ? nil : refusal(ofOfferIn: response, for: dialog)
        guard let ack = endUnwanted(dialog, ackCSeq: leg.firstCSeq, ackBody: refusal) else { return }
        leg.endedForks.append(Leg.EndedFork(tag: tag, ack: ack))
    }

    /// A 2xx for a leg that is over: a phone that answered too late, or one that has not seen our ACK. What it takes to end its
    /// dialog stands in the response.
    mutating func endStray(_ response: Message, _ transaction: ClientTransactionID) {
        guard let target = response.contactURI else { return }
        let routes: [[UInt8]] = response.recordRoutes.reversed()
        let next = routes.first.flatMap { URI(addressIn: $0) } ?? target
        // Where that is a name, the way that the INVITE has gone.
        guard let place = next.endpoint ?? transactions.destination(of: transaction),
            let (listener, local) = configuration.listener(for: place)
        else { return }
        var dialog = Dialog(
            callID: response.copy(of: response.callID),
            localTag: response.from.tag.flatMap { Token(parsing: response.bytes[$0]) } ?? mintBranch(),
            localAddress: response.addressWithoutTag(response.from),
            remoteAddress: response.addressWithoutTag(response.to),
            remoteTarget: target,
            localCSeq: response.cseq.number,
            listener: listener,
            local: local
        )
        dialog.remoteTag = response.to.tag.map { response.copy(of: $0) } ?? []
        dialog.routeSet = routes
        dialog.heardFrom = place
        let weOffered = transactions.hadBody(transaction) ?? true
        _ = endUnwanted(
            dialog,
            ackCSeq: response.cseq.number,
            ackBody: weOffered ? nil : refusal(ofOfferIn: response, for: dialog)
        )
    }

    private mutating func refusal(ofOfferIn response: Message, for dialog: Dialog) -> [UInt8]? {
        guard case .success(let offer?) = response.sessionDescription else { return nil }
        var continuity = SDPContinuity(sessionID: random.next() >> 2, address: dialog.local.address)
        return continuity.refusal(of: offer)
    }

    /// ACK and BYE for a dialog that nobody wants; the ACK, for when the 2xx comes again, or nil if nothing could be sent.
    private mutating func endUnwanted(_ dialog: Dialog, ackCSeq: UInt32, ackBody: [UInt8]?) -> Leg.SentACK? {
        guard let destination = dialog.nextHop,
            let (transaction, branch) = transactions.reserveClient(owner: .max)
        else { return nil }
        let product = configuration.product
        let ack = dialog.request(
            .ack,
            cseq: ackCSeq,
            branch: mintBranch(),
            product: product,
            body: ackBody.map(MessageBody.sdp)
        )
        let sent = sendACK(ack, to: destination, from: dialog.listener)
        // PRACKs may have used up numbers behind that of the INVITE.
        let cseq = max(dialog.localCSeq, ackCSeq) + 1
        let bye = dialog.request(.bye, cseq: cseq, branch: branch, product: product, body: nil)
        start(
            transaction,
            .bye,
            bye,
            to: destination,
            from: dialog.listener,
            facts: RequestFacts(sequence: cseq, callID: dialog.callID, hasBody: false)
        )
        return Leg.SentACK(cseq: ackCSeq, request: sent)
    }

    /// The 2xx has come again: the ACK was lost.
    mutating func resend(_ ack: Leg.SentACK) {
        send(ack.request.bytes, to: ack.request.destination, from: ack.request.listener)
    }

    /// For an ACK to a 2xx, which is no part of a transaction.
    mutating func mintBranch() -> Token { Token(slot: .max, generation: .max, nonce: random.next()) }
}
