/// A request that is broken, but of which enough is left to refuse it without a transaction (RFC 3261 section 8.2.7).
package struct MalformedRequest: Sendable {
    package let bytes: [UInt8]
    package let fields: [HeaderField]
    package let method: Method
    /// The topmost Via; complete at least as far as sent-by.
    package let via: Via
    /// Raw values, whose grammar may be broken.
    package let from: ByteRange
    package let to: ByteRange
    package let callID: ByteRange
    package let cseq: ByteRange
    /// Whether To seems to have a tag already.
    package let hasToTag: Bool
}

/// What came of some bytes.
package enum Parsed: Sendable {
    case message(Message)
    /// A request, not an ACK, that gets a response with the status of the error and no more attention.
    case refusable(MalformedRequest, MessageError)
    /// Nothing that could or may be answered; `.keepAlive` among the reasons is harmless.
    case hopeless(MessageError)
}
