import SIP

/// The phone of an agent, and the agent.
final class AgentPhone: Station {
    private var temper: Temper { world.temper }

    override func invited(_ session: Session) {
        guard sessions.allSatisfy({ $0.phase == .over || $0.callID == session.callID }) else {
            refuse(session, 486)
            return
        }
        if world.random.happens(temper.agentIsSilent) { return ignore(session) }
        if world.random.happens(temper.agentRefuses) {
            let status = world.random.pick([302, 404, 480, 486, 488, 500, 603]) ?? 486
            world.after(world.random.time(0...3_000)) { [self] in refuse(session, status) }
            return
        }
        world.after(world.random.time(0...200)) { [self] in ring(session) }
        if world.random.happens(temper.agentNeverAnswers) { return }
        let isForked = world.random.happens(temper.forks)
        world.after(world.random.time(300...6_000)) { [self] in
            guard let invite = session.pending else { return }
            accept(session)
            if isForked { answerElsewhere(invite) }
            if world.random.happens(temper.hangsUpAtOnce) { hangUp(session) }
        }
    }

    override func cancelled(_ session: Session) {
        if world.random.happens(temper.answersCancel) { accept(session) } else { refuse(session, 487) }
    }

    /// The session in which he talks to a caller; before that he may be told which queue it is.
    private(set) var conversation: Session?

    override func established(_ session: Session) {
        guard session.phase == .up else { return }
        let isTold = session.remoteSDP?.name.first == UInt8(ascii: "m")
        guard isTold else { return converse(session) }
        if world.random.happens(temper.hangsUpAtOnce) {
            world.after(world.random.time(0...3_000)) { [self] in hangUp(session) }
        }
    }

    override func described(_ session: Session) {
        guard session.phase == .up, session.isEstablished, session !== conversation,
            session.remoteSDP?.name.first == UInt8(ascii: "c")
        else { return }
        converse(session)
    }

    private func converse(_ session: Session) {
        conversation = session
        let features = world.plan.features
        let isLong = features.longTalks > 0 && world.random.happens(features.longTalks)
        let length = world.random.time(isLong ? 100_000...250_000 : 1_000...20_000)
        world.after(length) { [self] in
            if session.phase == .up { world.conversationEnds(self, session) }
            hangUp(session)
        }
        if world.random.happens(temper.goesDeadInTalk) {
            world.after(world.random.time(0...length)) { [self] in isDead = true }
            world.after(length + 100_000) { [self] in isDead = false }
        }
        wander(session)
        chat(session)
        if features.refers > 0, world.random.happens(features.refers) {
            world.after(world.random.time(0...length)) { [self] in handOn(session) }
        }
        if features.takeovers > 0, world.random.happens(features.takeovers) {
            world.after(world.random.time(0...length)) { [self] in
                if let other = takeOver(session) { takeover = other }
            }
        }
    }

    /// What another phone of his is to go on with.
    private var takeover: Session?

    private func wander(_ session: Session) {
        guard world.random.happens(temper.reinvites / 2) else { return }
        world.after(world.random.time(100...8_000)) { [self] in
            guard session.phase == .up else { return }
            if world.random.happens(world.plan.features.updates / 2) {
                update(session, holding: !session.isHolding)
                return wander(session)
            }
            reinvite(session, holding: !session.isHolding, withOffer: world.random.happens(85))
            wander(session)
        }
    }

    /// Calls to say that he is there, or is not.
    func logInByCall() {
        guard sessions.allSatisfy({ $0.phase == .over }) else { return }
        let name = world.random.pick(["on", "off", "toggle"]) ?? "toggle"
        invite([UInt8]("sip:") + name.utf8 + [UInt8]("@127.0.0.1:5060"), withOffer: true)
    }

    override func refused(_ session: Session, _ status: Int) {
        // Whatever there was to take over may be gone, or in somebody else's hands.
        if session === takeover { return }
        // 403: a reload has removed him; 503: nobody is taken any more.
        if ![480, 403, 408, 503].contains(status) { complain("logging in by call got \(status)") }
    }

    override func reinvited(_ session: Session) {
        if world.random.happens(temper.slowReinvite) {
            ring(session, 100)
            world.after(world.random.time(10...3_000)) { [self] in accept(session) }
        } else {
            accept(session)
        }
    }
}
