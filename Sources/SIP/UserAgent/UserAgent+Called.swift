/// Requests of peers, and legs that they begin (RFC 3261 sections 8.2 and 12.1.1).
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
        if message.isEncoded { return 415 }
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
        watchExpiry(of: leg, by: message)
        emit(.invited(leg.id, message))
    }
}
