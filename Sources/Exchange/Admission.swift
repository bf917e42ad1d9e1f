import SIP

/// What of the network is let in (CALLS.md section 1, step 1).
extension Exchange {
    mutating func admit(_ datagram: [UInt8], from source: Endpoint, on listener: ListenerID) {
        switch Message.parse(datagram) {
        case .message(let message):
            // Whoever is part of a dialog may go on with it: agents and media servers need not be trusted to call us.
            guard message.isRequest, !isTrusted(source), !agent.knows(message) else {
                agent.receive(message, from: source, on: listener, now: now)
                return
            }
            guard message.method != .ack else { return }
            if configuration.untrusted == .challenge, message.to.tag == nil {
                guard challenge(message, from: source, on: listener) else { return }
            }
            let answers = configuration.untrusted != .drop
            counters.untrusted += 1
            note(.untrusted(source: source, answered: answers))
            guard answers else { return }
            // A phone that asks for a dialog which is over must learn that.
            let status: UInt16 = message.to.tag == nil ? 403 : 481
            agent.refuseStateless(message, from: source, on: listener, status: status)
        case .refusable(let request, let error):
            counters.unreadable += 1
            note(.unreadable(error, source: source))
            guard isTrusted(source) else { return }
            if error.header == .from, request.method == .invite { counters.count(.brokenFrom) }
            agent.refuseMalformed(request, error: error, from: source, on: listener)
        case .hopeless(let error):
            guard error.kind != .keepAlive else { return }
            counters.unreadable += 1
            note(.unreadable(error, source: source))
        }
    }

    /// A stranger is taken if he answers our challenge with a password that we know. False: he has been dealt with.
    private mutating func challenge(_ message: Message, from source: Endpoint, on listener: ListenerID) -> Bool {
        let verdict = doorman?.verdict(on: message, realm: configuration.realm, users: configuration.users, now: now)
        switch verdict {
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

    private func isTrusted(_ source: Endpoint) -> Bool {
        configuration.trusted.contains { $0.contains(source.address) }
    }
}
