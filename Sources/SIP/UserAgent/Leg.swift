/// One leg: a dialog that an INVITE of ours or of a peer makes, from the attempt to the end (RFC 3261 sections 12 to 15).
///
/// ```
///   we call                                        we are called
///   inviting ──2xx──► established ◄──we answer── invited
///      │ CANCEL, refusal      │ BYE, loss            │ CANCEL, refusal
///      └──────────────────► ending ◄─────────────────┘
///                             │ final response, or none in time
///                          released
/// ```
/// At most one INVITE is in progress on a leg at any time, ACK included; `isBusy` says whether one is.
final class Leg {
    enum Phase {
        /// Our INVITE has no final response yet.
        case inviting
        /// The peer's INVITE has none.
        case invited
        case established
        /// Over for the user; a response may still be owed.
        case ending
    }

    let id: LegID
    var owner: UInt64
    var phase: Phase
    var dialog: Dialog
    /// Decides what SDP this leg sends.
    var continuity: SDPContinuity
    /// What the peer has said of media last, and has not been refused.
    private(set) var remoteDescription: SessionDescription?
    /// Where the peer's last request came from.
    var source: Endpoint
    /// How many new requests he may send now.
    var allowance: RequestBucket?

    /// What other copies of the INVITE that began the leg are known by, as long as any may come; nil if it was ours.
    var identity: [UInt8]?
    /// The peer's INVITE that awaits our final response.
    @Rare var incoming: IncomingInvite? = nil
    /// The re-INVITE that we refused last, as long as the peer may not have heard of it: the refusal can get lost with the process.
    @Rare var refused: RefusedInvite? = nil
    /// When that is over, if it says so by Expires.
    var expiry: TimerID?
    /// Our INVITE that has no final response yet.
    @Rare var outgoing: OutgoingInvite? = nil
    /// A question is open where the dialog's next hop is.
    var isLocatingDialog = false
    /// Where the peer may be, if we call him by a name.
    @Rare var location: Location? = nil
    /// Our 2xx that awaits its ACK.
    @Rare var accepted: AcceptedInvite? = nil
    /// The peer's 2xx that awaits our ACK.
    @Rare var ackDue: AckDue? = nil
    /// The newest ACKs that we sent, for 2xx that come again: the one of an earlier INVITE may have been lost.
    var sentACKs: [SentACK] = []
    /// What is only kept for copies of messages is forgotten then.
    var settleTimer: TimerID?
    /// A re-INVITE of ours that waits until no other INVITE is in progress.
    @Rare var queued: QueuedReinvite? = nil
    /// The pause after a 491 (RFC 3261 section 14.1).
    var glareTimer: TimerID?
    var bye: ClientTransactionID?
    /// REFERs of the peer that were taken.
    var referrals = 0
    /// How many re-INVITEs the user has asked for.
    var reinvites: UInt32 = 0

    /// The user has let go: nothing of it interests him but `released`.
    var isAbandoned = false
    /// BYE as soon as the ACK for our 2xx has come: not earlier (RFC 3261 section 15).
    var owesBye = false
    /// Our first INVITE carried an offer.
    var madeFirstOffer = true
    /// CSeq of the INVITE that the leg began with, as it was sent last.
    var firstCSeq: UInt32 = 1
    /// The next leg's Max-Forwards: how many hops requests of the leg may take.
    var maxForwards: UInt8 = 70
    /// What else the first INVITE says; empty once it has been answered.
    var headers: [ExtraHeader] = []
    /// The Reason that the CANCEL is to carry.
    var cancelReason: [UInt8]?

    /// Time of the peer's last sign of life.
    var lastHeard: Milliseconds = 0
    var isWatched = false
    var watchTimer: TimerID?
    var failedProbes = 0

    /// The peer's Allow names UPDATE.
    var peerAllowsUpdate = false
    /// The session timer that both sides have agreed on, and when the session ends.
    var session: SessionTimer?
    var sessionEnd: Milliseconds = 0
    var sessionTimer: TimerID?
    /// The largest Min-SE that the peer's side has asked for, in seconds.
    var smallestSession = 0

    /// What servers on the way want to be convinced of.
    var challenges: [Challenge] = []
    /// The answers to that in our last INVITE: its ACK repeats them (RFC 3261 section 22.1).
    var inviteProofs: [Field] = []
    var byeAttempts = 0

    /// Our requests, other than INVITEs, that have no final response yet.
    var requests: [Request] = []

    /// Our reliable provisional response that awaits its PRACK, and the one that goes next.
    @Rare var provisional: Provisional? = nil
    @Rare var waitingProvisional: WaitingProvisional? = nil
    /// The description that the 2xx will carry: what was said reliably of media before has not been acknowledged.
    var waitingAcceptance: [UInt8]?
    /// The peer's offer has had its answer in a reliable provisional response, and he has it.
    var hasAnsweredReliably = false
    /// RSeq and CSeq of the one before.
    var settledProvisional: (UInt32, UInt32)?
    var nextRSeq: UInt32?
    /// Tags that we gave the unanswered INVITE before the one of now.
    var earlierTags: [Token] = []
    /// The CSeq of the peer's last request under each of those; nil where an earlier process knew it.
    var earlierCSeqs: [UInt32?] = []
    /// To tag of the last response to our INVITE: which branch of it, if a proxy has forked it.
    var branch: [UInt8] = []
    /// Branches of our INVITE that have sent reliable provisional responses.
    var early: [EarlyDialog] = []

