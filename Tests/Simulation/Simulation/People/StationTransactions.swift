import SIP

/// A request of a station's.
final class StationClient {
    let method: Method
    let request: [UInt8]
    let branch: Int
    let session: Session
    /// Of the request: its target and the tag of To when it was made.
    let target: [UInt8]
    let toTag: [UInt8]
    let cseq: Int
    /// The INVITE carried an offer.
    var madeOffer = false
    /// Whether the session was on hold before this re-INVITE.
    var wasHolding = false
    var isProceeding = false
    var isFinal = false
    var isCancelled = false
    /// To be taken back as soon as a provisional response has come.
    var wantsCancel = false

    init(method: Method, request: [UInt8], branch: Int, session: Session) {
        self.method = method
        self.request = request
        self.branch = branch
        self.session = session
        target = session.target
        toTag = session.remoteTag
        cseq = session.localCSeq
    }
}

/// A request to a station.
final class StationServer {
    let request: Message
    unowned let station: Station
    var response: [UInt8] = []
    var isFinal = false
    var isSuccess = false
    /// Our 2xx carried an offer.
    var madeOffer = false
    var isAcknowledged = false
    var giveUp: Milliseconds = 0
    /// Only the last copy of the INVITE has got through: the core is about to give it up, or has done so, and must not take what a
    /// transaction that it has no more is answered (RFC 3261 section 17.1.1.2, timer B; RFC 6026 section 8.7).
    var isLate = false
    /// The core that sent it has died meanwhile, and the next goes on.
    var isOfEarlierCore = false
    /// The session whose INVITE it is.
    weak var session: Session?

    init(request: Message, station: Station) {
        self.request = request
        self.station = station
    }
}

extension Message {
    /// The body as a session description; nil if there is none.
    var description: Description? {
        guard !body.isEmpty else { return nil }
        return Description(Array(bytes[body]))
    }
}
