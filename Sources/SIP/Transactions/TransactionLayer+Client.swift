// Client transactions: requests of ours (RFC 3261 section 17.1).
extension TransactionLayer {
    /// Takes a slot for a request, so that its branch is known when it is built: `z9hG4bK` and the 32 digits of the token.
    /// Nil if there is no room. What is reserved must be given to `start`, or back to `abandon`, in the same turn.
    package mutating func reserveClient(owner: UInt64) -> (ClientTransactionID, branch: Token)? {
        let nonce = random.next()
        guard clients.count < limit, let handle = clients.insert(ClientTransaction(owner: owner, nonce: nonce)) else {
            counters.refused &+= 1
            return nil
        }
        let branch = Token(slot: handle.index, generation: handle.generation, nonce: nonce)
        return (ClientTransactionID(handle: handle), branch)
    }

    /// Gives back a slot for which no request could be made.
    package mutating func abandon(_ id: ClientTransactionID) {
        guard let client = clients[id.handle], client.sent == nil else { return }
        clients.remove(id.handle)
    }

    /// Sends the request of a reserved slot. It must come from `MessageWriter`, have one Via with the reserved branch, and
    /// not be an ACK.
    ///
    /// - Parameter fallback: the same request, to be sent if the transport fails: by UDP if the peer does not take TCP, or
    ///   through another connection.
    package mutating func start(
        _ id: ClientTransactionID,
        request: OutboundRequest,
        method: Method,
        fallback: OutboundRequest? = nil,
        now: Milliseconds,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) {
        let outline = RequestOutline(request.bytes)
        start(
            id,
            request: request,
            method: method,
            facts: RequestFacts(
                sequence: outline.sequence,
                callID: Array(request.bytes[outline.callID]),
                hasBody: outline.hasBody
            ),
            fallback: fallback,
            now: now,
            wheel: &wheel,
            out: &out
        )
    }

    /// The same of a request of which is known what would otherwise have to be read in it.
    mutating func start(
        _ id: ClientTransactionID,
        request: OutboundRequest,
        method: Method,
        facts: RequestFacts,
        fallback: OutboundRequest?,
        now: Milliseconds,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) {
        guard case .some(nil) = clients[id.handle].map(\.sent) else { return }
        let sent = ClientTransaction.Sent(
            machine: machine(method, to: request.destination, now: now),
            method: method,
            sequence: facts.sequence,
            callIDHash: hash(facts.callID),
            hasBody: facts.hasBody,
            destination: request.destination,
            listener: request.listener,
            bytes: request.bytes,
            fallback: fallback.map { ClientTransaction.Fallback($0, due: now + Self.silence) }
        )
        clients[id.handle]?.sent = sent
        counters.requestsSent[method] &+= 1
        out.append(.send(bytes: request.bytes, to: request.destination, from: request.listener))
        clients[id.handle]?.sent?.arm(id.handle, on: &wheel)
    }

    private func machine(_ method: Method, to destination: Endpoint, now: Milliseconds) -> ClientTransaction.Machine {
        let reliable = destination.transport.isStream
        return method == .invite
            ? .invite(InviteClientMachine(reliable: reliable, timers: timers, now: now))
            : .nonInvite(NonInviteClientMachine(reliable: reliable, timers: timers, now: now))
    }

    /// Nothing of the request has reached the peer: it begins again the other way, under the same branch.
    mutating func fallBack(
        _ handle: SlabHandle,
        to request: OutboundRequest,
        now: Milliseconds,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) {
        guard var sent = clients[handle]?.sent else { return }
        let failed = sent.destination
        sent.machine = machine(sent.method, to: request.destination, now: now)
        sent.destination = request.destination
        sent.listener = request.listener
        sent.bytes = request.bytes
        sent.fallback = nil
        counters.retransmissionsSent &+= 1
        out.append(.send(bytes: request.bytes, to: request.destination, from: request.listener))
        clients[handle]?.sent = sent
        clients[handle]?.sent?.arm(handle, on: &wheel)
        if let owner = clients[handle]?.owner { out.append(.fellBack(owner: owner, from: failed)) }
    }

    /// The repetition of a request by UDP at 3.5 s goes the other way if there is one: RFC 3263 section 4.3 would have it wait for
    /// timer B or F, longer than a caller who is handed over has patience.
    private static let silence: Milliseconds = 3_500

    /// Whether the request had a body, which is not kept for as long as the transaction; nil if that is gone.
    package func hadBody(_ id: ClientTransactionID) -> Bool? { clients[id.handle]?.sent?.hasBody }

