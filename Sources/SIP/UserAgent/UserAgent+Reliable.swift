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
        respond(to: message, transaction, from: source, status: 200)
        endProvisional(of: leg)
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
        leg.dialog.localCSeq += 1
        guard let destination = dialog.nextHop,
            let (transaction, branch) = transactions.reserveClient(owner: leg.id.owner)
        else { return true }
        let product = configuration.product
        let proofs = authorization(for: .prack, on: leg)
        let request = dialog.request(
            .prack,
            cseq: leg.dialog.localCSeq,
            branch: branch,
            product: product,
            body: nil
        ) { writer in
            writer.begin(.rack)
            writer.append(decimal: UInt64(sequence))
            writer.append(" ")
            writer.append(decimal: UInt64(outgoing.cseq))
            writer.append(" INVITE")
            writer.end()
            for proof in proofs { proof.write(to: &writer) }
        }
        start(
            transaction,
            .prack,
            request,
            to: destination,
            from: dialog.listener,
            facts: RequestFacts(sequence: leg.dialog.localCSeq, callID: dialog.callID, hasBody: false)
        )
        return true
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
        let giveUp: Milliseconds
        var interval: Milliseconds
        var timer: TimerID
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
        return bytes.span.number(digits.startIndex, digits.endIndex, maximum: UInt64(UInt32.max)).map(UInt32.init)
    }
}
