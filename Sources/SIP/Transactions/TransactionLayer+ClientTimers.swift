// Timers of client transactions, and their end (RFC 3261 section 17.1).
extension TransactionLayer {
    mutating func fireClient(
        _ handle: SlabHandle,
        now: Milliseconds,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) {
        guard let client = clients[handle], let sent = client.sent else { return }
        clients[handle]?.sent?.timer.disarm(on: &wheel)
        switch sent.machine {
        case .invite(var machine):
            let expiry = machine.fire(timers: timers, now: now)
            clients[handle]?.sent?.machine = .invite(machine)
            switch expiry {
            case .wait: break
            case .retransmit: retransmit(handle, sent, now: now, wheel: &wheel, out: &out)
            case .cancel:
                let id = ClientTransactionID(handle: handle)
                cancel(id, now: now, wheel: &wheel, out: &out)
            case .timeOut: timeOut(handle, client.owner, sent.method, wheel: &wheel, out: &out)
            case .terminate: endClient(handle, wheel: &wheel, out: &out)
            }
        case .nonInvite(var machine):
            let expiry = machine.fire(timers: timers, now: now)
            clients[handle]?.sent?.machine = .nonInvite(machine)
            switch expiry {
            case .wait: break
            case .retransmit: retransmit(handle, sent, now: now, wheel: &wheel, out: &out)
            case .timeOut: timeOut(handle, client.owner, sent.method, wheel: &wheel, out: &out)
            case .terminate: endClient(handle, wheel: &wheel, out: &out)
            }
        }
        clients[handle]?.sent?.arm(handle, on: &wheel)
    }

    private mutating func retransmit(
        _ handle: SlabHandle,
        _ sent: ClientTransaction.Sent,
        now: Milliseconds,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) {
        if let fallback = sent.fallback, now >= fallback.due {
            fallBack(handle, to: fallback.request, now: now, wheel: &wheel, out: &out)
            return
        }
        counters.retransmissionsSent &+= 1
        out.append(.send(bytes: sent.bytes, to: sent.destination, from: sent.listener))
    }

    private mutating func timeOut(
        _ handle: SlabHandle,
        _ owner: UInt64,
        _ method: Method,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) {
        counters.timeouts &+= 1
        out.append(.timedOut(ClientTransactionID(handle: handle), owner: owner, method))
        endClient(handle, wheel: &wheel, out: &out)
    }

    /// Forgets a transaction. The CANCEL of an INVITE goes with it: it has done its work, and its responses could not be
    /// matched any more.
    mutating func endClient(_ handle: SlabHandle, wheel: inout TimingWheel, out: inout [TransactionEvent]) {
        clients[handle]?.sent?.timer.disarm(on: &wheel)
        guard let client = clients.remove(handle) else { return }
        out.append(.terminatedClient(ClientTransactionID(handle: handle), owner: client.owner))
        guard let companion = client.companion else { return }
        if client.sent?.method == .cancel {
            clients[companion]?.companion = nil
        } else {
            endClient(companion, wheel: &wheel, out: &out)
        }
    }
}
