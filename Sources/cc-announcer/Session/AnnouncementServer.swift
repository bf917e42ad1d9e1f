import SIP

/// Takes calls and plays to them: the whole announcer but for its sockets and its clock.
///
/// Datagrams, time and frames go in; datagrams and packets come out. A call goes
/// ```
///   INVITE ──► (agent: 180, rings) ──► 200, awaits ACK ──► plays ──► BYE
/// ```
/// and may be ended by the caller, or by `Limits.longest`, in any state.
struct AnnouncementServer: ~Copyable {
    private struct Session {
        let part: Part
        let user: String
        let negotiation: Negotiation
        /// What was agreed, or will be when the ACK has brought the answer to our offer.
        var target: MediaStream.Target?
        var stream: Player.StreamID?
        var isAnswered = false
        var deadline: TimerID
        var agentTimer: TimerID?
    }

    /// Timers of ours on the wheel that we share with the legs.
    private enum Timer: UInt8 {
        case answer, leave, longest

        static let layer: UInt8 = 3
    }

    /// Where RTP is sent from.
    ///
    /// - Parameters:
    ///   - listener: where it is sent to, if that is known yet.
    ///   - peer: who calls.
    typealias MediaEndpoint = (_ listener: IPAddress?, _ peer: IPAddress) -> Endpoint?

    private(set) var userAgent: UserAgent
    private(set) var player: Player
    private(set) var notes: [Note] = []
    private let library: SoundLibrary
    private let limits: Limits
    /// Where RTP is sent from; nil if there is no route.
    private let mediaEndpoint: MediaEndpoint
    private var sessions: [LegID: Session] = [:]
    private var sessionOfStream: [Player.StreamID: LegID] = [:]
    private var random: SeededGenerator
    private var fired: [TimerToken] = []
    private var isClosing = false

    init(
        userAgent: consuming UserAgent,
        library: SoundLibrary,
        limits: Limits,
        random: SeededGenerator,
        mediaEndpoint: @escaping MediaEndpoint
    ) {
        self.userAgent = userAgent
        self.library = library
        self.limits = limits
        var random = random
        // Means nothing, and is another one each time (RFC 7022 section 4.2).
        let name = "cc-announcer-" + String(random.next() as UInt64, radix: 36)
        player = Player(name: Array(name.utf8), random: SeededGenerator(seed: random.next()))
        self.random = random
        self.mediaEndpoint = mediaEndpoint
    }

    // MARK: Inputs

    /// A datagram has come on the SIP socket.
    mutating func receive(_ bytes: [UInt8], from source: Endpoint, on listener: ListenerID, now: Milliseconds) {
        switch Message.parse(bytes) {
        case .message(let message):
            userAgent.receive(message, from: source, on: listener, now: now)
        case .refusable(let request, let error):
            userAgent.refuseMalformed(request, error: error, from: source, on: listener)
        case .hopeless:
            return
        }
        handleEvents(now)
    }

    /// Time has passed.
    mutating func advance(to now: Milliseconds) {
        userAgent.wheel.advance(to: now, into: &fired)
        let tokens = fired
        fired.removeAll(keepingCapacity: true)
        for token in tokens {
            if token.layer == Timer.layer {
                fire(token, now)
            } else {
                userAgent.fire(token, now: now)
            }
        }
        handleEvents(now)
    }

    /// Plays the frames that the clock says are due.
    ///
    /// - Parameter time: of the wall, as `RTCP.Report.time`.
    mutating func play(
        _ due: (send: Int, skip: Int),
        now: Milliseconds,
        time: UInt64 = 0,
        send: ([UInt8], Endpoint) -> Void
    ) {
        for stream in player.play(due, at: time, send: send) {
            guard let leg = sessionOfStream.removeValue(forKey: stream) else { continue }
            sessions[leg]?.stream = nil
            end(leg, .played, now)
        }
        handleEvents(now)
    }

    /// Ends all calls and takes no new ones.
    mutating func close(now: Milliseconds) {
        isClosing = true
        for leg in sessions.keys.sorted(by: { $0.index < $1.index }) { end(leg, .stopped, now) }
        handleEvents(now)
    }

    // MARK: Outputs

    /// RTCP, to be sent from the port above that of RTP.
    mutating func takeReports() -> [Player.Report] { player.takeReports() }

    mutating func drainDatagrams(into out: inout [Outgoing]) { userAgent.drainDatagrams(into: &out) }

    mutating func drainNotes() -> [Note] {
        defer { notes.removeAll(keepingCapacity: true) }
        return notes
    }

    /// When `advance` wants to be called; nil if nothing waits.
    var nextDeadline: Milliseconds? { userAgent.wheel.nextDeadline }

    var calls: Int { sessions.count }

    /// Nothing is owed to any peer.
    var isIdle: Bool { userAgent.legsAlive == 0 }

    // MARK: Events

    private mutating func handleEvents(_ now: Milliseconds) {
        while let (event, _) = userAgent.nextEvent() {
            switch event {
            case .invited(let leg, let message): invited(leg, message, now)
            case .acknowledged(let leg, let description): acknowledged(leg, description, now)
            case .offered(let leg, let offer): offered(leg, offer, now)
            case .cancelled(let leg, _): forget(leg, .cancelled)
            case .hungUp(let leg, _): forget(leg, .callerLeft)
            case .gone(let leg): forget(leg, .callerLost)
            case .released(let leg): forget(leg, .callerLost)
            // A key that somebody presses changes nothing.
            case .requested(_, let request): userAgent.answer(request, status: 200, now: now)
            // Offers are answered at once, and we call nobody.
            case .offerCancelled, .progress, .answered, .refused, .modified, .modificationRefused: break
            }
        }
    }

