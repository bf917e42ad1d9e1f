/// The transaction layer of RFC 3261 section 17: all client and server transactions, the matching of messages to them, and
/// their timers.
///
/// A value without I/O and clock. Time comes in as `now`, timers are armed in a wheel that is shared with the layers above,
/// and what is to be done is appended to `out`. Whoever fires the wheel gives back to `fire` the tokens whose layer is
/// `TransactionLayer.timerLayer`.
///
/// Responses find their transaction by index: the branch of a request of ours is `z9hG4bK` and the text of a ``Token`` with
/// slot, generation and 64 random bits. Requests find theirs by a keyed hash of branch and sent-by.
package struct TransactionLayer: Sendable {
    /// The `layer` of this layer's timer tokens.
    package static let timerLayer: UInt8 = 1

    package let timers: TimerValues
    package internal(set) var counters = TransactionCounters()

    /// How many client and how many server transactions there may be. Requests inside of a dialog and CANCELs may take
    /// another eighth, so that calls can end while new ones are refused.
    package let limit: Int

    var clients: Slab<ClientTransaction>
    var servers: Slab<ServerTransaction>
    /// The first server transaction of each hash.
    var serversByHash: [UInt64: SlabHandle] = [:]
    /// The key of the request that is being matched.
    var key: [UInt8] = []
    var random: SeededGenerator
    let hash: KeyedHash

    package init(random: SeededGenerator, timers: TimerValues = .rfc3261, limit: Int) {
        var random = random
        hash = KeyedHash(key: (random.next(), random.next()))
        self.random = random
        self.timers = timers
        self.limit = min(max(limit, 1), 1 << 24)
        // A CANCEL always finds room: there is at most one for each INVITE.
        clients = Slab(limit: self.limit * 2)
        servers = Slab(limit: self.limit + self.limit / 8)
    }

    /// Gives back what a rush of transactions that are all over has taken of memory.
    mutating func giveBackMemory() {
        clients.giveBackIfEmpty()
        servers.giveBackIfEmpty()
        if servers.isEmpty { serversByHash = [:] }
    }

    /// Client transactions, reserved ones included.
    package var aliveClients: Int { clients.count }

    package var aliveServers: Int { servers.count }

    /// Takes a message from the network.
    package mutating func receive(
        _ message: Message,
        from source: Endpoint,
        on listener: ListenerID,
        now: Milliseconds,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) {
        if let status = message.status {
            receiveResponse(message, status: status, now: now, wheel: &wheel, out: &out)
        } else {
            receiveRequest(message, from: source, on: listener, now: now, wheel: &wheel, out: &out)
        }
    }

    /// Takes a timer token of this layer that the wheel has fired. One of a transaction that is gone does nothing.
    package mutating func fire(
        _ token: TimerToken,
        now: Milliseconds,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) {
        let handle = SlabHandle(index: token.index, generation: token.generation)
        switch TimerKind(rawValue: token.kind) {
        case .client: fireClient(handle, now: now, wheel: &wheel, out: &out)
        case .server: fireServer(handle, now: now, wheel: &wheel, out: &out)
        case nil: break
        }
    }

    /// The transport cannot reach `destination`, or has lost the connection to it. Transactions that have something to
    /// send there begin again another way if there is one, else end (RFC 3261 sections 17.1.4 and 17.2.4). Looks at all transactions: it is meant for rare events.
    package mutating func transportFailed(
        _ destination: Endpoint,
        now: Milliseconds,
        wheel: inout TimingWheel,
        out: inout [TransactionEvent]
    ) {
        for handle in clients.handles {
            guard let client = clients[handle], let sent = client.sent, sent.destination == destination,
                sent.machine.endsOnTransportFailure()
            else { continue }
            if let fallback = sent.fallback {
                fallBack(handle, to: fallback.request, now: now, wheel: &wheel, out: &out)
                continue
            }
            counters.transportFailures &+= 1
            out.append(.transportFailed(ClientTransactionID(handle: handle), owner: client.owner, sent.method))
            endClient(handle, wheel: &wheel, out: &out)
        }
        for handle in servers.handles {
            guard let server = servers[handle], server.destination == destination,
                case .nonInvite(let machine) = server.machine, machine.endsOnTransportFailure()
            else { continue }
            endServer(handle, wheel: &wheel, out: &out)
        }
    }

    /// The `kind` of this layer's timer tokens.
    enum TimerKind: UInt8 {
        case client, server

        func token(_ handle: SlabHandle) -> TimerToken {
            TimerToken(layer: timerLayer, kind: rawValue, index: handle.index, generation: handle.generation)
        }
    }
}
