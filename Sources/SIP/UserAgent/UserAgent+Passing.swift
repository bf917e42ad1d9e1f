/// Requests in a dialog that mean something to the other side of a bridge only, or to the user: INFO and MESSAGE (RFC 6086, RFC
/// 3428), REFER and NOTIFY. Those that are passed on get what the other side answers.
extension UserAgent {
    mutating func receive(
        passing message: Message,
        _ transaction: ServerTransactionID,
        of leg: Leg,
        from source: Endpoint
    ) {
        if leg.phase == .invited, !leg.isAbandoned {
            // Not yet: there is nobody whom it could be passed to. 481 would end a dialog that is alive (RFC 5057).
            respond(to: message, transaction, from: source, status: 500, retryAfter: shortWhile())
            return
        }
        guard leg.phase == .established, !leg.isAbandoned else {
            respond(to: message, transaction, from: source, status: 481)
            return
        }
        emit(.requested(leg.id, PeerRequest(leg: leg.id, transaction: transaction, message: message, source: source)))
    }

    /// Passes a request on to another leg. Its final response goes back to who sent the request; if it cannot be sent, he gets
    /// 480 now.
    package mutating func pass(_ request: PeerRequest, to id: LegID, now: Milliseconds) {
        self.now = now
        let message = request.message
        var fields: [Leg.Field] = []
        for name in Self.passedFields {
            if let value = message.first(name) { fields.append(Leg.Field(name: name, value: message.copy(of: value))) }
        }
        for name in ["Info-Package", "Recv-Info"] {
            if let value = message.first(named: Array(name.utf8)) {
                fields.append(Leg.Field(name: .other, spelling: Array(name.utf8), value: message.copy(of: value)))
            }
        }
        let type = message.first(.contentType).map { message.copy(of: $0) }
        let body = type.map { MessageBody(contentType: $0, bytes: message.copy(of: message.body)) }
        guard let leg = legs[id.handle], leg.phase == .established, !leg.isAbandoned,
            sendRequest(
                message.method,
                on: leg,
                purpose: .passing(request),
                body: body,
                fields: fields,
                maxForwards: message.hopsLeft
            )
        else {
            answer(request, status: 480, now: now)
            return
        }
    }

    /// Answers a request that was told as `requested`, and is not to be passed on.
    package mutating func answer(_ request: PeerRequest, status: Int, now: Milliseconds) {
        self.now = now
        // The sender of a REFER gets NOTIFYs from here.
        let dialog = request.message.method == .refer && 200...299 ~= status ? legs[request.leg.handle]?.dialog : nil
        respond(
            to: request.message,
            request.transaction,
            from: request.source,
            status: UInt16(clamping: status)
        ) { dialog?.writeContact(to: &$0) }
    }

    /// Header fields that a request which is passed on keeps.
    private static var passedFields: [HeaderName] {
        [.contentDisposition, .contentLanguage, .event, .subscriptionState, .referTo, .referredBy]
    }

    /// The other side has answered, or will not: then with what that counts as.
    mutating func passed(_ request: PeerRequest, status: Int) {
        answer(request, status: status == Self.unreachable ? 480 : statusForOthers(status), now: now)
    }
}

/// A request of a peer, inside his dialog, that awaits an answer.
package struct PeerRequest: Sendable {
    let leg: LegID
    let transaction: ServerTransactionID
    package let message: Message
    let source: Endpoint
}
