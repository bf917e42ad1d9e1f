// Server transactions: requests of peers (RFC 3261 section 17.2).
extension TransactionLayer {
    /// Notes whom a transaction belongs to; events about it carry the number from now on.
    package mutating func adopt(_ id: ServerTransactionID, owner: UInt64) {
        servers[id.handle]?.owner = owner
    }

    /// Whom a transaction belongs to; nil if nobody has adopted it, or it is gone.
    package func owner(of id: ServerTransactionID) -> UInt64? { servers[id.handle]?.owner }

    /// Answers a request. A 2xx to an INVITE is sent each time this is called, for the user agent repeats it until the ACK
    /// comes (RFC 3261 section 13.3.1.4); everything else is sent once, and repeated by the transaction as needed.
    ///
    /// False, and nothing is sent, if the transaction is gone, has a final response already, or may not send this one
    /// (RFC 4320: no 408 and no 1xx but a late 100 to anything but INVITE).
    @discardableResult
    package mutating func respond(
        _ id: ServerTransactionID,
        status: UInt16,
        response: [UInt8],
        now: Milliseconds,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) -> Bool {
        guard var server = servers[id.handle] else { return false }
        let isRepetition = !server.machine.needsResponse
        guard server.machine.respond(status: status, timers: timers, now: now) else { return false }
        if isRepetition {
            counters.retransmissionsSent &+= 1
        } else {
            counters.responsesSent.add(status)
        }
        if !server.machine.needsRequest { server.request = [] }
        server.response = server.machine.needsResponse ? response.compacted : []
        if status >= 300, server.method == .invite { server.legacy?.answer(with: response) }
        out.append(.send(bytes: response, to: server.destination, from: server.listener))
        servers[id.handle] = server
        servers[id.handle]?.arm(id.handle, on: &wheel)
        return true
    }

    // MARK: Requests

    mutating func receiveRequest(
        _ request: Message,
        from source: Endpoint,
        on listener: ListenerID,
        now: Milliseconds,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) {
        TransactionKey.write(request, into: &key)
        let hash = self.hash(key)
        if request.method == .ack {
            receiveAck(request, hash, from: source, on: listener, now: now, wheel: &wheel, out: &out)
            return
        }
        if let handle = server(for: request, hash, method: request.method) {
            counters.retransmissionsReceived &+= 1
            if let server = servers[handle], server.machine.resendsResponse { resend(server, out: &out) }
            return
        }
        counters.requestsReceived[request.method] &+= 1
        let machine: ServerTransaction.Machine =
            request.method == .invite
            ? .invite(InviteServerMachine(reliable: source.transport.isStream, timers: timers, now: now))
            : .nonInvite(NonInviteServerMachine(reliable: source.transport.isStream, timers: timers, now: now))
        let server = ServerTransaction(
            machine: machine,
            method: request.method,
            // A copy: were the buffer itself kept, each key would need another, a little larger every time.
            key: key.withUnsafeBufferPointer { Array($0) },
            hash: hash,
            next: serversByHash[hash],
            legacy: LegacyTags(request),
            source: source,
            destination: responseDestination(of: request, source: source),
            listener: listener,
            request: request.bytes
        )
        guard hasRoom(for: request), let handle = servers.insert(server) else {
            counters.refused &+= 1
            out.append(.overloaded(request, source: source, listener: listener))
            return
        }
        serversByHash[hash] = handle
        servers[handle]?.arm(handle, on: &wheel)
        let id = ServerTransactionID(handle: handle)
        if request.method == .cancel {
            let cancelled = cancelled(by: request, hash).map(ServerTransactionID.init)
            out.append(.cancel(request, id, of: cancelled, source: source, listener: listener))
        } else {
            out.append(.request(request, id, source: source, listener: listener))
        }
    }

    private mutating func receiveAck(
        _ ack: Message,
        _ hash: UInt64,
        from source: Endpoint,
        on listener: ListenerID,
        now: Milliseconds,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) {
        guard let handle = server(for: ack, hash, method: .invite),
            case .invite(var machine) = servers[handle]?.machine
        else {
            counters.requestsReceived[.ack] &+= 1
            out.append(.ack(ack, nil, source: source, listener: listener))
            return
        }
        let wasAwaited = machine.awaitsAck
        let reception = machine.receiveAck(timers: timers, now: now)
        servers[handle]?.machine = .invite(machine)
        if wasAwaited || reception == .deliver {
            counters.requestsReceived[.ack] &+= 1
        } else {
            counters.retransmissionsReceived &+= 1
        }
        if reception == .deliver {
            out.append(.ack(ack, ServerTransactionID(handle: handle), source: source, listener: listener))
        }
        if !machine.needsResponse { servers[handle]?.response = [] }
        servers[handle]?.arm(handle, on: &wheel)
    }

