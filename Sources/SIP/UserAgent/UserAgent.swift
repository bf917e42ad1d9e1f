/// SIP's own half of a back-to-back user agent: it keeps legs, each an INVITE dialog with a peer, over the transaction layer
/// (RFC 3261 sections 8 and 12 to 15). What a leg means, and which two belong together, its user knows.
///
/// Messages and time go in; datagrams and `LegEvent`s come out, in order. Split by verb: `UserAgent+Calling` (we invite),
/// `+Acknowledging` and `+Cancelling` (what becomes of that), `+Called` (we are invited), `+Accepting` (what we say to that),
/// `+Modifying` (re-INVITE), `+Ending` (CANCEL and BYE).
package struct UserAgent: ~Copyable {
    let configuration: UserAgentConfiguration
    /// What legs do without being asked; counts for what begins afterwards.
    package var policy = LegPolicy.off
    /// For servers that challenge us.
    package var credentials: [Credential] = []
    /// The timers of the whole core.
    package var wheel = TimingWheel()

    var transactions: TransactionLayer
    var legs: Slab<Leg>
    /// Legs that peers have begun, by what a merged copy of their INVITE has in common with it (RFC 3261 section 8.2.2.2).
    var invitedLegs: [[UInt8]: LegID] = [:]
    var random: SeededGenerator
    /// Peers who take no TCP, by their UDP endpoint.
    var withoutStreams = EndpointMemory()
    /// Questions about names that are to be asked.
    var lookups: [Lookup] = []
    /// Targets that have failed lately.
    var suspects = EndpointMemory()
    /// Owners of legs that may have changed, more than once perhaps, until the user takes the list.
    var changedOwners: [UInt64] = []
    /// Key of the tags of responses that we forget (RFC 3261 section 8.2.7).
    let statelessKey: UInt64
    /// Time of the input that is being worked on.
    var now: Milliseconds = 0

    private var events: [(LegEvent, owner: UInt64)] = []
    private var nextEventIndex = 0
    private(set) var datagrams: [Outgoing] = []
    /// Buffers for what transactions want, one for each depth in which they are called.
    private var eventBuffers: [[TransactionEvent]] = []

    package init(configuration: UserAgentConfiguration, random: SeededGenerator) {
        var random = random
        self.configuration = configuration
        transactions = TransactionLayer(random: SeededGenerator(from: &random), limit: configuration.maxTransactions)
        legs = Slab(limit: configuration.maxLegs)
        statelessKey = random.next()
        self.random = random
    }

    // MARK: Inputs

    /// A message has come.
    package mutating func receive(_ message: Message, from source: Endpoint, on listener: ListenerID, now: Milliseconds)
    {
        self.now = now
        withTransactions { transactions, wheel, out in
            transactions.receive(message, from: source, on: listener, now: now, wheel: &wheel, out: &out)
        }
    }

    /// A timer has fired that was armed by this target.
    package mutating func fire(_ token: TimerToken, now: Milliseconds) {
        self.now = now
        if token.layer == LegTimer.layer {
            fireLegTimer(token)
        } else {
            withTransactions { transactions, wheel, out in
                transactions.fire(token, now: now, wheel: &wheel, out: &out)
            }
        }
    }

    // MARK: Outputs

    /// The next thing that a leg has to say, and whose it was when it happened: the leg itself may be gone by now. nil if there
    /// is none.
    package mutating func nextEvent() -> (LegEvent, owner: UInt64)? {
        guard nextEventIndex < events.count else {
            events.removeAll(keepingCapacity: true)
            nextEventIndex = 0
            return nil
        }
        nextEventIndex += 1
        return events[nextEventIndex - 1]
    }

    /// Moves what is to be sent into a buffer of the caller's.
    package mutating func drainDatagrams(into out: inout [Outgoing]) {
        if out.isEmpty {
            swap(&out, &datagrams)
        } else {
            out.append(contentsOf: datagrams)
            datagrams.removeAll(keepingCapacity: true)
        }
    }

    // MARK: Looking in

    package var counters: TransactionCounters { transactions.counters }
    package var transactionsAlive: Int { transactions.aliveClients + transactions.aliveServers }
    /// How many transactions of each side there may be.
    package var transactionLimit: Int { transactions.limit }
    package var legsAlive: Int { legs.count }

    /// Every leg and whose it is, in the order of their slots.
    package var legsAndOwners: [(LegID, owner: UInt64)] {
        legs.handles.compactMap { handle in legs[handle].map { (LegID(handle), owner: $0.owner) } }
    }

    /// What is kept for dialogs and transactions, by name.
    package var holdings: [(name: String, count: Int)] {
        [
            ("legs", legs.count), ("INVITEs to know again", invitedLegs.count),
            ("client transactions", transactions.aliveClients), ("server transactions", transactions.aliveServers),
            ("hashes of server transactions", transactions.serversByHash.count), ("timers", wheel.count),
            ("events", events.count - nextEventIndex), ("datagrams", datagrams.count),
        ]
    }

    /// Gives back what a rush that is over has taken of memory.
    package mutating func giveBackMemory(now: Milliseconds) {
        withoutStreams.forget(now: now)
        suspects.forget(now: now)
        transactions.giveBackMemory()
        wheel.giveBackMemory()
        legs.giveBackIfEmpty()
        if legs.isEmpty { invitedLegs = [:] }
    }

    package func isAlive(_ leg: LegID) -> Bool { legs.contains(leg.handle) }
    package func source(of leg: LegID) -> Endpoint? { legs[leg.handle]?.source }

    /// Which phone has spoken last, where a proxy has forked the INVITE of a leg of ours; empty if none has.
    package func branch(of leg: LegID) -> [UInt8] { legs[leg.handle]?.branch ?? [] }

    /// The Call-ID of a leg as text; empty if the leg is gone.
    package func callID(of leg: LegID) -> String {
        legs[leg.handle].map { String(decoding: $0.dialog.callID, as: UTF8.self) } ?? ""
    }

    /// The offer of the INVITE that awaits our answer.
    package func remoteOffer(of leg: LegID) -> SessionDescription? { legs[leg.handle]?.incoming?.offer }

    /// What the peer of an answered leg has said of media last.
    package func remoteDescription(of leg: LegID) -> SessionDescription? { legs[leg.handle]?.remoteDescription }

    /// Gives the leg to a user: later events can be told from others by it.
    package mutating func setOwner(_ owner: UInt64, of leg: LegID) { legs[leg.handle]?.owner = owner }

    // MARK: Inside

    mutating func emit(_ event: LegEvent) {
        events.append((event, owner: legs[event.leg.handle]?.owner ?? .max))
    }

    mutating func send(_ bytes: [UInt8], to destination: Endpoint, from listener: ListenerID) {
        datagrams.append(Outgoing(bytes: bytes, destination: destination, listener: listener))
    }

    /// Calls the transaction layer and does what it wants afterwards.
    @discardableResult
    mutating func withTransactions<Result>(
        _ body: (inout TransactionLayer, inout TimingWheel, inout [TransactionEvent]) -> Result
    ) -> Result {
        var told = eventBuffers.popLast() ?? []
        let result = body(&transactions, &wheel, &told)
        for event in told { handle(event) }
        told.removeAll(keepingCapacity: true)
        eventBuffers.append(told)
        return result
    }

    private mutating func handle(_ event: TransactionEvent) {
        switch event {
        case .send(let bytes, let destination, let listener):
            send(bytes, to: destination, from: listener)
        case .request(let message, let transaction, let source, let listener):
            receive(request: message, transaction, from: source, on: listener)
        case .cancel(let message, let transaction, let cancelled, let source, _):
            receive(cancel: message, transaction, of: cancelled, from: source)
        case .ack(let message, _, let source, _):
            receive(ack: message, from: source)
        case .overloaded(let message, let source, let listener):
            refuseStateless(message, from: source, on: listener, status: 503)
        case .response(let message, let transaction, let owner):
            receive(response: message, transaction, of: LegID(owner: owner))
        case .strayAccept(let message):
            receive(strayAccept: message)
        case .timedOut(let transaction, let owner, let method):
            failed(transaction, of: LegID(owner: owner), method, status: 408)
        case .transportFailed(let transaction, let owner, let method):
            failed(transaction, of: LegID(owner: owner), method, status: 503)
        case .fellBack(let owner, let failed):
            leave(failed, of: LegID(owner: owner))
        case .ackMissing, .terminatedServer, .terminatedClient:
            break
        }
    }

    private mutating func receive(response: Message, _ transaction: ClientTransactionID, of id: LegID) {
        guard let status = response.status.map(Int.init) else { return }
        guard let leg = legs[id.handle] else {
            if response.cseq.method == .invite, 200...299 ~= status { endStray(response, transaction) }
            return
        }
        leg.lastHeard = now
        changedOwners.append(leg.owner)
        switch response.cseq.method {
        case .invite: receive(inviteResponse: response, status: status, transaction, of: leg)
        case .bye: if status >= 200 { byeDone(transaction, by: response, status: status, of: leg) }
        case .update where leg.outgoing?.transaction == transaction:
            receive(updateResponse: response, status: status, transaction, of: leg)
        default: answered(transaction, by: response, status: status, of: leg)
        }
    }

    /// No response came, or none could: as if one with this status had come (RFC 3261 section 8.1.3.1).
    private mutating func failed(_ transaction: ClientTransactionID, of id: LegID, _ method: Method, status: Int) {
        guard let leg = legs[id.handle] else { return }
        switch method {
        case .invite: inviteFailed(transaction, by: nil, status: status, of: leg)
        case .bye: byeDone(transaction, by: nil, status: status, of: leg)
        case .update where leg.outgoing?.transaction == transaction:
            inviteFailed(transaction, by: nil, status: status, of: leg)
        default: answered(transaction, by: nil, status: status == 503 ? Self.unreachable : status, of: leg)
        }
    }

    private mutating func fireLegTimer(_ token: TimerToken) {
        let handle = SlabHandle(index: token.index, generation: token.generation)
        guard let leg = legs[handle] else { return }
        switch LegTimer(rawValue: token.kind) {
        case .retransmit2xx: retransmit2xx(of: leg)
        case .glare: glareIsOver(of: leg)
        case .reinvite: reinviteIsOverdue(of: leg)
        case .provisional: retransmitProvisional(of: leg)
        case .session: sessionIsDue(of: leg)
        case .watch: watchIsDue(of: leg)
        case .location: locationTimerFired(of: leg)
        case .settle: settle(leg)
        case .expires: inviteExpired(leg)
        case nil: break
        }
    }

    mutating func arm(_ timer: LegTimer, of leg: Leg, at deadline: Milliseconds) -> TimerID {
        let token = TimerToken(
            layer: LegTimer.layer,
            kind: timer.rawValue,
            index: leg.id.index,
            generation: leg.id.generation
        )
        return wheel.schedule(token, at: deadline)
    }
}

/// A datagram to be written to the network.
package struct Outgoing: Sendable {
    package var bytes: [UInt8]
    package var destination: Endpoint
    package var listener: ListenerID

    package init(bytes: [UInt8], destination: Endpoint, listener: ListenerID) {
        self.bytes = bytes
        self.destination = destination
        self.listener = listener
    }
}
