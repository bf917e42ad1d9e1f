/// What of a leg must outlive the process, so that the next one goes on with the dialog: DESIGN.md section 2, restart.
///
/// Timers are no part of it: they begin anew. Numbers that rise with every message (CSeq, the version of o=) may be a little
/// behind when they are read back, and jump ahead then.
package struct KeptLeg: Sendable, Equatable {
    package enum Phase: UInt8, Sendable {
        case inviting, invited, established
    }

    /// Where it lives, and will live again: the peer's requests name that by our tag.
    package var id: LegID
    package var phase: Phase
    /// Our INVITE began it.
    package var ownsCallID: Bool
    package var isWatched = false
    package var peerAllowsUpdate = false
    package var madeFirstOffer = true
    /// It was begun by a `sips:` URI.
    package var isSecure = false
    /// A change of ours was under way that the next process does not go on with: a re-INVITE that waits for its turn, or an UPDATE
    /// with an offer. What the peer makes of that will not be seen.
    package var leavesChangeOpen = false
    package var maxForwards: UInt8 = 70

    package var callID: [UInt8]
    package var localTag: Token
    package var earlierTags: [Token] = []
    package var remoteTag: [UInt8]
    package var localAddress: [UInt8]
    package var remoteAddress: [UInt8]
    package var remoteTarget: [UInt8]
    package var routeSet: [[UInt8]] = []
    package var localCSeq: UInt32
    package var remoteCSeq: UInt32?
    package var firstCSeq: UInt32 = 1
    /// How many re-INVITEs the user has asked for.
    package var reinvites: UInt32 = 0

    /// The names that TLS peers must show. `Endpoint.domain` here is a place in this list, from 1; 0: an address.
    package var names: [String] = []
    package var listener: ListenerID
    package var heardFrom: Endpoint?
    package var source: Endpoint
    /// What other copies of the INVITE that began the leg are known by; nil if it was ours.
    package var identity: [UInt8]?

    package var sdp: SDPContinuity.Kept
    /// Session interval in seconds, and whether we refresh; nil without session timer.
    package var session: Session?
    package var smallestSession: Int = 0

    /// The peer's INVITE or re-INVITE that awaits our final response, or its ACK.
    package var incoming: Incoming?
    /// Our INVITE or re-INVITE that has no final response yet.
    package var outgoing: Outgoing?
    /// The peer's 2xx that awaits our ACK.
    package var ackDue: AckDue?
    /// An ACK of ours that was about to leave when this was kept, or not long before. It may have got lost with the process, and not
    /// everybody repeats a 2xx: it is sent again.
    package var freshACK: FreshACK?

    package struct FreshACK: Sendable, Equatable {
        package var cseq: UInt32
        package var request: [UInt8]
        package var destination: Endpoint
        package var listener: ListenerID

        package init(cseq: UInt32, request: [UInt8], destination: Endpoint, listener: ListenerID) {
            self.cseq = cseq
            self.request = request
            self.destination = destination
            self.listener = listener
        }
    }

    package struct Session: Sendable, Equatable {
        package var interval: Int
        package var isOurs: Bool

        package init(interval: Int, isOurs: Bool) {
            self.interval = interval
            self.isOurs = isOurs
        }
    }

    package struct Incoming: Sendable, Equatable {
        /// As it came.
        package var request: [UInt8]
        /// Our 2xx, if it has had that; whether its ACK has come is not known.
        package var accepted: [UInt8]?
        /// The 2xx carried our offer.
        package var hasOffer: Bool
        /// Of the next reliable provisional response.
        package var nextRSeq: UInt32?

        package init(request: [UInt8], accepted: [UInt8]?, hasOffer: Bool, nextRSeq: UInt32?) {
            self.request = request
            self.accepted = accepted
            self.hasOffer = hasOffer
            self.nextRSeq = nextRSeq
        }
    }

    package struct Outgoing: Sendable, Equatable {
        package var invite: OpenInvite
        package var cseq: UInt32
        /// Which re-INVITE of ours; nil: the one that began the leg.
        package var reinvite: UInt32?

        package init(invite: OpenInvite, cseq: UInt32, reinvite: UInt32?) {
            self.invite = invite
            self.cseq = cseq
            self.reinvite = reinvite
        }
    }

    package struct AckDue: Sendable, Equatable {
        package var cseq: UInt32
        /// The peer's offer, to be answered in the ACK.
        package var offer: [UInt8]?

        package init(cseq: UInt32, offer: [UInt8]?) {
            self.cseq = cseq
            self.offer = offer
        }
    }

    package init(
        id: LegID,
        phase: Phase,
        ownsCallID: Bool,
        callID: [UInt8],
        localTag: Token,
        remoteTag: [UInt8],
        localAddress: [UInt8],
        remoteAddress: [UInt8],
        remoteTarget: [UInt8],
        localCSeq: UInt32,
        listener: ListenerID,
        source: Endpoint,
        sdp: SDPContinuity.Kept
    ) {
        self.id = id
        self.phase = phase
        self.ownsCallID = ownsCallID
        self.callID = callID
        self.localTag = localTag
        self.remoteTag = remoteTag
        self.localAddress = localAddress
        self.remoteAddress = remoteAddress
        self.remoteTarget = remoteTarget
        self.localCSeq = localCSeq
        self.listener = listener
        self.source = source
        self.sdp = sdp
    }
}

