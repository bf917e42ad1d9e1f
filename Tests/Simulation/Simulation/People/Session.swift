import SIP

/// A dialog, or an attempt at one, as a station of the simulation sees it.
final class Session {
    enum Phase { case early, up, over }

    /// What our tag carries, so that requests find the session.
    let number: Int
    unowned let station: Station
    let callID: [UInt8]
    let localTag: [UInt8]
    var remoteTag: [UInt8]
    /// From and To of our requests, without tags.
    let local: [UInt8]
    let remote: [UInt8]
    var target: [UInt8]
    /// The number of the caller, which all legs of one call have in common; -1 if there is none.
    let caller: Int
    let isOurs: Bool

    private(set) var phase = Phase.early
    var localCSeq = 0
    var remoteCSeq: UInt32 = 0
    /// The peer's INVITE that has no final response of ours yet.
    var pending: StationServer? { didSet { noteBusy() } }
    /// Our 2xx that has had no ACK yet.
    var unacknowledged: StationServer? { didSet { noteBusy() } }
    /// Our INVITE that has no final response yet.
    var inFlight: StationClient? { didSet { noteBusy() } }
    /// ACKs of ours by CSeq, for 2xx that come again.
    var acknowledgements: [(cseq: UInt32, bytes: [UInt8])] = []
    /// The first INVITE has been answered and acknowledged.
    var isEstablished = false

    /// What the peer described last.
    var remoteSDP: Description?
    var history = SDPHistory()
    private var sdpVersion = 0
    private var lastContent: [UInt8] = []
    var isHolding = false
    /// Types of the media lines so far, by position.
    var mediaTypes: [[UInt8]] = [audio]

    static let audio = [UInt8]("audio")
    static let video = [UInt8]("video")

    init(
        number: Int,
        station: Station,
        callID: [UInt8],
        localTag: [UInt8],
        remoteTag: [UInt8],
        local: [UInt8],
        remote: [UInt8],
        target: [UInt8],
        caller: Int,
        isOurs: Bool
    ) {
        self.number = number
        self.station = station
        self.callID = callID
        self.localTag = localTag
        self.remoteTag = remoteTag
        self.local = local
        self.remote = remote
        self.target = target
        self.caller = caller
        self.isOurs = isOurs
        hasTimer = station.world.random.happens(station.world.plan.features.timers)
        takesUpdate = station.world.random.happens(station.world.plan.features.updates)
        let forgetful = station.world.plan.features.forgetful
        forgetsToRefresh = forgetful > 0 && station.world.random.happens(forgetful)
    }

    /// Whether he proves who he is when he is asked, and what his first INVITE carries besides.
    var knowsPassword = true
    var proof: [UInt8] = []
    var wishes: [UInt8] = []
    /// How often the first INVITE has come again as another.
    var attempts = 0
    /// The newest REFER of ours.
    var referral: Referring?
    /// The core has died while it was being ended: nobody sees to it any more.
    var isForgotten = false
    /// The core has died since it began.
    var hasSeenRestart = false
    /// Knows session timers; takes UPDATE.
    let hasTimer: Bool
    let takesUpdate: Bool
    var agreement = Agreement()
    /// Says that it refreshes the session, and does not.
    let forgetsToRefresh: Bool
    /// When the core last began an INVITE or UPDATE in it.
    var lastAttempt: Milliseconds = .min
    /// Until when there was an INVITE in it, as far as there has been one.
    private(set) var busyUntil: Milliseconds = .min
    /// RSeq of the reliable provisional response of ours that awaits its PRACK.
    var unconfirmed: Int?
    /// Reliable provisional responses that have had their PRACK: tags and numbers.
    var confirmed: [([UInt8], Int)] = []

    private func noteBusy() { busyUntil = station.world.now }

    var isQuiet: Bool { phase == .up && inFlight == nil && pending == nil && unacknowledged == nil }

    func move(to phase: Phase) {
        guard phase != self.phase else { return }
        let wasUp = self.phase == .up
        self.phase = phase
        station.world.sessionChanged(self, wasUp: wasUp)
    }

    /// A description of ours; `offer` if it answers one. The title of its first medium tells whose it is.
    func describe(answering offer: Description?) -> [UInt8] {
        if let offer { mediaTypes = offer.media.map(\.type) }
        var content: [UInt8] = []
        content.reserveCapacity(160)
        content.append("s=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n")
        for (index, type) in mediaTypes.enumerated() {
            let isRefused = index > 0 || (offer.map { $0.media[index].isRefused } ?? false)
            content.append("m=")
            content.append(contentsOf: type)
            content.append(" ")
            content.append(number: isRefused ? 0 : 20_000)
            content.append(" RTP/AVP ")
            content.append(number: type == Self.video ? 31 : 0)
            content.append("\r\n")
            if index == 0 { content.line("i=", station.name) }
            if isHolding, !isRefused { content.append("a=sendonly\r\n") }
        }
        if content != lastContent {
            sdpVersion += 1
            lastContent = content
        }
        var description: [UInt8] = []
        description.reserveCapacity(content.count + 64)
        description.append("v=0\r\no=")
        description.append(contentsOf: station.name)
        description.append(" 1 ")
        description.append(number: sdpVersion)
        description.append(" IN IP4 127.0.0.1\r\n")
        description.append(contentsOf: content)
        return description
    }
}