    /// Other phones that answered the same INVITE and were sent away again.
    var endedForks: [EndedFork] = []
    /// Phones whose BYE has overtaken their 2xx.
    var goneEarly: [[UInt8]] = []
    /// We made the Call-ID; decides the length of pauses after a 491.
    let ownsCallID: Bool

    init(
        id: LegID,
        owner: UInt64,
        phase: Phase,
        dialog: Dialog,
        continuity: SDPContinuity,
        source: Endpoint,
        ownsCallID: Bool
    ) {
        self.id = id
        self.owner = owner
        self.phase = phase
        self.dialog = dialog
        self.continuity = continuity
        self.source = source
        self.ownsCallID = ownsCallID
    }
}

extension Leg {
    struct RefusedInvite {
        let request: Message
        let moment: Milliseconds
    }

    struct IncomingInvite {
        let transaction: ServerTransactionID
        let request: Message
        /// nil: it wants an offer from us.
        let offer: SessionDescription?
    }

    struct OutgoingInvite {
        let transaction: ClientTransactionID
        let cseq: UInt32
        /// INVITE, or an UPDATE with an offer.
        var method = Method.invite
        let body: [UInt8]?
        var cancellation = Cancellation.none
        /// How often it was sent again because it was challenged.
        var attempts = 0
        /// nil for the initial INVITE.
        var reinvite: Reinvite?

        var hasOffer: Bool { body != nil }
    }

    struct Reinvite {
        let id: ReinviteID
        /// When a peer who only says that he is at it has had his time.
        var deadline: TimerID
        let request: QueuedReinvite
        /// Whether it comes again after a 491; else the user is told of it.
        var retries: Bool
    }

    struct QueuedReinvite {
        let id: ReinviteID
        let offer: SessionDescription?
        /// By UPDATE, if the peer takes that.
        var prefersUpdate = false
        /// How many hops it may take; what is passed on may take one less than it came with.
        var maxForwards: UInt8 = 70
        /// After a 491: not before the pause is over.
        var isPausing = false
    }

    struct AcceptedInvite {
        let transaction: ServerTransactionID
        let cseq: UInt32
        /// Sent again until the ACK comes (RFC 3261 section 13.3.1.4).
        let response: [UInt8]
        /// The 2xx carried our offer: the ACK brings the answer.
        let hasOffer: Bool
        let giveUp: Milliseconds
        var interval: Milliseconds
        var timer: TimerID
        /// What it answers, for a later process.
        let request: Message
        /// Sent by an earlier process, which may have had the ACK: that none comes proves nothing.
        var mayBeAcknowledged = false
    }

    struct AckDue {
        let cseq: UInt32
        /// The peer's offer, to be answered in the ACK; nil if the 2xx was the answer to ours.
        let offer: SessionDescription?
    }

    struct SentACK {
        let cseq: UInt32
        var request: OutboundRequest
        /// When it was sent first.
        var moment: Milliseconds = .min
    }

    struct EndedFork {
        let tag: [UInt8]
        let ack: SentACK
    }

    /// How many answers of one forked INVITE are dealt with; a proxy that sends more is ignored.
    static let maximumForks = 16
    /// More INVITEs of ours than that cannot be answered, and their answers be on their way, at once.
    static let keptACKs = 3

    /// A CANCEL may leave only after a provisional response has come (RFC 3261 section 9.1).
    enum Cancellation {
        case none
        case possible
        /// Wanted, but nothing has come yet.
        case wanted
        case sent
    }

    /// Notes a description of the peer's that holds, offer or answer.
    func received(_ description: SessionDescription) {
        continuity.received(description)
        remoteDescription = description
    }

    /// Notes which methods the peer takes, if the message says so.
    func noteAllow(of message: Message) {
        if message.has(.allow) { peerAllowsUpdate = message.lists("UPDATE", in: .allow) }
    }

    /// Whether an INVITE is in progress, in either direction, up to its ACK.
    var isBusy: Bool { $incoming || $outgoing || $accepted || $ackDue }
}

/// Timers of legs on the shared wheel.
enum LegTimer: UInt8 {
    /// Our 2xx goes out again.
    case retransmit2xx
    /// The pause after a 491 is over.
    case glare
    /// Our re-INVITE has had no final response for too long.
    case reinvite
    /// Our reliable provisional response goes out again.
    case provisional
    /// The session is to be refreshed, or is over.
    case session
    /// The peer is to be asked whether he is alive.
    case watch
    /// A look-up, or a target that says nothing, has had its time.
    case location
    /// Copies of messages may not come any more.
    case settle
    /// The peer's INVITE, unanswered, is what he wants no longer.
    case expires

    static let layer: UInt8 = 2
}
