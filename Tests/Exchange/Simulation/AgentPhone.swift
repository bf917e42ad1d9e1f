import SIP

/// The phone of an agent, and the agent.
final class AgentPhone: Station {
    private var temper: Temper { simulation.temper }

    override func invited(_ session: Session) {
        guard sessions.filter({ $0.phase != .over && $0.callID != session.callID }).isEmpty else {
            refuse(session, 486)
            return
        }
        if simulation.random.happens(temper.agentIsSilent) { return }
        if simulation.random.happens(temper.agentRefuses) {
            let status = simulation.random.pick([302, 404, 480, 486, 488, 500, 603]) ?? 486
            simulation.after(simulation.random.time(0...3_000)) { [weak self] in self?.refuse(session, status) }
            return
        }
        simulation.after(simulation.random.time(0...200)) { [weak self] in self?.ring(session) }
        if simulation.random.happens(temper.agentNeverAnswers) { return }
        let isForked = simulation.random.happens(temper.forks)
        simulation.after(simulation.random.time(300...6_000)) { [weak self] in
            guard let self, let invite = session.pending else { return }
            accept(session)
            if isForked { answerElsewhere(invite) }
            if simulation.random.happens(temper.hangsUpAtOnce) { hangUp(session) }
        }
    }

    /// Another phone behind the same proxy answers the same INVITE.
    private func answerElsewhere(_ invite: StationServer) {
        let copy = StationServer(request: invite.request)
        let session = makeSession(for: copy)
        session.pending = copy
        simulation.after(simulation.random.time(0...1_500)) { [weak self] in self?.accept(session) }
        // It is to be sent away again.
        simulation.after(60_000) { [weak self] in
            guard let self, !isDead, session.phase == .up else { return }
            complain("the phone that answered second still has a session")
        }
    }

    override func cancelled(_ session: Session) {
        if simulation.random.happens(temper.answersCancel) { accept(session) } else { refuse(session, 487) }
    }

    override func established(_ session: Session) {
        guard session.phase == .up else { return }
        let length = simulation.random.time(1_000...20_000)
        simulation.after(length) { [weak self] in
            guard let self else { return }
            if session.phase == .up { simulation.conversationEnds(self, session) }
            hangUp(session)
        }
        if simulation.random.happens(temper.goesDeadInTalk) {
            simulation.after(simulation.random.time(0...length)) { [weak self] in self?.isDead = true }
            simulation.after(length + 100_000) { [weak self] in self?.isDead = false }
        }
        wander(session)
    }

    private func wander(_ session: Session) {
        guard simulation.random.happens(temper.reinvites / 2) else { return }
        simulation.after(simulation.random.time(100...8_000)) { [weak self] in
            guard let self, session.phase == .up else { return }
            reinvite(session, holding: !session.isHolding, withOffer: simulation.random.happens(85))
            wander(session)
        }
    }

    override func reinvited(_ session: Session) {
        if simulation.random.happens(temper.slowReinvite) {
            ring(session, 100)
            simulation.after(simulation.random.time(10...3_000)) { [weak self] in self?.accept(session) }
        } else {
            accept(session)
        }
    }
}
