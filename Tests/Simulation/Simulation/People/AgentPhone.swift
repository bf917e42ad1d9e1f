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

    override func established(_ session: Session) {
        guard session.phase == .up else { return }
        let length = world.random.time(1_000...20_000)
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
    }

    private func wander(_ session: Session) {
        guard world.random.happens(temper.reinvites / 2) else { return }
        world.after(world.random.time(100...8_000)) { [self] in
            guard session.phase == .up else { return }
            reinvite(session, holding: !session.isHolding, withOffer: world.random.happens(85))
            wander(session)
        }
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
