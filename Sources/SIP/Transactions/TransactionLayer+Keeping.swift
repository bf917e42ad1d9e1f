// INVITEs of ours that outlive the process which sent them (DESIGN.md section 2, restart).
extension TransactionLayer {
    /// Whom a request of ours belongs to; nil if its transaction is gone.
    func owner(of id: ClientTransactionID) -> UInt64? { clients[id.handle]?.owner }

    /// An INVITE that may still have to be taken back or acknowledged; nil for anything else.
    func openInvite(_ id: ClientTransactionID) -> OpenInvite? {
        guard let nonce = clients[id.handle]?.nonce, let sent = clients[id.handle]?.sent, sent.method == .invite,
            case .invite(let machine) = sent.machine, machine.needsRequest
        else { return nil }
        return OpenInvite(
            branch: Token(slot: id.handle.index, generation: id.handle.generation, nonce: nonce),
            request: machine.isCalling ? sent.bytes : RequestOutline.header(of: sent.bytes),
            isProceeding: !machine.isCalling,
            hasBody: sent.hasBody,
            destination: sent.destination,
            listener: sent.listener
        )
    }

    /// Takes over INVITEs of an earlier process. One that has had no response is sent again, as if it had just been sent; another
    /// one waits for its final response. Only before anything else is sent.
    ///
    /// - Returns: for each its transaction; nil for one that could not be taken over.
    mutating func restore(
        _ invites: [(invite: OpenInvite, owner: UInt64)],
        now: Milliseconds,
        wheel: inout TimingWheel
    ) -> [ClientTransactionID?] {
        clients.restore(
            invites.map { invite, owner in
                let handle = SlabHandle(index: invite.branch.slot, generation: invite.branch.generation)
                return (handle, restored(invite, owner: owner, now: now))
            }
        )
        return invites.map { invite, owner in
            let handle = SlabHandle(index: invite.branch.slot, generation: invite.branch.generation)
            guard let client = clients[handle], client.nonce == invite.branch.nonce, client.owner == owner else {
                return nil
            }
            clients[handle]?.sent?.arm(handle, on: &wheel)
            return ClientTransactionID(handle: handle)
        }
    }

    private func restored(_ invite: OpenInvite, owner: UInt64, now: Milliseconds) -> ClientTransaction {
        let outline = RequestOutline(invite.request)
        var machine = InviteClientMachine(
            reliable: invite.destination.transport.isStream,
            timers: timers,
            now: now
        )
        if invite.isProceeding { _ = machine.receive(status: 100, timers: timers, now: now) }
        var client = ClientTransaction(owner: owner, nonce: invite.branch.nonce)
        client.sent = ClientTransaction.Sent(
            machine: .invite(machine),
            method: .invite,
            sequence: outline.sequence,
            callIDHash: hash(invite.request[outline.callID]),
            hasBody: invite.hasBody,
            destination: invite.destination,
            listener: invite.listener,
            bytes: invite.request,
            fallback: nil
        )
        return client
    }
}

extension RequestOutline {
    /// A request of ours up to the empty line behind its header, that included.
    static func header(of request: [UInt8]) -> [UInt8] {
        let span = request.span
        var start = 0
        while let lineFeed = span.firstOffset(of: 0x0A, start, span.count) {
            if lineFeed <= start + 1 { return Array(request[...lineFeed]) }
            start = lineFeed + 1
        }
        return request
    }
}
