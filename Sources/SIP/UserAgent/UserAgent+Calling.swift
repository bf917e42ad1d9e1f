/// Legs that we begin (RFC 3261 sections 13.2 and 9.1).
extension UserAgent {
    /// Calls somebody. nil if the target names no address that we can send to, or there is no room; nothing has been sent then.
    package mutating func invite(_ invitation: Invitation, now: Milliseconds) -> LegID? {
        self.now = now
        let route = configuration.outboundProxy ?? invitation.target
        guard let (listener, local) = configuration.socket(for: route) else { return nil }
        let destination = route.endpoint
        let routeSet = configuration.outboundProxy.map { [Array("<".utf8) + $0.bytes + Array(">".utf8)] } ?? []
        let callIDEnd = random.next()
        let tagNonce = random.next()
        let sessionID = random.next() >> 2
        let leg = legs.insert { handle in
            let id = LegID(handle)
            var callID = Token(slot: id.index, generation: id.generation, nonce: tagNonce &+ callIDEnd).bytes
            Token.append(callIDEnd, to: &callID)
            var dialog = Dialog(
                callID: callID,
                localTag: Token(slot: id.index, generation: id.generation, nonce: tagNonce),
                localAddress: Dialog.address(displayName: invitation.displayName, uri: invitation.fromURI),
                remoteAddress: Dialog.address(displayName: "", uri: invitation.target.bytes),
                remoteTarget: invitation.target,
                localCSeq: 1,
                listener: listener,
                local: local
            )
            // Until he says more, he is where he was called: his Contact may be a name.
            dialog.heardFrom = destination
            dialog.routeSet = routeSet
            dialog.isSecure = route.scheme == .sips || invitation.target.scheme == .sips
            return Leg(
                id: id,
                owner: invitation.owner,
                phase: .inviting,
                dialog: dialog,
                continuity: SDPContinuity(sessionID: sessionID, address: local.address),
                source: destination ?? local,
                ownsCallID: true
            )
        }
        guard let leg else { return nil }
        leg.maxForwards = invitation.maxForwards
        leg.headers = invitation.headers
        guard let destination else {
            guard let hop = route.hop else {
                legs.remove(leg.id.handle)
                return nil
            }
            locate(leg, hop, offer: invitation.offer)
            return leg.id
        }
        guard sendInvite(on: leg, offer: invitation.offer, to: destination) else {
            legs.remove(leg.id.handle)
            return nil
        }
        return leg.id
    }

    /// Sends the first INVITE of a leg. False if there is no room for it.
    mutating func sendInvite(on leg: Leg, offer: SessionDescription?, to destination: Endpoint) -> Bool {
        guard let (transaction, branch) = transactions.reserveClient(owner: leg.id.owner) else { return false }
        let body = offer.map { leg.continuity.offer(relaying: $0) }
        leg.madeFirstOffer = body != nil
        leg.lastHeard = now
        leg.firstCSeq = leg.dialog.localCSeq
        leg.outgoing = Leg.OutgoingInvite(transaction: transaction, cseq: leg.dialog.localCSeq, body: body)
        sendInvite(of: leg, transaction, branch: branch, to: destination)
        return true
    }

    /// Writes and sends the INVITE, re-INVITE or UPDATE that `outgoing` describes.
    mutating func sendInvite(
        of leg: Leg,
        _ transaction: ClientTransactionID,
        branch: Token,
        to destination: Endpoint
    ) {
        guard let outgoing = leg.outgoing else { return }
        let isFirst = outgoing.reinvite == nil
        let proofs = authorization(for: outgoing.method, on: leg)
        if outgoing.method == .invite { leg.inviteProofs = proofs }
        let request = leg.dialog.request(
            outgoing.method,
            cseq: outgoing.cseq,
            branch: branch,
            product: configuration.product,
            body: outgoing.body.map(MessageBody.sdp),
            maxForwards: isFirst ? leg.maxForwards : 70
        ) { writer in
            // An INVITE without SDP does not offer 100rel: an offer in a provisional response could not be answered before
            // the other side has it (CALLS.md section 2, 100rel).
            let offersReliability = isFirst && outgoing.hasOffer
            if policy.sessionExpires > 0 {
                writer.field(.supported, offersReliability ? "100rel, timer" : "timer")
            } else if offersReliability {
                writer.field(.supported, "100rel")
            }
            writeSessionTimer(of: leg, to: &writer)
            if isFirst { for header in leg.headers { writer.field(named: header.name, header.value) } }
            for proof in proofs { proof.write(to: &writer) }
        }
        start(
            transaction,
            outgoing.method,
            request,
            to: destination,
            from: leg.dialog.listener,
            heardFrom: leg.dialog.heardFrom
        )
    }

