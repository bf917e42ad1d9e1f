/// Refusals that leave nothing behind (RFC 3261 section 8.2.7): strangers and broken messages get no memory of ours.
extension UserAgent {
    /// Whether a request belongs to a dialog or a transaction that we have: the tags and branches that prove it are hard to guess.
    package mutating func knows(_ request: Message) -> Bool {
        leg(for: request) != nil || earlyLeg(for: request) != nil || transactions.knows(request)
    }

    /// What a request of a dialog is to us. Takes one of what the dialog may send if it is part of one.
    package mutating func standing(of request: Message, now: Milliseconds) -> RequestStanding {
        guard let leg = leg(for: request) ?? earlyLeg(for: request) else {
            return transactions.knows(request) ? .known : .unknown
        }
        // An ACK leaves nothing behind, and the one BYE of a call must get through.
        let isFree = request.method == .ack || (request.method == .bye && leg.phase != .ending)
        return isFree || leg.mayAsk(now: now) || transactions.knows(request) ? .known : .excessive
    }

    /// Answers a request without a transaction. Its retransmissions get the same answer, To tag included.
    ///
    /// - Parameter challenges: values of WWW-Authenticate, for 401.
    package mutating func refuseStateless(
        _ message: Message,
        from source: Endpoint,
        on listener: ListenerID,
        status: UInt16,
        retryAfter: Int? = nil,
        challenges: [[UInt8]] = []
    ) {
        guard message.method != .ack else { return }
        let tag = statelessTag(message.bytes[message.callID])
        let product = configuration.product
        let response = makeResponse(to: message, source: source, status: status, toTag: tag) { writer in
            writer.explain(status, of: message, retryAfter: retryAfter)
            for challenge in challenges { writer.field(.wwwAuthenticate, challenge) }
            writer.field(.server, product)
        }
        send(response, to: responseDestination(of: message, source: source), from: listener)
    }

    /// Answers a request that cannot be read, with the status that its error calls for.
    package mutating func refuseMalformed(
        _ request: MalformedRequest,
        error: MessageError,
        from source: Endpoint,
        on listener: ListenerID
    ) {
        let tag = statelessTag(request.bytes[request.callID])
        let product = configuration.product
        let response = makeResponse(to: request, source: source, status: error.status, toTag: tag) { writer in
            writer.field(.server, product)
        }
        send(response, to: responseDestination(of: request, source: source), from: listener)
    }

    private func statelessTag(_ callID: ArraySlice<UInt8>) -> [UInt8] {
        var hash = statelessKey
        for byte in callID {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return Token(slot: .max, generation: .max, nonce: hash ^ hash >> 29).bytes
    }
}

/// What a request inside a dialog is to us.
package enum RequestStanding: Sendable {
    /// Part of a dialog or a transaction that we have.
    case known
    /// The dialog is ours, but sends more than any needs.
    case excessive
    case unknown
}

extension Leg {
    /// Takes one of the new requests that the peer may send: what one dialog sends must not take from the others what they need. Digits
    /// that are dialled come as an INFO each, some ten a second.
    func mayAsk(now: Milliseconds) -> Bool {
        var bucket = allowance ?? RequestBucket(most: 100, now: now)
        defer { allowance = bucket }
        return bucket.take(rate: 50, most: 100, now: now)
    }
}