    private mutating func invited(_ leg: LegID, _ message: Message, _ now: Milliseconds) {
        guard let source = userAgent.source(of: leg) else { return }
        let uri = message.requestURI.flatMap { try? message.ownedURI($0) }
        let user = String(decoding: uri?.user ?? [], as: UTF8.self)
        func refuse(_ status: Int, _ server: inout AnnouncementServer, _ warning: SessionWarning? = nil) {
            server.userAgent.refuse(
                leg,
                status: status,
                retryAfter: status == 503 ? 5 : nil,
                warning: warning,
                now: now
            )
            server.notes.append(.refused(user: user, source: source, status: status))
        }
        guard !isClosing, sessions.count < limits.calls else { return refuse(503, &self) }
        guard let uri, let part = Part(calling: uri, in: library) else { return refuse(404, &self) }
        let offer = userAgent.remoteOffer(of: leg)
        let listener = offer.flatMap { Negotiation.listener(of: $0) }
        guard let media = mediaEndpoint(listener, source.address) else { return refuse(500, &self) }
        let negotiation = Negotiation(media: media)
        let agreement = offer.flatMap { negotiation.agree(to: $0) }
        if let offer, agreement == nil { return refuse(488, &self, negotiation.warning(of: offer)) }
        notes.append(.began(user: user, source: source))
        if part.isMissing { notes.append(.missing(user: user)) }
        let deadline = arm(.longest, leg, now + limits.longest)
        sessions[leg] = Session(
            part: part,
            user: user,
            negotiation: negotiation,
            target: agreement?.target,
            deadline: deadline
        )
        if part.isAgent {
            userAgent.progress(leg, status: 180, now: now)
            let timer = arm(.answer, leg, now + limits.agentRing)
            sessions[leg]?.agentTimer = timer
        } else {
            answer(leg, now)
        }
    }

    /// 200 to the INVITE or re-INVITE in hand: with our answer, or with an offer if it has none.
    private mutating func answer(_ leg: LegID, _ now: Milliseconds) {
        guard let session = sessions[leg] else { return }
        let offer = userAgent.remoteOffer(of: leg)
        let description =
            offer.map { session.negotiation.agree(to: $0)?.answer }
            ?? session.negotiation.offer(isWideband: session.part.sound.isWideband)
        guard let description else { return end(leg, .noAgreement, now) }
        userAgent.accept(leg, relaying: description, now: now)
    }

    private mutating func acknowledged(_ leg: LegID, _ description: SessionDescription?, _ now: Milliseconds) {
        guard var session = sessions[leg] else { return }
        if let description {
            guard let agreement = session.negotiation.agree(to: description) else {
                return end(leg, .noAgreement, now)
            }
            session.target = agreement.target
        }
        guard let target = session.target else { return end(leg, .noAgreement, now) }
        if let stream = session.stream {
            player.retarget(stream, target)
        } else if !session.isAnswered {
            let (part, lead) = (session.part, session.part.lead)
            let media = MediaStream(part.sound, after: lead, loops: part.loops, to: target, using: &random)
            let stream = player.add(media)
            sessionOfStream[stream] = leg
            session.stream = stream
            if part.isAgent { session.agentTimer = arm(.leave, leg, now + limits.agentTalk) }
        }
        session.isAnswered = true
        sessions[leg] = session
    }

    private mutating func offered(_ leg: LegID, _ offer: SessionDescription?, _ now: Milliseconds) {
        guard let session = sessions[leg] else { return }
        if let offer {
            guard let agreement = session.negotiation.agree(to: offer) else {
                return userAgent.refuse(leg, status: 488, warning: session.negotiation.warning(of: offer), now: now)
            }
            sessions[leg]?.target = agreement.target
            if let stream = session.stream { player.retarget(stream, agreement.target) }
        }
        answer(leg, now)
    }

    // MARK: Ends

    private mutating func fire(_ token: TimerToken, _ now: Milliseconds) {
        let leg = LegID(SlabHandle(index: token.index, generation: token.generation))
        guard sessions[leg] != nil else { return }
        switch Timer(rawValue: token.kind) {
        case .answer: answer(leg, now)
        case .leave: end(leg, .agentLeft, now)
        case .longest: end(leg, .tooLong, now)
        case nil: break
        }
    }

    private mutating func end(_ leg: LegID, _ reason: Ending, _ now: Milliseconds) {
        userAgent.hangUp(leg, status: 480, now: now)
        forget(leg, reason)
    }

    private mutating func forget(_ leg: LegID, _ reason: Ending) {
        guard let session = sessions.removeValue(forKey: leg) else { return }
        userAgent.wheel.cancel(session.deadline)
        if let timer = session.agentTimer { userAgent.wheel.cancel(timer) }
        if let stream = session.stream {
            player.remove(stream)
            sessionOfStream.removeValue(forKey: stream)
        }
        notes.append(.ended(user: session.user, reason: reason))
    }

    private mutating func arm(_ timer: Timer, _ leg: LegID, _ deadline: Milliseconds) -> TimerID {
        let token = TimerToken(layer: Timer.layer, kind: timer.rawValue, index: leg.index, generation: leg.generation)
        return userAgent.wheel.schedule(token, at: deadline)
    }
}