    /// Where the request went; nil if it is gone.
    package func destination(of id: ClientTransactionID) -> Endpoint? { clients[id.handle]?.sent?.destination }

    /// Sends the CANCEL of an INVITE, a transaction of its own under the same owner, and gives its identity. Nil if it must
    /// not be sent: before the first provisional response, after a final one, or again (RFC 3261 section 9.1). If no final
    /// response to the INVITE follows within 64 × T1, the INVITE times out.
    ///
    /// - Parameter reason: the value of a Reason header field (RFC 3326).
    @discardableResult
    package mutating func cancel(
        _ id: ClientTransactionID,
        reason: [UInt8]? = nil,
        now: Milliseconds,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) -> ClientTransactionID? {
        guard let client = clients[id.handle], let invite = client.sent, case .invite(var machine) = invite.machine,
            machine.cancel(timers: timers, now: now)
        else { return nil }
        let cancel = ClientTransaction(owner: client.owner, nonce: client.nonce, companion: id.handle)
        guard let handle = clients.insert(cancel) else { return nil }
        clients[id.handle]?.sent?.machine = .invite(machine)
        clients[id.handle]?.companion = handle
        clients[id.handle]?.sent?.arm(id.handle, on: &wheel)
        start(
            ClientTransactionID(handle: handle),
            request: OutboundRequest(
                bytes: RequestOutline.cancel(of: invite.bytes, reason: reason),
                destination: invite.destination,
                listener: invite.listener
            ),
            method: .cancel,
            now: now,
            wheel: &wheel,
            out: &out
        )
        return ClientTransactionID(handle: handle)
    }

    // MARK: Responses

    mutating func receiveResponse(
        _ response: Message,
        status: UInt16,
        now: Milliseconds,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) {
        guard let handle = client(for: response), let owner = clients[handle]?.owner, var sent = clients[handle]?.sent
        else {
            counters.strayResponses &+= 1
            if 200...299 ~= status, response.cseq.method == .invite { out.append(.strayAccept(response)) }
            return
        }
        let id = ClientTransactionID(handle: handle)
        sent.fallback = nil
        switch sent.machine {
        case .invite(var machine):
            let reception = machine.receive(status: status, timers: timers, now: now)
            sent.machine = .invite(machine)
            switch reception {
            case .deliver:
                deliver(response, status, id, owner, out: &out)
            case .deliverAndAcknowledge:
                sent.bytes = RequestOutline.ack(of: sent.bytes, to: response)
                counters.requestsSent[.ack] &+= 1
                out.append(.send(bytes: sent.bytes, to: sent.destination, from: sent.listener))
                deliver(response, status, id, owner, out: &out)
            case .acknowledge:
                counters.retransmissionsReceived &+= 1
                counters.retransmissionsSent &+= 1
                out.append(.send(bytes: sent.bytes, to: sent.destination, from: sent.listener))
            case .ignore:
                counters.retransmissionsReceived &+= 1
            }
            if !machine.needsRequest, reception == .deliver { sent.bytes = [] }
        case .nonInvite(var machine):
            let reception = machine.receive(status: status, timers: timers, now: now)
            sent.machine = .nonInvite(machine)
            switch reception {
            case .deliver: deliver(response, status, id, owner, out: &out)
            case .ignore: counters.retransmissionsReceived &+= 1
            }
            if !machine.needsRequest { sent.bytes = [] }
        }
        clients[handle]?.sent = sent
        clients[handle]?.sent?.arm(handle, on: &wheel)
    }

    private mutating func deliver(
        _ response: Message,
        _ status: UInt16,
        _ id: ClientTransactionID,
        _ owner: UInt64,
        out: inout [TransactionEvent]
    ) {
        counters.responsesReceived.add(status)
        out.append(.response(response, id, owner: owner))
    }

    /// The transaction that a response belongs to (RFC 3261 section 17.1.3): by the slot in its branch, and then everything
    /// else must be right as well, since anybody can send us a response.
    private func client(for response: Message) -> SlabHandle? {
        guard response.hasOneVia, let branch = response.via.branch,
            let token = Token(parsing: TransactionKey.cookieSuffix(of: response.bytes[branch]))
        else { return nil }
        var handle = SlabHandle(index: token.slot, generation: token.generation)
        guard clients[handle]?.nonce == token.nonce else { return nil }
        if response.cseq.method == .cancel {
            guard let companion = clients[handle]?.companion else { return nil }
            handle = companion
        }
        guard clients[handle]?.sent?.method == response.cseq.method,
            clients[handle]?.sent?.sequence == response.cseq.number,
            clients[handle]?.sent?.callIDHash == hash(response.bytes[response.callID])
        else { return nil }
        return handle
    }
}
