/// Names one leg: an INVITE dialog of ours, or the attempt to have one. Never used again for another.
package struct LegID: Hashable, Sendable {
    @usableFromInline let handle: SlabHandle

    @inlinable package init(_ handle: SlabHandle) { self.handle = handle }

    @inlinable package var index: UInt32 { handle.index }
    @inlinable package var generation: UInt32 { handle.generation }

    /// As transactions carry it.
    var owner: UInt64 { UInt64(index) << 32 | UInt64(generation) }

    init(owner: UInt64) {
        handle = SlabHandle(
            index: UInt32(truncatingIfNeeded: owner >> 32),
            generation: UInt32(truncatingIfNeeded: owner)
        )
    }
}

/// Tells the re-INVITEs of ours on one leg apart. One that comes again after a 491 is still the same.
package struct ReinviteID: Hashable, Sendable {
    let number: UInt32

    /// That of a re-INVITE which only refreshes the session: nobody is told of it.
    static let refresh = ReinviteID(number: 0)
}

/// What a leg has to say to its user. Descriptions are the peer's, as they came.
package enum LegEvent: Sendable {
    /// A new INVITE, which SIP has nothing against: to be accepted or refused, and to be given an owner.
    case invited(LegID, Message)
    /// The caller took his INVITE back before its final response, or is gone; with the value of his Reason header (RFC 3326).
    /// The leg is over.
    case cancelled(LegID, reason: [UInt8]?)
    /// The ACK to our 2xx has come, with the peer's answer if the 2xx carried our offer.
    case acknowledged(LegID, SessionDescription?)
    /// A provisional response, above 100, to our INVITE; with what it says of media if we made an offer.
    case progress(LegID, status: Int, SessionDescription?)
    /// The 2xx to our INVITE, with the answer to our offer or, if we made none, the peer's offer; nil if it has none that can be
    /// read. To be followed by `acknowledge` or `hangUp`; until then its retransmissions are absorbed.
    case answered(LegID, SessionDescription?)
    /// Our INVITE was refused, or nobody answered it (408), or it could not be sent (503). The leg is over.
    case refused(LegID, status: Int)
    /// A re-INVITE that changes something, with or without an offer: to be accepted or refused.
    case offered(LegID, SessionDescription?)
    /// The peer would like to take back the re-INVITE that was `offered`, which still is to be accepted or refused (487).
    case offerCancelled(LegID)
    /// The 2xx to our re-INVITE. If that carried no offer, this one is the peer's, and `acknowledge` is to follow.
    case modified(LegID, ReinviteID, SessionDescription?)
    /// Our re-INVITE was refused; the session is as it was before.
    case modificationRefused(LegID, ReinviteID, status: Int)
    /// An INFO or MESSAGE inside the dialog: to be passed on or answered.
    case requested(LegID, PeerRequest)
    /// The peer's BYE, with the value of its Reason header; it has been answered. The leg is over.
    case hungUp(LegID, reason: [UInt8]?)
    /// The dialog is lost: the peer knows it no more, does not answer, or never sent its ACK. The leg is being ended.
    case gone(LegID)
    /// The final response to our CANCEL or BYE has come, or will not come any more; the leg does not exist any more.
    case released(LegID)

    package var leg: LegID {
        switch self {
        case .invited(let leg, _), .cancelled(let leg, _), .acknowledged(let leg, _), .progress(let leg, _, _),
            .answered(let leg, _), .refused(let leg, _), .offered(let leg, _), .offerCancelled(let leg),
            .requested(let leg, _), .modified(let leg, _, _), .modificationRefused(let leg, _, _), .hungUp(let leg, _),
            .gone(let leg),
            .released(let leg):
            leg
        }
    }
}

/// What a call of ours to somebody says.
package struct Invitation: Sendable {
    /// Whom to call: the Request-URI, and To. Its header fields are left out; a user who wants them puts them into `headers`.
    package var target: URI
    /// URI of From.
    package var fromURI: [UInt8]
    /// Display name of From, without quotes; empty for none.
    package var displayName: String
    /// nil: an INVITE without SDP, to which the peer makes an offer.
    package var offer: SessionDescription?
    /// What the user wants the leg to carry.
    package var owner: UInt64
    /// How many hops it may take: of what a caller's INVITE had left, one less (RFC 7332).
    package var maxForwards: UInt8 = 70
    /// Header fields that only the user knows.
    package var headers: [ExtraHeader] = []

    package init(target: URI, fromURI: [UInt8], displayName: String, offer: SessionDescription?, owner: UInt64) {
        self.target = target
        self.fromURI = fromURI
        self.displayName = displayName
        self.offer = offer
        self.owner = owner
    }
}

/// A header field that the user agent does not make itself: from another leg, or of the user's own.
package struct ExtraHeader: Sendable, Equatable {
    package var name: [UInt8]
    package var value: [UInt8]

    package init(name: [UInt8], value: [UInt8]) {
        self.name = name
        self.value = value
    }
}
