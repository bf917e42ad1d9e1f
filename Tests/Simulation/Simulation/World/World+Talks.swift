import Exchange
import SIP

/// Rules that need the stations: callers hear somebody, and whoever talks hears the other.
extension World {
    func complain(_ what: String, about: [String] = []) { judge.complain(what, about: about, at: now) }

    /// A session of a station has come up, or is over.
    func sessionChanged(_ session: Session, wasUp: Bool) {
        if session.phase == .over { oldSessions.begin(session, now: now) }
        guard wasUp || session.phase == .up, let caller = caller(session.caller) else { return }
        if session.station !== caller { caller.partners += session.phase == .up ? 1 : -1 }
        expectMedia(for: caller)
    }

    /// Whoever is answered and hears nobody does so again soon.
    func expectMedia(for caller: Caller) {
        caller.silences += 1
        guard caller.partners == 0, caller.session?.phase == .up, caller.session?.isForgotten == false,
            temper.goesDeadInTalk == 0, plan.weather.partition == 0
        else { return }
        let limit = temper.hasGoodMedia ? plan.longestSilence : plan.longestPause
        expectMedia(for: caller, silence: caller.silences, within: limit)
    }

    /// By then the caller hears something again; where media servers fail, somebody has been called for him at least.
    private func expectMedia(for caller: Caller, silence: Int, within limit: Milliseconds, mayRing: Bool = true) {
        after(limit) { [self] in
            // A core that is dead plays nothing; what is expected of the next begins with it.
            guard caller.silences == silence, downUntil == nil, !caller.hasBeenAway,
                caller.session?.isForgotten == false
            else { return }
            // Whose agent has hung up behind his REFER, or who overflows before there was music, has nobody until its target takes him,
            // whose phone may ring.
            if mayRing, isHandedOn(caller) {
                let ring = plan.configuration.agentRingTimeout
                return expectMedia(for: caller, silence: silence, within: ring, mayRing: false)
            }
            if !temper.hasGoodMedia, case let rest = caller.lastMediaCall + limit - now, rest > 0 {
                return expectMedia(for: caller, silence: silence, within: rest)
            }
            caller.complain("an answered caller has been without media for \(limit) ms")
        }
    }

    private func isHandedOn(_ caller: Caller) -> Bool {
        let call = judge.shadow.number(of: caller.label).flatMap { judge.shadow.calls[$0] }
        return call?.state == .elsewhere || call?.state == .leaving
    }

    /// A caller in a conversation, or with music, has been unplugged: the core asks whether he is there, and finds that he is not.
    func expectLoss(of caller: Caller) {
        let (pause, process) = (plan.configuration.keepAlive, restarts)
        guard pause > 0, caller.session?.isEstablished == true, caller.session?.phase == .up else { return }
        after(2 * pause + 64 * 500 + 5_000) { [self] in
            guard process == restarts, downUntil == nil, judge.shadow.number(of: caller.label) != nil else { return }
            caller.complain("is dead, and his call goes on")
        }
    }

    /// Whoever waits unanswered since there is no music for him is sent away; his 200 or 480 may get lost for a while.
    func expectAnswers() {
        let limit = 3 * plan.configuration.mediaAnswerTimeout + 64 * 500 + 2_000
        for number in judge.shadow.waiting {
            guard let call = judge.shadow.calls[number], let caller = caller(named: call.caller),
                now - max(call.since, lastDeath) > limit, caller.session?.phase == .early, !caller.hasBeenAway
            else { continue }
            caller.complain("waits for an answer for longer than he may")
        }
    }

    /// An agent is about to hang up: both must hear each other by now.
    func conversationEnds(_ phone: AgentPhone, _ session: Session) {
        guard temper.isOrderly, plan.weather.partition == 0, session.isQuiet, let caller = caller(session.caller),
            let other = caller.session, other.isQuiet,
            // What one side has told the other may have got lost with the core.
            !session.hasSeenRestart, !other.hasSeenRestart
        else { return }
        conversations += 1
        for (station, far, view) in [(phone, session, other.remoteSDP), (caller, other, session.remoteSDP)]
            as [(Station, Session, Description?)]
        {
            if view?.name.elementsEqual(station.name) != true {
                complain("\(station.label) is not heard", about: [phone.label, caller.label])
            } else if view?.isHeld != far.isHolding {
                let holds = far.isHolding ? "holds" : "does not hold"
                complain(
                    "\(station.label) \(holds), and the other side does not know",
                    about: [phone.label, caller.label]
                )
            }
        }
    }
}
