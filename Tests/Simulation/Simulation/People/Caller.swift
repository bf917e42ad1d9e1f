import SIP

/// Somebody who calls once.
final class Caller: Station {
    private(set) var session: Session?
    /// The final response to the INVITE, if it was a refusal.
    private(set) var refusal: Int?
    private var isLeaving = false
    /// Legs of other stations that are up for this caller.
    var partners = 0
    /// Tells the times without a partner apart.
    var silences = 0

    /// Who has been called to play to him, or to talk to him without being an agent: digests of Call-IDs.
    var mediaCalls: [UInt64] = []
    var lastMediaCall: Milliseconds = 0
    /// The newest of them, while it is open, and the number of the event that it came with.
    var openMediaCall: (callID: UInt64, event: Int)?

    private var temper: Temper { world.temper }

    func call(_ flow: [UInt8]) {
        let withOffer = !world.random.happens(temper.withoutOffer)
        let types = world.random.happens(temper.withVideo) ? [Session.audio, Session.video] : [Session.audio]
        let target = [UInt8]("sip:") + flow + [UInt8]("@127.0.0.1:5060")
        let isReliable = world.random.happens(world.plan.features.reliable / 3)
        let extra = isReliable ? [UInt8]("Require: 100rel\r\n") : []
        session = invite(target, withOffer: withOffer, mediaTypes: types, extra: extra)
        if world.random.happens(temper.impatient) {
            world.after(world.random.time(0...25_000)) { [self] in leave() }
        }
        if world.random.happens(temper.vanishes) {
            world.after(world.random.time(0...40_000)) { [self] in
                isDead = true
                world.expectLoss(of: self)
            }
        }
        // Nobody stays on the line for ever.
        world.after(world.random.time(240_000...300_000)) { [self] in leave() }
    }

    /// Hangs up, before the answer by CANCEL.
    func leave() {
        guard let session else { return }
        isLeaving = true
        if session.phase == .early { cancel(session) } else { hangUp(session) }
    }

    override func established(_ session: Session) {
        // With another phone.
        if session === takeover { self.session = session }
        if world.plan.features.wantsPasswords, !session.knowsPassword {
            complain("was let in without the password", about: session)
        }
        guard !isLeaving else { return hangUp(session) }
        wander(session)
        chat(session)
        let takeovers = world.plan.features.takeovers
        guard takeovers > 0, world.random.happens(takeovers) else { return }
        world.after(world.random.time(0...30_000)) { [self] in
            if session === self.session { takeover = takeOver(session) }
        }
    }

    /// What another phone of his is to go on with.
    private var takeover: Session?

    /// Puts the other side on hold and takes it back, or only refreshes.
    private func wander(_ session: Session) {
        guard world.random.happens(temper.reinvites) else { return }
        world.after(world.random.time(100...8_000)) { [self] in
            guard session.phase == .up else { return }
            let isToggled = world.random.happens(70)
            let withOffer = world.random.happens(85)
            if world.random.happens(world.plan.features.updates / 2) {
                update(session, holding: session.isHolding != isToggled)
                return wander(session)
            }
            reinvite(session, holding: session.isHolding != isToggled, withOffer: withOffer)
            wander(session)
        }
    }

    override func reinvited(_ session: Session) {
        if world.random.happens(temper.refusesReinvite) {
            refuse(session, world.random.pick([488, 491, 491, 500, 603]) ?? 488)
        } else if world.random.happens(temper.slowReinvite) {
            ring(session, 100)
            world.after(world.random.time(10...3_000)) { [self] in accept(session) }
        } else {
            accept(session)
        }
    }

    override func refused(_ session: Session, _ status: Int) {
        guard session === self.session else { return }
        refusal = status
        guard !isLeaving, world.plan.features.wantsPasswords, status == 401 || status == 403 else { return }
        // Who is redirected often enough gives up himself.
        if session.knowsPassword, session.attempts < 4, areAlive(session), !session.hasSeenRestart {
            complain("was not let in: \(status)", about: session)
        }
    }
}
