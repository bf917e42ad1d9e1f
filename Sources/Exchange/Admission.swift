import SIP

/// What of the network is let in (CALLS.md section 1, step 1).
extension Exchange {
    mutating func admit(_ datagram: [UInt8], from source: Endpoint, on listener: ListenerID) {
        switch Message.parse(datagram) {
        case .message(let message):
            // A request inside a dialog proves by its tags that it belongs to one.
            guard message.isRequest, message.to.tag == nil, !isTrusted(source) else {
                agent.receive(message, from: source, on: listener, now: now)
                return
            }
            let answers = configuration.untrusted == .reject && message.method != .ack
            counters.untrusted += 1
            note(.untrusted(source: source, answered: answers))
            if answers { agent.refuseStateless(message, from: source, on: listener, status: 403) }
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

    private func isTrusted(_ source: Endpoint) -> Bool {
        configuration.trusted.contains { $0.contains(source.address) }
    }
}