    /// Sends the INVITE of a leg, or its re-INVITE or UPDATE, once more, as one that follows what a refusal asked for. False if
    /// it cannot be sent.
    mutating func repeatOutgoing(_ outgoing: Leg.OutgoingInvite, of leg: Leg) -> Bool {
        guard outgoing.cancellation == .none || outgoing.cancellation == .possible,
            let destination = leg.dialog.nextHop,
            let (transaction, branch) = transactions.reserveClient(owner: leg.id.owner)
        else { return false }
        leg.dialog.localCSeq += 1
        leg.outgoing = Leg.OutgoingInvite(
            transaction: transaction,
            cseq: leg.dialog.localCSeq,
            method: outgoing.method,
            body: outgoing.body,
            attempts: outgoing.attempts,
            reinvite: outgoing.reinvite
        )
        if outgoing.reinvite == nil { leg.firstCSeq = leg.dialog.localCSeq }
        sendInvite(of: leg, transaction, branch: branch, to: destination)
        return true
    }

    mutating func receive(
        inviteResponse response: Message,
        status: Int,
        _ transaction: ClientTransactionID,
        of leg: Leg
    ) {
        if 200...299 ~= status {
            accepted(by: response, of: leg)
            return
        }
        guard let outgoing = leg.outgoing, outgoing.transaction == transaction else {
            if status < 200 { progressedElsewhere(transaction, of: leg) }
            return
        }
        if status < 200 {
            progressed(response, status: status, of: leg)
        } else {
            inviteFailed(transaction, by: response, status: status, of: leg)
        }
    }

    private mutating func progressed(_ response: Message, status: Int, of leg: Leg) {
        stopLocationTimer(of: leg)
        switch leg.outgoing?.cancellation {
        case .some(.none): leg.outgoing?.cancellation = .possible
        case .wanted: sendCancel(of: leg)
        case .possible, .sent, nil: break
        }
        guard leg.phase == .inviting, status > 100, acknowledge(reliable: response, of: leg) else { return }
        guard !leg.isAbandoned else { return }
        let offered = leg.outgoing?.hasOffer == true
        emit(.progress(leg.id, status: status, offered ? try? response.sessionDescription.get() : nil))
    }

    private mutating func accepted(by response: Message, of leg: Leg) {
        let tag = response.to.tag.map { response.bytes[$0] } ?? []
        if leg.phase == .inviting {
            establish(leg, by: response, tag: Array(tag))
            return
        }
        guard leg.dialog.remoteTag.elementsEqual(tag) else {
            endFork(response, tag: Array(tag), of: leg)
            return
        }
        if let outgoing = leg.outgoing, outgoing.cseq == response.cseq.number {
            modified(by: response, outgoing: outgoing, of: leg)
        } else if let ack = leg.sentACKs.last(where: { $0.cseq == response.cseq.number }) {
            resend(ack)
        }
    }

