import SIP

/// What of the network is let in (CALLS.md section 1, step 1).
extension Exchange {
    mutating func admit(_ datagram: [UInt8], from source: Endpoint, on listener: ListenerID) {
        observeLoad()
        switch Message.parse(datagram) {
        case .message(let message):
            admit(message, from: source, on: listener)
        case .refusable(let request, let error):
            counters.unreadable += 1
            guard mayDisturb(source) else { return }
            note(.unreadable(error, source: source))
            guard isTrusted(source) else { return }
            if error.header == .from, request.method == .invite { counters.count(.brokenFrom) }
            agent.refuseMalformed(request, error: error, from: source, on: listener)
        case .hopeless(let error):
            guard error.kind != .keepAlive else { return }
            counters.unreadable += 1
            guard mayDisturb(source) else { return }
            note(.unreadable(error, source: source))
        }
    }

    private mutating func admit(_ message: Message, from source: Endpoint, on listener: ListenerID) {
        guard message.isRequest else { return agent.receive(message, from: source, on: listener, now: now) }
        if message.to.tag != nil || message.method == .cancel || message.method == .ack {
            admit(inDialog: message, from: source, on: listener)
            return
        }
        // An INVITE of our own comes back where both ends of a consultation are here.
        let isTrusted = isTrusted(source) || (agent.comesFromUs(message) && agent.isOurs(source))
        // Retransmissions cost nothing.
        guard !isTrusted || isRefusedNow(message.method) || !mayDisturb(source), !agent.knows(message) else {
            agent.receive(message, from: source, on: listener, now: now)
            return
        }
        guard isTrusted else {
            refuseStranger(message, from: source, on: listener)
            return
        }
        counters.overloaded += 1
        agent.refuseStateless(message, from: source, on: listener, status: 503)
    }

    /// Whoever is part of a dialog may go on with it: agents and media servers need not be trusted to call us, and neither
    /// overload nor a flood ends calls in progress. But no dialog needs as many requests as would hurt the others, and what
    /// belongs to nothing is answered without a transaction, for there may be any amount of it.
    private mutating func admit(inDialog message: Message, from source: Endpoint, on listener: ListenerID) {
        switch agent.standing(of: message, now: now) {
        case .known:
            agent.receive(message, from: source, on: listener, now: now)
        case .excessive:
            counters.flooding += 1
            agent.refuseStateless(message, from: source, on: listener, status: 500, retryAfter: 1)
        case .unknown where !isTrusted(source):
            guard message.method != .ack else { return }
            refuseStranger(message, from: source, on: listener)
        case .unknown:
            // It may acknowledge a refusal that we have forgotten, and wants no answer.
            guard message.method != .ack else {
                return agent.receive(message, from: source, on: listener, now: now)
            }
            let isHeard = mayDisturb(source)
            if !isHeard { counters.overloaded += 1 }
            agent.refuseStateless(message, from: source, on: listener, status: isHeard ? 481 : 503)
        }
    }

    private mutating func refuseStranger(_ message: Message, from source: Endpoint, on listener: ListenerID) {
        let isHeard = mayDisturb(source)
        // A CANCEL cannot come again with an answer (RFC 3261 section 22.1).
        let isChallengeable = message.to.tag == nil && message.method != .cancel
        if isHeard, configuration.untrusted == .challenge, isChallengeable {
            guard challenge(message, from: source, on: listener) else { return }
        }
        let answers = configuration.untrusted != .drop
        counters.untrusted += 1
        guard isHeard else { return }
        note(.untrusted(source: source, answered: answers))
        guard answers else { return }
        // A phone that asks for a dialog which is over must learn that.
        let status: UInt16 = message.to.tag == nil && message.method != .cancel ? 403 : 481
        agent.refuseStateless(message, from: source, on: listener, status: status)
    }

    /// A stranger is taken if he answers our challenge with a password that we know. False: he has been dealt with.
    private mutating func challenge(_ message: Message, from source: Endpoint, on listener: ListenerID) -> Bool {
        let verdict = doorman?.verdict(on: message, realm: configuration.realm, users: configuration.users, now: now)
        switch verdict {
        case .admitted where isRefusedNow(message.method):
            counters.overloaded += 1
            agent.refuseStateless(message, from: source, on: listener, status: 503)
            return false
        case .admitted:
            agent.receive(message, from: source, on: listener, now: now)
            return false
        case .challenged(let isStale):
            counters.challenged += 1
            let challenges = doorman?.challenges(realm: configuration.realm, isStale: isStale, now: now) ?? []
            agent.refuseStateless(message, from: source, on: listener, status: 401, challenges: challenges)
            return false
        case .refused, nil:
            return true
        }
    }

    /// Whether there is no room for new calls. Whoever asks by OPTIONS whether he may call hears the same as if he did (RFC 3261
    /// section 11.2).
    private func isRefusedNow(_ method: Method) -> Bool {
        switch method {
        case .invite: overload.reason != nil
        case .options: overload.reason != nil || isShuttingDown || isProvisioningAwaited
        default: false
        }
    }

    /// Takes one of what a source may send without being part of a call.
    private mutating func mayDisturb(_ source: Endpoint) -> Bool {
        let mayGoOn = overload.admits(
            source.address,
            isTrusted: isTrusted(source),
            limits: configuration.overload,
            now: now
        )
        if !mayGoOn { counters.flooding += 1 }
        return mayGoOn
    }

    func isTrusted(_ source: Endpoint) -> Bool {
        configuration.trusted.contains { $0.contains(source.address) }
    }

    // MARK: Overload

    /// The loop was so late to what was due.
    package mutating func measured(loopDelay: Milliseconds, now: Milliseconds) {
        self.now = now
        overload.measured(loopDelay: loopDelay)
        observeLoad()
    }

    /// Takes over those of the configuration, as far as there is room for transactions.
    mutating func takeLoadLimits() {
        loadLimits = configuration.overload
        loadLimits.transactions = min(loadLimits.transactions, max(1, agent.transactionLimit * 9 / 10))
    }

    mutating func observeLoad() {
        guard overload.observe(transactions: agent.transactionsAlive, limits: loadLimits, now: now) else { return }
        if overload.reason != nil { counters.overloads += 1 }
        note(.overload(overload.reason))
    }

    /// Whether new calls are refused since there is too much to do.
    package var isOverloaded: Bool { overload.reason != nil }
}