/// An INVITE of ours without final response, as far as a later process needs it: to take it back, to acknowledge a refusal, and
/// to know its responses again.
package struct OpenInvite: Sendable, Equatable {
    package var branch: Token
    /// Without its body, if that is not needed any more.
    package var request: [UInt8]
    /// It has had a provisional response, and is not sent again.
    package var isProceeding: Bool
    package var hasBody: Bool
    package var destination: Endpoint
    package var listener: ListenerID

    package init(
        branch: Token,
        request: [UInt8],
        isProceeding: Bool,
        hasBody: Bool,
        destination: Endpoint,
        listener: ListenerID
    ) {
        self.branch = branch
        self.request = request
        self.isProceeding = isProceeding
        self.hasBody = hasBody
        self.destination = destination
        self.listener = listener
    }
}

/// By which a leg that must be kept anew is told from one that is as it was kept: cheap to take and to compare.
package struct LegMark: Equatable, Sendable {
    package let id: LegID
    let sdpRevision: UInt64
    let targetRevision: UInt32
    /// CSeqs may run ahead of what is kept by less than they skip when they are restored.
    let cseqStep: UInt32
    let outgoing: ClientTransactionID?
    let incoming: ServerTransactionID?
    let ackDue: UInt32?
    // Calls keep several of these: narrow where that is enough to tell one from another.
    let remoteTagLength: UInt16
    let tags: UInt8
    let phase: UInt8
    let isAbandoned: Bool
    /// Our 2xx awaits its ACK.
    let isUnacknowledged: Bool
    let leavesChangeOpen: Bool
    /// The peer may not have heard that we refused.
    let hasRefused: Bool

    init(_ leg: Leg) {
        id = leg.id
        switch leg.phase {
        case .inviting: phase = 0
        case .invited: phase = 1
        case .established: phase = 2
        case .ending: phase = 3
        }
        isAbandoned = leg.isAbandoned
        (cseqStep, targetRevision, remoteTagLength) = leg.dialog.mark
        sdpRevision = leg.continuity.revision
        tags = UInt8(truncatingIfNeeded: leg.earlierTags.count)
        outgoing = leg.$outgoing ? leg.outgoing?.transaction : nil
        incoming = leg.$incoming ? leg.incoming?.transaction : nil
        ackDue = leg.$ackDue ? leg.ackDue?.cseq : nil
        isUnacknowledged = leg.$accepted
        leavesChangeOpen = leg.leavesChangeOpen
        hasRefused = leg.$refused
    }
}

extension Dialog {
    /// What `LegMark` has of it, at one look.
    fileprivate var mark: (cseqStep: UInt32, targetRevision: UInt32, remoteTagLength: UInt16) {
        (localCSeq >> 5, targetRevision, UInt16(truncatingIfNeeded: remoteTag.count))
    }
}
