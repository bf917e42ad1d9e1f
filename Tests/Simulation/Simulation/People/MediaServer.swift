import SIP

/// Plays an announcement and hangs up, or plays for ever.
final class MediaServer: Station {
    /// How long it plays; nil: music without an end.
    var length: ClosedRange<Milliseconds>?

    /// Talks that do not go by way of the core, by digest of their Call-ID.
    var consultations: [UInt64: Session] = [:]

    private var temper: Temper { world.temper }

    override func invited(_ session: Session) {
        if let invite = session.pending?.request, !mayTake(invite) { return refuse(session, 481) }
        if world.random.happens(temper.mediaIsSilent) { return ignore(session) }
        if world.random.happens(temper.mediaRefuses) {
            refuse(session, world.random.pick([404, 486, 500, 503]) ?? 503)
            return
        }
        if world.random.happens(30) { ring(session) }
        let isForked = world.random.happens(temper.forks / 3)
        world.after(world.random.time(0...300)) { [self] in
            guard let invite = session.pending else { return }
            accept(session)
            if isForked { answerElsewhere(invite) }
        }
    }

    override func established(_ session: Session) {
        chat(session)
        let endless = world.plan.features.endless
        if length != nil, endless > 0, world.random.happens(endless) {
            // It forgets to hang up.
        } else if let length {
            world.after(world.random.time(length)) { [self] in hangUp(session) }
        } else if world.random.happens(temper.mediaHangsUp) {
            world.after(world.random.time(0...15_000)) { [self] in hangUp(session) }
        }
        if world.random.happens(temper.mediaReinvites) {
            world.after(world.random.time(0...4_000)) { [self] in
                reinvite(session, holding: !session.isHolding, withOffer: world.random.happens(60))
            }
        }
    }
}
