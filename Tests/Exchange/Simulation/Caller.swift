import SIP

/// Somebody who calls once.
final class Caller: Station {
    private(set) var session: Session?
    /// The final response to the INVITE, if it was a refusal.
    private(set) var refusal: Int?
    private var isLeaving = false

    private var temper: Temper { simulation.temper }

    func call(_ flow: String) {
        let withOffer = !simulation.random.happens(temper.withoutOffer)
        let types = simulation.random.happens(temper.withVideo) ? ["audio", "video"] : ["audio"]
        session = invite("sip:\(flow)@127.0.0.1:5060", withOffer: withOffer, mediaTypes: types)
        if simulation.random.happens(temper.impatient) {
            simulation.after(simulation.random.time(0...25_000)) { [weak self] in self?.leave() }
        }
        if simulation.random.happens(temper.vanishes) {
            simulation.after(simulation.random.time(0...40_000)) { [weak self] in self?.isDead = true }
        }
        // Nobody stays on the line for ever.
        simulation.after(simulation.random.time(240_000...300_000)) { [weak self] in self?.leave() }
    }

    /// Hangs up, before the answer by CANCEL.
    func leave() {
        guard let session else { return }
        isLeaving = true
        if session.phase == .early { cancel(session) } else { hangUp(session) }
    }

    override func established(_ session: Session) {
        guard !isLeaving else { return hangUp(session) }
        wander(session)
    }

    /// Puts the other side on hold and takes it back, or only refreshes.
    private func wander(_ session: Session) {
        guard simulation.random.happens(temper.reinvites) else { return }
        simulation.after(simulation.random.time(100...8_000)) { [weak self] in
            guard let self, session.phase == .up else { return }
            let isToggled = simulation.random.happens(70)
            let withOffer = simulation.random.happens(85)
            reinvite(session, holding: session.isHolding != isToggled, withOffer: withOffer)
            wander(session)
        }
    }

    override func reinvited(_ session: Session) {
        if simulation.random.happens(temper.refusesReinvite) {
            let status = simulation.random.pick([488, 491, 491, 500, 603]) ?? 488
            refuse(session, status)
        } else if simulation.random.happens(temper.slowReinvite) {
            ring(session, 100)
            simulation.after(simulation.random.time(10...3_000)) { [weak self] in self?.accept(session) }
        } else {
            accept(session)
        }
    }

    override func refused(_ session: Session, _ status: Int) { refusal = status }

    /// Who the caller believes to hear.
    var hears: String? { session?.phase == .up ? session?.remoteSDP?.sessionName : nil }
}
