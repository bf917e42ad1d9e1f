/// Responses of ours, to what has a leg and to what has none.
extension UserAgent {
    @discardableResult
    mutating func respond(
        toInviteOf leg: Leg,
        status: UInt16,
        retryAfter: Int? = nil,
        contact: URI? = nil,
        warning: SessionWarning? = nil,
        body: [UInt8]?,
        reliably sequence: UInt32? = nil,
        session: SessionTimer? = nil
    ) -> [UInt8] {
        guard let incoming = leg.incoming else { return [] }
        let (dialog, product) = (leg.dialog, configuration.product)
        let response = makeResponse(
            to: incoming.request,
            source: leg.source,
            status: status,
            toTag: dialog.localTag.bytes,
            body: body.map(MessageBody.sdp)
        ) { writer in
            if status < 300 {
                dialog.writeContact(to: &writer)
                writer.field(.allow, Dialog.allow)
            }
            if let contact { writer.field(.contact, Array("<".utf8) + contact.bytes + Array(">".utf8)) }
            if status == 200 { writer.field(.supported, Dialog.supported) }
            if let sequence {
                writer.field(.require, "100rel")
                writer.field(.rseq, number: UInt64(sequence))
            }
            writer.answer(session)
            if let retryAfter { writer.field(.retryAfter, number: UInt64(clamping: retryAfter)) }
            writer.warn(status, warning, of: product)
            writer.field(.server, product)
        }
        respond(incoming.transaction, status: status, response: response)
        return response
    }

    /// Answers a request that has no leg to speak for it.
    mutating func respond(
        to message: Message,
        _ transaction: ServerTransactionID,
        from source: Endpoint,
        status: UInt16,
        retryAfter: Int? = nil,
        toTag: [UInt8]? = nil,
        writing extra: (inout MessageWriter) -> Void = { _ in }
    ) {
        let tag = toTag ?? Token(slot: .max, generation: .max, nonce: random.next()).bytes
        let product = configuration.product
        let response = makeResponse(to: message, source: source, status: status, toTag: tag) { writer in
            extra(&writer)
            writer.explain(status, of: message, retryAfter: retryAfter)
            writer.field(.server, product)
        }
        respond(transaction, status: status, response: response)
    }

    /// Seconds until a request may come again that found another in its way (RFC 3261 section 14.2).
    mutating func shortWhile() -> Int { Int(random.next() % 10) }

    mutating func respond(_ transaction: ServerTransactionID, status: UInt16, response: [UInt8]) {
        let now = now
        withTransactions { transactions, wheel, out in
            transactions.respond(
                transaction,
                status: status,
                response: response,
                now: now,
                wheel: &wheel,
                out: &out
            )
        }
    }
}

extension MessageWriter {
    /// The header fields that a refusal must have so that the peer can do better (RFC 3261 sections 8.2 and 21).
    mutating func explain(_ status: UInt16, of message: Message, retryAfter: Int?) {
        switch status {
        case 200 where message.method == .options:
            field(.allow, Dialog.allow)
            field(.supported, Dialog.supported)
            field(.accept, "application/sdp, multipart/mixed")
        case 405: field(.allow, Dialog.allow)
        case 415 where message.isEncoded: field(.acceptEncoding, "identity")
        case 406, 415: field(.accept, "application/sdp, multipart/mixed")
        case 420:
            for option in message.unsupportedOptions { field(.unsupported, of: message, option) }
        case 422: field(.minSE, number: UInt64(SessionTimer.smallest))
        case 503: field(.retryAfter, number: UInt64(clamping: retryAfter ?? 5))
        default:
            if let retryAfter { field(.retryAfter, number: UInt64(clamping: retryAfter)) }
        }
    }
}