    /// A 2xx that the peer repeats since an ACK got lost, after a restart: the transaction was not worth keeping, the ACK was.
    mutating func receive(strayAccept response: Message) {
        guard let tag = response.from.tag, let token = Token(parsing: response.bytes[tag]),
            let leg = legs[SlabHandle(index: token.slot, generation: token.generation)],
            leg.dialog.localTag == token, leg.phase == .established,
            leg.dialog.callID.elementsEqual(response.bytes[response.callID]),
            leg.dialog.remoteTag.elementsEqual(response.to.tag.map { response.bytes[$0] } ?? []),
            let ack = leg.sentACKs.last(where: { $0.cseq == response.cseq.number })
        else { return }
        resend(ack)
    }

    /// The first 2xx makes the dialog.
    private mutating func establish(_ leg: Leg, by response: Message, tag: [UInt8]) {
        guard let outgoing = leg.outgoing else { return }
        leg.outgoing = nil
        leg.phase = .established
        leg.headers = []
        leg.dialog.remoteTag = tag
        leg.dialog.routeSet = response.recordRoutes.reversed()
        leg.dialog.refreshTarget(from: response)
        stopLocationTimer(of: leg)
        locateDialog(of: leg)
        leg.noteAllow(of: response)
        agreeOnSession(by: response, of: leg)
        watch(leg)
        let answer = leg.early.first { $0.tag == tag }?.answer
        leg.early = []
        let description = (try? response.sessionDescription.get()) ?? answer
        if let description { leg.received(description) }
        leg.ackDue = Leg.AckDue(cseq: outgoing.cseq, offer: outgoing.hasOffer ? nil : description)
        if leg.goneEarly.contains(tag) {
            endGoneEarly(leg)
        } else if leg.isAbandoned {
            endEstablished(leg)
        } else {
            emit(.answered(leg.id, description))
        }
    }

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
        leg.sentACKs.append(Leg.SentACK(cseq: cseq, request: request, moment: now))
        if leg.sentACKs.count > Leg.keptACKs { leg.sentACKs.removeFirst() }
    }

    /// A proxy has forked our INVITE and another phone has answered too: it gets an ACK, then a BYE (RFC 3261 section 13.2.2.4).
    private mutating func endFork(_ response: Message, tag: [UInt8], of leg: Leg) {
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
        let destination = target.endpoint.flatMap { configuration.listener(for: $0) }
        guard let (listener, local) = destination else { return }
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
        dialog.routeSet = response.recordRoutes.reversed()
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
        start(transaction, .bye, bye, to: destination, from: dialog.listener)
        return Leg.SentACK(cseq: ackCSeq, request: sent)
    }

    /// The 2xx has come again: the ACK was lost.
    private mutating func resend(_ ack: Leg.SentACK) {
        send(ack.request.bytes, to: ack.request.destination, from: ack.request.listener)
    }

    // MARK: CANCEL

    /// Takes an INVITE of ours back, as soon as that is allowed. A 2xx that crosses the CANCEL is told as `answered`, another
    /// final response as `refused`.
    package mutating func cancel(_ id: LegID, now: Milliseconds) {
        self.now = now
        guard let leg = legs[id.handle], leg.phase == .inviting else { return }
        stopLocating(leg)
        cancelOutgoing(of: leg)
    }

    /// The INVITE or re-INVITE of ours that is under way, if there is one, is taken back as soon as that is allowed.
    mutating func cancelOutgoing(of leg: Leg) {
        // An UPDATE cannot be taken back.
        guard leg.outgoing?.method == .invite else { return }
        switch leg.outgoing?.cancellation {
        case .some(.none): leg.outgoing?.cancellation = .wanted
        case .possible: sendCancel(of: leg)
        case .wanted, .sent, nil: break
        }
    }

    private mutating func sendCancel(of leg: Leg) {
        guard let outgoing = leg.outgoing else { return }
        leg.outgoing?.cancellation = .sent
        let now = now
        withTransactions { transactions, wheel, out in
            transactions.cancel(
                outgoing.transaction,
                reason: leg.cancelReason,
                now: now,
                wheel: &wheel,
                out: &out
            )
        }
    }

    /// For an ACK to a 2xx, which is no part of a transaction.
    mutating func mintBranch() -> Token { Token(slot: .max, generation: .max, nonce: random.next()) }
}
