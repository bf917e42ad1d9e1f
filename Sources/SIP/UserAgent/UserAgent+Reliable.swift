/// Reliable provisional responses, PRACK in both roles (RFC 3262). RSeq and PRACK are per leg and never relayed
/// (CALLS.md section 2, 100rel).
extension UserAgent {
    // MARK: We are called

    /// Sends a provisional response to the peer's INVITE: reliably if he requires that, else once. While one has not been
    /// acknowledged, the newest of those that follow waits.
    mutating func sendProvisional(_ status: UInt16, body: [UInt8]? = nil, on leg: Leg) {
        guard let incoming = leg.incoming else { return }
        guard incoming.request.lists("100rel", in: .require) else {
            respond(toInviteOf: leg, status: status, body: body)
            return
        }
        // To an INVITE without an offer the first reliable response would have to bring one (RFC 3262 section 5): there is none yet.
        guard incoming.offer != nil || body != nil else { return }
        guard leg.provisional == nil else {
            leg.waitingProvisional = Leg.WaitingProvisional(status: status, body: body)
            return
        }
        let sequence = leg.nextRSeq ?? UInt32(truncatingIfNeeded: random.next() & 0x3FFF_FFFF) + 1
        leg.nextRSeq = sequence + 1
        let response = respond(toInviteOf: leg, status: status, body: body, reliably: sequence)
        let interval = transactions.timers.t1
        leg.provisional = Leg.Provisional(
            sequence: sequence,
            cseq: incoming.request.cseq.number,
            transaction: incoming.transaction,
            status: status,
            response: response,
            hasBody: body != nil,
            giveUp: now + transactions.timers.lifetime,
            interval: interval,
            timer: arm(.provisional, of: leg, at: now + interval)
        )
    }

    /// Sent again until its PRACK comes; after 64 × T1 the INVITE is refused (RFC 3262 section 3).
    mutating func retransmitProvisional(of leg: Leg) {
        guard var provisional = leg.provisional else { return }
        guard now < provisional.giveUp, leg.incoming != nil else {
            leg.provisional = nil
            guard leg.phase == .invited, leg.incoming != nil else { return }
            refuseInvite(of: leg, status: 504)
            leg.phase = .ending
            let wasAbandoned = leg.isAbandoned
            leg.isAbandoned = true
            if !wasAbandoned { emit(.cancelled(leg.id, reason: nil)) }
            releaseIfDone(leg)
            return
        }
        respond(provisional.transaction, status: provisional.status, response: provisional.response)
        provisional.interval *= 2
        provisional.timer = arm(.provisional, of: leg, at: min(now + provisional.interval, provisional.giveUp))
        leg.provisional = provisional
    }

    mutating func receive(
        prack message: Message,
        _ transaction: ServerTransactionID,
        of leg: Leg,
        from source: Endpoint
    ) {
        guard let rack = message.rack, rack.isForInvite else {
            respond(to: message, transaction, from: source, status: 400)
            return
        }
        let expected = leg.provisional.map { ($0.sequence, $0.cseq) } ?? leg.settledProvisional
        guard let expected, expected == (rack.sequence, rack.cseq) else {
            respond(to: message, transaction, from: source, status: 481)
            return
        }
        if case .success(nil) = message.sessionDescription {
            respond(to: message, transaction, from: source, status: 200)
        } else {
            // A new offer before the call is answered: it has reached us, but the session cannot be changed yet.
            let product = configuration.product
            respond(to: message, transaction, from: source, status: 488) { $0.warn(488, nil, of: product) }
        }
        if leg.provisional?.hasBody == true { leg.hasAnsweredReliably = true }
        endProvisional(of: leg)
        if let body = leg.waitingAcceptance, let incoming = leg.incoming {
            leg.waitingAcceptance = nil
            accept(leg, incoming, body: body)
            return
        }
        guard let waiting = leg.waitingProvisional else { return }
        leg.waitingProvisional = nil
        sendProvisional(waiting.status, body: waiting.body, on: leg)
    }

    mutating func endProvisional(of leg: Leg) {
        guard let provisional = leg.provisional else { return }
        wheel.cancel(provisional.timer)
        // The PRACK may cross the final response.
        leg.settledProvisional = (provisional.sequence, provisional.cseq)
        leg.provisional = nil
    }

    // MARK: We call