    /// Whether a request belongs to a transaction: a retransmission, the CANCEL of an INVITE, the ACK for a refusal.
    package mutating func knows(_ request: Message) -> Bool {
        TransactionKey.write(request, into: &key)
        let hash = self.hash(key)
        return server(for: request, hash, method: request.method) != nil
            || ([.ack, .cancel].contains(request.method) && server(for: request, hash, method: .invite) != nil)
    }

    private func hasRoom(for request: Message) -> Bool {
        servers.count < limit || request.method == .cancel || request.to.tag != nil
    }

    /// The transaction that a CANCEL speaks of, of whatever method (RFC 3261 section 9.2).
    private func cancelled(by cancel: Message, _ hash: UInt64) -> SlabHandle? {
        if let invite = server(for: cancel, hash, method: .invite) { return invite }
        var candidate = serversByHash[hash]
        while let handle = candidate, let server = servers[handle] {
            if server.method != .cancel, server.key == key, server.legacy?.match(cancel) ?? true { return handle }
            candidate = server.next
        }
        return nil
    }

    /// The transaction of a method that a request belongs to, whose key is in `key`.
    private func server(for request: Message, _ hash: UInt64, method: Method) -> SlabHandle? {
        var candidate = serversByHash[hash]
        while let handle = candidate, let server = servers[handle] {
            if server.method == method, server.key == key, server.legacy?.match(request) ?? true { return handle }
            candidate = server.next
        }
        return nil
    }

    // MARK: Timers

    mutating func fireServer(
        _ handle: SlabHandle,
        now: Milliseconds,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) {
        guard let server = servers[handle] else { return }
        servers[handle]?.timer.disarm(on: &wheel)
        switch server.machine {
        case .invite(var machine):
            let expiry = machine.fire(timers: timers, now: now)
            servers[handle]?.machine = .invite(machine)
            switch expiry {
            case .wait: break
            case .sendTrying: sendTrying(handle, server, now: now, wheel: &wheel, out: &out)
            case .retransmit: resend(server, out: &out)
            case .ackMissing:
                counters.missingAcks &+= 1
                out.append(.ackMissing(ServerTransactionID(handle: handle), owner: server.owner))
                endServer(handle, wheel: &wheel, out: &out)
            case .giveUp: giveUp(handle, wheel: &wheel, out: &out)
            case .terminate: endServer(handle, wheel: &wheel, out: &out)
            }
        case .nonInvite(let machine):
            switch machine.fire(now: now) {
            case .wait: break
            case .sendTrying: sendTrying(handle, server, now: now, wheel: &wheel, out: &out)
            case .giveUp: giveUp(handle, wheel: &wheel, out: &out)
            case .terminate: endServer(handle, wheel: &wheel, out: &out)
            }
        }
        servers[handle]?.arm(handle, on: &wheel)
    }

    private mutating func resend(_ server: ServerTransaction, out: inout [TransactionEvent]) {
        counters.retransmissionsSent &+= 1
        out.append(.send(bytes: server.response, to: server.destination, from: server.listener))
    }

    /// The bytes are parsed again because nearly every request is answered before its 100 is due: keeping the bytes is
    /// free, keeping the parsed message is not.
    private mutating func sendTrying(
        _ handle: SlabHandle,
        _ server: ServerTransaction,
        now: Milliseconds,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) {
        guard case .message(let request) = Message.parse(server.request) else { return }
        respond(
            ServerTransactionID(handle: handle),
            status: 100,
            response: makeResponse(to: request, source: server.source, status: 100, toTag: nil),
            now: now,
            wheel: &wheel,
            out: &out
        )
    }

    private mutating func giveUp(_ handle: SlabHandle, wheel: inout TimingWheel, out: inout [TransactionEvent]) {
        counters.unanswered &+= 1
        endServer(handle, wheel: &wheel, out: &out)
    }

    mutating func endServer(_ handle: SlabHandle, wheel: inout TimingWheel, out: inout [TransactionEvent]) {
        servers[handle]?.timer.disarm(on: &wheel)
        guard let server = servers.remove(handle) else { return }
        unchain(handle, server)
        out.append(.terminatedServer(ServerTransactionID(handle: handle), owner: server.owner))
    }

    /// Takes a transaction out of the chain of its hash.
    private mutating func unchain(_ handle: SlabHandle, _ server: ServerTransaction) {
        guard serversByHash[server.hash] != handle else {
            serversByHash[server.hash] = server.next
            return
        }
        var candidate = serversByHash[server.hash]
        while let previous = candidate {
            candidate = servers[previous]?.next
            if candidate == handle {
                servers[previous]?.next = server.next
                return
            }
        }
    }
}
