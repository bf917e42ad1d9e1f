/// Names a client transaction: a request of ours and what comes back.
package struct ClientTransactionID: Hashable, Sendable {
    let handle: SlabHandle
}

/// Names a server transaction: a request of a peer and our answers.
package struct ServerTransactionID: Hashable, Sendable {
    let handle: SlabHandle
}

/// What the transaction layer wants done, or has to tell the user agent above it.
///
/// `owner` is the number that the user agent gave with the transaction, nil for a server transaction that it has not
/// adopted.
package enum TransactionEvent: Sendable {
    /// Send these bytes.
    case send(bytes: [UInt8], to: Endpoint, from: ListenerID)

    /// A new request; it must be answered with `respond`.
    case request(Message, ServerTransactionID, source: Endpoint, listener: ListenerID)

    /// A CANCEL, to be answered in its own right: 481 if there is no `invite` that it is for, else 200, and then, if that
    /// INVITE has no final response yet, 487 for the INVITE (RFC 3261 section 9.2).
    case cancel(Message, ServerTransactionID, of: ServerTransactionID?, source: Endpoint, listener: ListenerID)

    /// An ACK for a 2xx: it belongs to a dialog, and to a transaction only if its sender kept the branch of the INVITE.
    case ack(Message, ServerTransactionID?, source: Endpoint, listener: ListenerID)

    /// A request for which there is no room: answer it without a transaction, with 503 and Retry-After.
    case overloaded(Message, source: Endpoint, listener: ListenerID)

    /// A response. A 2xx to an INVITE comes each time it arrives, and each time wants an ACK. The response to a CANCEL
    /// comes under the identity of the CANCEL.
    case response(Message, ClientTransactionID, owner: UInt64)

    /// A 2xx to an INVITE of which nothing is known here any more: an earlier process sent it, or it is very late. If it belongs
    /// to a dialog, that has the ACK.
    case strayAccept(Message)

    /// No final response has come in 64 × T1 (counted from the CANCEL where there is one): as if a 408 had come.
    case timedOut(ClientTransactionID, owner: UInt64, Method)

    /// The transport cannot reach the peer: as if a 503 had come.
    case transportFailed(ClientTransactionID, owner: UInt64, Method)

    /// The place where a request was sent to has said nothing, or cannot be reached: it goes the other way that it had.
    case fellBack(owner: UInt64, from: Endpoint)

    /// Our response of 300 or more to an INVITE was never acknowledged (timer H).
    case ackMissing(ServerTransactionID, owner: UInt64?)

    /// The transaction is gone; its identity means nothing any more.
    case terminatedClient(ClientTransactionID, owner: UInt64)
    case terminatedServer(ServerTransactionID, owner: UInt64?)
}