    /// A provisional response that wants a PRACK gets one, in the early dialog that it makes. False if it came again, or out of
    /// order, and is to be ignored.
    mutating func acknowledge(reliable response: Message, of leg: Leg) -> Bool {
        guard response.lists("100rel", in: .require), let sequence = response.number(.rseq),
            let outgoing = leg.outgoing, let tag = response.to.tag.map({ response.copy(of: $0) })
        else { return true }
        if let index = leg.early.firstIndex(where: { $0.tag == tag }) {
            guard sequence == leg.early[index].sequence &+ 1 else { return false }
            leg.early[index].sequence = sequence
        } else {
            guard leg.early.count < Leg.maximumForks else { return false }
            leg.early.append(Leg.EarlyDialog(tag: tag, sequence: sequence))
        }
        // An answer in it is the answer; the 2xx need not repeat it.
        if outgoing.hasOffer, case .success(let answer?) = response.sessionDescription,
            let index = leg.early.firstIndex(where: { $0.tag == tag })
        {
            leg.early[index].answer = answer
        }
        var dialog = leg.dialog
        dialog.remoteTag = tag
        dialog.routeSet = response.recordRoutes.reversed()
        dialog.refreshTarget(from: response)
        sendPrack(Leg.ReliableResponse(dialog: dialog, sequence: sequence, cseq: outgoing.cseq), of: leg)
        return true
    }

    /// Acknowledges a reliable provisional response, in the early dialog that it makes.
    ///
    /// - Parameter attempts: how often it was sent before and challenged.
    mutating func sendPrack(_ acknowledged: Leg.ReliableResponse, of leg: Leg, attempts: Int = 0) {
        guard let destination = acknowledged.dialog.nextHop, leg.requests.count < Leg.maximumRequests,
            let (transaction, branch) = transactions.reserveClient(owner: leg.id.owner)
        else { return }
        leg.dialog.localCSeq += 1
        let product = configuration.product
        let proofs = authorization(for: .prack, on: leg)
        let request = acknowledged.dialog.request(
            .prack,
            cseq: leg.dialog.localCSeq,
            branch: branch,
            product: product,
            body: nil
        ) { writer in
            writer.begin(.rack)
            writer.append(decimal: UInt64(acknowledged.sequence))
            writer.append(" ")
            writer.append(decimal: UInt64(acknowledged.cseq))
            writer.append(" INVITE")
            writer.end()
            for proof in proofs { proof.write(to: &writer) }
        }
        leg.requests.append(
            Leg.Request(
                transaction: transaction,
                method: .prack,
                purpose: .acknowledging(acknowledged),
                body: nil,
                fields: [],
                attempts: attempts
            )
        )
        start(
            transaction,
            .prack,
            request,
            to: destination,
            from: acknowledged.dialog.listener,
            facts: RequestFacts(
                sequence: leg.dialog.localCSeq,
                callID: acknowledged.dialog.callID,
                hasBody: false
            )
        )
    }
}

extension Leg {
    /// A reliable provisional response of ours that awaits its PRACK.
    struct Provisional {
        let sequence: UInt32
        let cseq: UInt32
        let transaction: ServerTransactionID
        let status: UInt16
        let response: [UInt8]
        let hasBody: Bool
        let giveUp: Milliseconds
        var interval: Milliseconds
        var timer: TimerID
    }

    /// A reliable provisional response of the peer's, and the early dialog that it has made.
    struct ReliableResponse {
        let dialog: Dialog
        let sequence: UInt32
        /// Of our INVITE.
        let cseq: UInt32
    }

    struct WaitingProvisional {
        let status: UInt16
        let body: [UInt8]?
    }

    /// A branch of our INVITE that has answered provisionally and reliably.
    struct EarlyDialog {
        let tag: [UInt8]
        var sequence: UInt32
        var answer: SessionDescription?
        /// Of the last request that came in it.
        var remoteCSeq: UInt32?
    }
}

extension Message {
    /// The value of RAck (RFC 3262 section 7.2).
    var rack: (sequence: UInt32, cseq: UInt32, isForInvite: Bool)? {
        guard let value = first(.rack) else { return nil }
        let words = bytes[value].split(whereSeparator: { $0 == 0x20 || $0 == 0x09 })
        guard words.count == 3, let sequence = number(words[0]), let cseq = number(words[1]) else { return nil }
        return (sequence, cseq, words[2].elementsEqual("INVITE".utf8))
    }

    private func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
        guard digits.allSatisfy(\.isDigit) else { return nil }
        return digits.span.number(0, digits.count, maximum: UInt64(UInt32.max)).map(UInt32.init)
    }
}
