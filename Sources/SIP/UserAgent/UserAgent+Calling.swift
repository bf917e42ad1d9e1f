/// Legs that we begin (RFC 3261 section 13.2).
extension UserAgent {
    /// Calls somebody. nil if the target names no address that we can send to, or there is no room; nothing has been sent then.
    package mutating func invite(_ invitation: Invitation, now: Milliseconds) -> LegID? {
        self.now = now
        let target = invitation.target.withoutHeaders
        let route = configuration.outboundProxy ?? target
        guard let (listener, local) = configuration.socket(for: route) else { return nil }
        let destination = route.endpoint
        let routeSet = configuration.outboundProxy.map { [Array("<".utf8) + $0.bytes + Array(">".utf8)] } ?? []
        let (callIDStart, callIDEnd) = (random.next(), random.next())
        let tagNonce = random.next()
        let sessionID = random.next() >> 2
        let leg = legs.insert { handle in
            let id = LegID(handle)
            var callID = Token(slot: id.index, generation: id.generation, nonce: callIDStart).bytes
            Token.append(callIDEnd, to: &callID)
            var dialog = Dialog(
                callID: callID,
                localTag: Token(slot: id.index, generation: id.generation, nonce: tagNonce),
                localAddress: Dialog.address(displayName: invitation.displayName, uri: invitation.fromURI),
                remoteAddress: Dialog.address(displayName: "", uri: target.bytes),
                remoteTarget: target,
                localCSeq: 1,
                listener: listener,
                local: local
            )
            // Until he says more, he is where he was called: his Contact may be a name.
            dialog.heardFrom = destination
            dialog.routeSet = routeSet
            dialog.isSecure = route.scheme == .sips || target.scheme == .sips
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
            maxForwards: outgoing.reinvite?.request.maxForwards ?? leg.maxForwards
        ) { writer in
            // An INVITE without SDP does not offer 100rel: an offer in a provisional response could not be answered before
            // the other side has it (CALLS.md section 2, 100rel).
            let offersReliability = isFirst && outgoing.hasOffer
            if policy.sessionExpires > 0 {
                writer.field(.supported, offersReliability ? "100rel, timer, replaces" : "timer, replaces")
            } else {
                writer.field(.supported, offersReliability ? "100rel, replaces" : "replaces")
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
            facts: RequestFacts(
                sequence: outgoing.cseq,
                callID: leg.dialog.callID,
                hasBody: outgoing.body.map { !$0.isEmpty } ?? false
            ),
            heardFrom: leg.dialog.heardFrom,
            elsewhere: leg.dialog.elsewhere
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
        leg.branch = response.to.tag.map { response.copy(of: $0) } ?? []
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
        leg.branch = tag
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
}
