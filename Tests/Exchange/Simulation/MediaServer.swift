import SIP

/// Plays an announcement and hangs up, or plays for ever.
final class MediaServer: Station {
    /// How long it plays; nil: music without an end.
    var length: ClosedRange<Milliseconds>?

    private var temper: Temper { simulation.temper }

    override func invited(_ session: Session) {
        if simulation.random.happens(temper.mediaIsSilent) { return }
        if simulation.random.happens(temper.mediaRefuses) {
            refuse(session, simulation.random.pick([404, 486, 500, 503]) ?? 503)
            return
        }
        if simulation.random.happens(30) { ring(session) }
        simulation.after(simulation.random.time(0...300)) { [weak self] in self?.accept(session) }
    }

    override func established(_ session: Session) {
        if let length {
            simulation.after(simulation.random.time(length)) { [weak self] in self?.hangUp(session) }
        } else if simulation.random.happens(temper.mediaHangsUp) {
            simulation.after(simulation.random.time(0...15_000)) { [weak self] in self?.hangUp(session) }
        }
        if simulation.random.happens(temper.mediaReinvites) {
            simulation.after(simulation.random.time(0...4_000)) { [weak self] in
                guard let self else { return }
                reinvite(session, holding: !session.isHolding, withOffer: simulation.random.happens(60))
            }
        }
    }
}
